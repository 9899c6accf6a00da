package tree

import (
	"cmp"
	"slices"

	"orrery/nodes/zab/proto"
)

// Event is what a watch has seen, and the connection that set it.
type Event struct {
	Conn uint64
	Zxid int64 // of the transaction; -1 for what SetWatches finds
	proto.WatcherEvent
}

// modes are how a connection watches a path: any of them together.
type modes uint8

const (
	modeStandard   modes = 1 << iota // one event, and it is used up
	modePersistent                   // until it is removed
	modeRecursive                    // persistent, and of all that is below the path too
	modeAny        = modeStandard | modePersistent | modeRecursive
)

// recursive is 1 if m has modeRecursive, else 0.
func (m modes) recursive() int {
	if m&modeRecursive != 0 {
		return 1
	}
	return 0
}

// watch is one connection at one path.
type watch struct {
	conn  uint64
	seq   uint64 // the order of registration
	modes modes
}

// watches is ZooKeeper's WatchManager. A tree has two: one for data, one for children.
type watches struct {
	byPath    map[string][]watch // in the order of registration
	byConn    map[uint64]map[string]struct{}
	recursive int // how many watches have modeRecursive
	seq       uint64
	total     int
}

func newWatches() watches {
	return watches{byPath: map[string][]watch{}, byConn: map[uint64]map[string]struct{}{}}
}

// add adds modes to those in which the connection watches the path. If overwrite is set, they take the place of those
// that were there (ZOOKEEPER-4466).
func (w *watches) add(path string, conn uint64, m modes, overwrite bool) {
	list := w.byPath[path]
	if _, known := w.byConn[conn][path]; known {
		i := slices.IndexFunc(list, func(x watch) bool { return x.conn == conn })
		was := list[i].modes
		if overwrite {
			list[i].modes = m
		} else {
			list[i].modes |= m
		}
		w.recursive += list[i].modes.recursive() - was.recursive()
		return
	}
	w.seq++
	w.total++
	w.byPath[path] = append(list, watch{conn, w.seq, m})
	w.recursive += m.recursive()
	paths := w.byConn[conn]
	if paths == nil {
		paths = map[string]struct{}{}
		w.byConn[conn] = paths
	}
	paths[path] = struct{}{}
}

// drop takes modes from those in which the connection watches the path. It tells whether it had any of them.
func (w *watches) drop(path string, conn uint64, m modes) bool {
	list := w.byPath[path]
	i := slices.IndexFunc(list, func(x watch) bool { return x.conn == conn })
	if i < 0 || list[i].modes&m == 0 {
		return false
	}
	w.recursive -= (list[i].modes & m).recursive()
	list[i].modes &^= m
	if list[i].modes == 0 {
		w.gone(path, conn)
		w.store(path, slices.Delete(list, i, i+1))
	}
	return true
}

// has tells whether the connection watches the path in any of the modes.
func (w *watches) has(path string, conn uint64, m modes) bool {
	return slices.ContainsFunc(w.byPath[path], func(x watch) bool { return x.conn == conn && x.modes&m != 0 })
}

func (w *watches) store(path string, list []watch) {
	if len(list) == 0 {
		delete(w.byPath, path)
		return
	}
	w.byPath[path] = list
}

// gone says that the connection does not watch the path any more.
func (w *watches) gone(path string, conn uint64) {
	w.total--
	paths := w.byConn[conn]
	delete(paths, path)
	if len(paths) == 0 {
		delete(w.byConn, conn)
	}
}

// removeConn forgets a connection.
func (w *watches) removeConn(conn uint64) {
	paths := w.byConn[conn]
	for path := range paths { // lint:maporder each is removed by itself
		w.drop(path, conn, modeAny)
	}
}

// fire returns who is to be told of an event at the path, in the order of registration and each once, and uses up
// the watches that see one event only.
func (w *watches) fire(path string) []watch {
	var hit []watch
	if list := w.byPath[path]; len(list) > 0 {
		hit = slices.Clone(list)
		left := list[:0]
		for _, x := range list {
			x.modes &^= modeStandard
			if x.modes == 0 {
				w.gone(path, x.conn)
			} else {
				left = append(left, x)
			}
		}
		w.store(path, left)
	}
	if w.recursive == 0 || path == "/" {
		return hit
	}
	own := len(hit)
	for p := path; p != "/"; {
		p, _, _ = SplitPath(p)
		p = shown(p)
		for _, x := range w.byPath[p] {
			if x.modes&modeRecursive != 0 {
				hit = append(hit, x)
			}
		}
	}
	if len(hit) > own {
		slices.SortFunc(hit, func(a, b watch) int { return cmp.Or(cmp.Compare(a.conn, b.conn), cmp.Compare(a.seq, b.seq)) })
		hit = slices.CompactFunc(hit, func(a, b watch) bool { return a.conn == b.conn })
		slices.SortFunc(hit, func(a, b watch) int { return cmp.Compare(a.seq, b.seq) })
	}
	return hit
}

// fire tells of an event those who watch the path and may read the znode at. told are connections that know already. It
// returns who knows now.
func (c *change) fire(w *watches, path string, what proto.EventType, at ref, told []watch) []watch {
	if len(w.byPath) == 0 {
		return nil
	}
	return c.fireACL(w, path, what, c.t.acls.get(c.t.at(at).acl), told)
}

func (c *change) fireACL(w *watches, path string, what proto.EventType, acl []proto.ACL, told []watch) []watch {
	if len(w.byPath) == 0 {
		return nil
	}
	hit := w.fire(path)
	known := knowing(told)
	for _, x := range hit {
		if _, ok := known[x.conn]; ok || !c.t.maySee(x.conn, acl) {
			continue
		}
		*c.events = append(*c.events, Event{x.conn, c.zxid,
			proto.WatcherEvent{Type: what, State: proto.KeeperSyncConnected, Path: path}})
	}
	return hit
}

func knowing(told []watch) map[uint64]struct{} {
	if len(told) == 0 {
		return nil
	}
	known := make(map[uint64]struct{}, len(told))
	for _, x := range told {
		known[x.conn] = struct{}{}
	}
	return known
}

// maySee tells whether a connection may hear of a znode with this ACL.
func (t *Tree) maySee(conn uint64, acl []proto.ACL) bool {
	if t.cfg.SkipACL || t.cfg.Quirks.AddWatchNoACL {
		return true
	}
	var auth []proto.ID
	if t.cfg.Auth != nil {
		auth = t.cfg.Auth(conn)
	}
	return Allowed(acl, proto.PermRead, auth)
}
