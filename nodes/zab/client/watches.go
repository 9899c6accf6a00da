package client

import (
	"slices"
	"strings"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// paths is a set of paths, ascending.
type paths []string

func (p *paths) add(path string) {
	if i, found := slices.BinarySearch(*p, path); !found {
		*p = slices.Insert(*p, i, path)
	}
}

func (p *paths) remove(path string) bool {
	i, found := slices.BinarySearch(*p, path)
	if found {
		*p = slices.Delete(*p, i, i+1)
	}
	return found
}

func (p paths) has(path string) bool {
	_, found := slices.BinarySearch(p, path)
	return found
}

// watches are what this client has left on the servers, so that it can be left again on the next one.
type watches struct{ data, exist, child, persistent, recursive paths }

// answered registers the watch of a request that was answered: only then is it there.
func (w *watches) answered(op Op, err proto.ErrCode) {
	switch r := op.Request.(type) {
	case *proto.ExistsRequest:
		if r.Watch && err == proto.CodeOK {
			w.data.add(r.Path)
		} else if r.Watch && err == proto.CodeNoNode {
			w.exist.add(r.Path)
		}
	case *proto.GetDataRequest:
		if r.Watch && err == proto.CodeOK {
			w.data.add(r.Path)
		}
	case *proto.GetChildrenRequest:
		if r.Watch && err == proto.CodeOK {
			w.child.add(r.Path)
		}
	case *proto.GetChildren2Request:
		if r.Watch && err == proto.CodeOK {
			w.child.add(r.Path)
		}
	case *proto.AddWatchRequest:
		if err == proto.CodeOK && r.Mode == proto.WatchPersistent {
			w.persistent.add(r.Path)
		} else if err == proto.CodeOK {
			w.recursive.add(r.Path)
		}
	case *proto.RemoveWatchesRequest:
		if err == proto.CodeOK {
			w.removed(r)
		}
	}
}

func (w *watches) removed(r *proto.RemoveWatchesRequest) {
	if r.Type == proto.WatcherData || r.Type == proto.WatcherAny {
		w.data.remove(r.Path)
		w.exist.remove(r.Path)
	}
	if r.Type == proto.WatcherChildren || r.Type == proto.WatcherAny {
		w.child.remove(r.Path)
	}
	if r.Type == proto.WatcherPersistent || r.Type == proto.WatcherAny {
		w.persistent.remove(r.Path)
	}
	if r.Type == proto.WatcherPersistentRecursive || r.Type == proto.WatcherAny {
		w.recursive.remove(r.Path)
	}
}

// fired takes an event, which uses up the watches that last for one. It tells whether this client had any that it
// concerns.
func (w *watches) fired(t proto.EventType, path string) bool {
	hit := w.persistent.has(path)
	use := func(from ...*paths) {
		for _, p := range from {
			hit = p.remove(path) || hit
		}
	}
	switch t {
	case proto.EventNodeCreated, proto.EventNodeDataChanged:
		use(&w.data, &w.exist)
	case proto.EventNodeChildrenChanged:
		use(&w.child)
		return hit // a recursive watch hears of the child itself instead
	case proto.EventNodeDeleted:
		use(&w.data, &w.exist, &w.child)
	}
	for p := path; ; p = p[:max(strings.LastIndexByte(p, '/'), 0)] {
		if p == "" {
			return hit || w.recursive.has("/")
		}
		if w.recursive.has(p) {
			return true
		}
	}
}

// maxSetWatches is how many bytes of paths one setWatches carries, as in the Java client.
const maxSetWatches = 128 << 10

// requests are the requests that leave all watches again, of which each event behind zxid is then told.
func (w *watches) requests(zxid int64) []Op {
	lists := []paths{w.data, w.exist, w.child, w.persistent, w.recursive}
	lasting := len(w.persistent)+len(w.recursive) > 0
	var ops []Op
	batch, size := make([][]string, len(lists)), 0
	flush := func() {
		if size == 0 {
			return
		}
		var r jute.Record = &proto.SetWatches{RelativeZxid: zxid, DataWatches: batch[0], ExistWatches: batch[1], ChildWatches: batch[2]}
		t := proto.OpSetWatches
		if lasting {
			t, r = proto.OpSetWatches2, &proto.SetWatches2{RelativeZxid: zxid, DataWatches: batch[0], ExistWatches: batch[1],
				ChildWatches: batch[2], PersistentWatches: batch[3], PersistentRecursiveWatches: batch[4]}
		}
		ops = append(ops, Op{t, r})
		batch, size = make([][]string, len(lists)), 0
	}
	for i, list := range lists {
		for _, path := range list {
			batch[i] = append(batch[i], path)
			if size += len(path); size >= maxSetWatches {
				flush()
			}
		}
	}
	flush()
	return ops
}
