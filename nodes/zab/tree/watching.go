package tree

import (
	"maps"
	"slices"

	"orrery/nodes/zab/proto"
)

func (t *Tree) watch(w *watches, path string, conn uint64, m modes) {
	w.add(path, conn, m, t.cfg.Quirks.WatchModeOverwrite)
}

// AddWatch sets a watch that lasts. A persistent one sees what data and child watches see; a recursive one sees
// creation, deletion and change of data, of the path and of all below it. It returns CodeMarshallingError if there is no such mode,
// as the original does.
func (t *Tree) AddWatch(conn uint64, path string, mode proto.AddWatchMode) proto.ErrCode {
	switch mode {
	case proto.WatchPersistent:
		t.watch(&t.data, path, conn, modePersistent)
		t.watch(&t.child, path, conn, modePersistent)
	case proto.WatchPersistentRecursive:
		t.watch(&t.data, path, conn, modeRecursive)
	default:
		return proto.CodeMarshallingError
	}
	return proto.CodeOK
}

// watchKind is what a WatcherType means in each of the tables.
func watchKind(kind proto.WatcherType) (data, child modes, ok bool) {
	switch kind {
	case proto.WatcherChildren:
		return 0, modeStandard, true
	case proto.WatcherData:
		return modeStandard, 0, true
	case proto.WatcherAny:
		return modeAny, modeAny, true
	case proto.WatcherPersistent:
		return modePersistent, modePersistent, true
	case proto.WatcherPersistentRecursive:
		return modeRecursive, 0, true
	}
	return 0, 0, false
}

// CheckWatch returns CodeNoWatcher unless the connection has such a watch, or CodeMarshallingError if there is no such
// kind.
func (t *Tree) CheckWatch(conn uint64, path string, kind proto.WatcherType) proto.ErrCode {
	data, child, ok := watchKind(kind)
	switch {
	case !ok:
		return proto.CodeMarshallingError
	case t.data.has(path, conn, data) || t.child.has(path, conn, child):
		return proto.CodeOK
	}
	return proto.CodeNoWatcher
}

// RemoveWatch removes the connection's watches of that kind, or returns CodeNoWatcher if it has none.
func (t *Tree) RemoveWatch(conn uint64, path string, kind proto.WatcherType) proto.ErrCode {
	data, child, ok := watchKind(kind)
	if !ok {
		return proto.CodeMarshallingError
	}
	fromChild := t.child.drop(path, conn, child)
	fromData := t.data.drop(path, conn, data)
	if !fromChild && !fromData {
		return proto.CodeNoWatcher
	}
	return proto.CodeOK
}

// RemoveConn forgets all watches of a connection that is closed.
func (t *Tree) RemoveConn(conn uint64) {
	t.data.removeConn(conn)
	t.child.removeConn(conn)
}

// SetWatches sets the watches of a client that has connected again. Where something has changed behind
// relative zxid that a watch would have seen, it fires at once instead: the events are returned. What
// came and went meanwhile is not seen, and watches that last are only set: what they
// missed is lost.
func (t *Tree) SetWatches(conn uint64, s *proto.SetWatches2) []Event {
	var events []Event
	fire := func(what proto.EventType, path string) {
		events = append(events, Event{conn, -1, proto.WatcherEvent{Type: what, State: proto.KeeperSyncConnected, Path: path}})
	}
	for _, path := range s.DataWatches {
		if what := t.dataMissed(path, s.RelativeZxid); what != proto.EventNone {
			fire(what, path)
		} else {
			t.watch(&t.data, path, conn, modeStandard)
		}
	}
	for _, path := range s.ExistWatches {
		if what := t.existMissed(path, s.RelativeZxid); what != proto.EventNone {
			fire(what, path)
		} else {
			t.watch(&t.data, path, conn, modeStandard)
		}
	}
	for _, path := range s.ChildWatches {
		r := t.lookup(path)
		switch {
		case r == 0:
			fire(proto.EventNodeDeleted, path)
		case t.at(r).pzxid > s.RelativeZxid:
			fire(proto.EventNodeChildrenChanged, path)
		default:
			t.watch(&t.child, path, conn, modeStandard)
		}
	}
	for _, path := range s.PersistentWatches {
		t.watch(&t.child, path, conn, modePersistent)
		t.watch(&t.data, path, conn, modePersistent)
	}
	for _, path := range s.PersistentRecursiveWatches {
		t.watch(&t.data, path, conn, modeRecursive)
	}
	return events
}

// dataMissed is what a data watch has missed since a zxid; EventNone if nothing.
func (t *Tree) dataMissed(path string, since int64) proto.EventType {
	r := t.lookup(path)
	switch {
	case r == 0:
		return proto.EventNodeDeleted
	case t.cfg.Quirks.SetWatchesExistsType && t.at(r).czxid > since:
		return proto.EventNodeCreated
	case t.at(r).mzxid > since:
		return proto.EventNodeDataChanged
	}
	return proto.EventNone
}

// existMissed is what an exists watch, of a znode that was not there, has missed.
func (t *Tree) existMissed(path string, since int64) proto.EventType {
	r := t.lookup(path)
	switch {
	case r == 0:
		return proto.EventNone
	case t.cfg.Quirks.SetWatchesExistsType && t.at(r).mzxid > since:
		return proto.EventNodeDataChanged
	}
	return proto.EventNodeCreated
}

// WatchSummary counts the watches on data, as the four-letter word wchs does.
type WatchSummary struct{ Conns, Paths, Watches int }

// WatchSummary counts the watches on data.
func (t *Tree) WatchSummary() WatchSummary {
	return WatchSummary{len(t.data.byConn), len(t.data.byPath), t.data.total}
}

// WatchCount is the number of watches, of both tables.
func (t *Tree) WatchCount() int { return t.data.total + t.child.total }

// WatchedPaths are the paths whose data is watched, sorted.
func (t *Tree) WatchedPaths() []string { return slices.Sorted(maps.Keys(t.data.byPath)) }

// Watchers are the connections that watch the data of a path, in the order of registration.
func (t *Tree) Watchers(path string) []uint64 {
	list := make([]uint64, 0, len(t.data.byPath[path]))
	for _, x := range t.data.byPath[path] {
		list = append(list, x.conn)
	}
	return list
}

// WatchingConns are the connections that watch data, ascending.
func (t *Tree) WatchingConns() []uint64 { return slices.Sorted(maps.Keys(t.data.byConn)) }

// WatchedBy are the paths whose data a connection watches, sorted.
func (t *Tree) WatchedBy(conn uint64) []string { return slices.Sorted(maps.Keys(t.data.byConn[conn])) }
