package tree

import (
	"slices"

	"orrery/nodes/zab/proto"
)

// Walk writes a fuzzy snapshot while transactions go on being applied, as the original's does on a thread of
// its own: the sessions and the ACLs as they are when it begins, and then one znode after the other,
// each as it is when its turn comes, with the children that its parent had when that had its turn. What such a walk has
// seen is the tree of no moment; but with the transactions behind [Walk.Zxid] applied to it once more
// it becomes the tree as it is. That holds too if Apache ZooKeeper applies them.
type Walk struct {
	t        *Tree
	zxid     int64
	sessions []proto.SessionEntry
	acls     []proto.ACLEntry
	frames   []frame
	path     []byte
	begun    bool
}

// frame is a znode whose children the walk is among.
type frame struct {
	next, last ref // the child that is next, and the last that was there when the znode had its turn
	path       int // the length of its path
}

// Walk begins a walk. It must be closed.
func (t *Tree) Walk() *Walk {
	w := &Walk{t: t, zxid: t.zxid, sessions: t.Sessions(), acls: t.acls.list()}
	t.walks = append(t.walks, w)
	return w
}

// list is the table as a snapshot holds it, by number.
func (x *aclTable) list() []proto.ACLEntry {
	list := make([]proto.ACLEntry, 0, len(x.byID))
	for _, e := range x.entries[aclFirst:] {
		if e.acl != nil {
			list = append(list, proto.ACLEntry{ID: e.id, ACL: e.acl})
		}
	}
	slices.SortFunc(list, func(a, b proto.ACLEntry) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return list
}

// Zxid is the last transaction that is surely in the snapshot: the one that was processed when the walk began.
func (w *Walk) Zxid() int64 { return w.zxid }

// Sessions is the table of global sessions when the walk began, ascending.
func (w *Walk) Sessions() []proto.SessionEntry { return w.sessions }

// ACLs is the table of ACLs when the walk began, by number.
func (w *Walk) ACLs() []proto.ACLEntry { return w.acls }

// Next returns the next znode, in pre-order; ok is false behind the last. The path of the root is "". The data must not be
// changed.
func (w *Walk) Next() (path string, entry proto.NodeEntry, ok bool) {
	if !w.begun {
		w.begun = true
		return "", w.visit(root), true
	}
	for len(w.frames) > 0 {
		f := &w.frames[len(w.frames)-1]
		r := f.next
		if r == 0 {
			w.frames = w.frames[:len(w.frames)-1]
			continue
		}
		n := w.t.at(r)
		if f.next = n.next; r == f.last {
			f.next = 0
		}
		w.path = append(append(w.path[:f.path], '/'), n.name...)
		return string(w.path), w.visit(r), true
	}
	return "", proto.NodeEntry{}, false
}

func (w *Walk) visit(r ref) proto.NodeEntry {
	n := w.t.at(r)
	w.frames = append(w.frames, frame{n.first, n.last, len(w.path)})
	return proto.NodeEntry{Data: n.data, ACL: w.t.acls.number(n.acl), Stat: n.persisted()}
}

// leaving is called before a znode is removed. Its own frame, if it has one, is at its end: it has no children.
func (w *Walk) leaving(r ref) {
	for i := range w.frames {
		f := &w.frames[i]
		switch n := w.t.at(r); {
		case f.next == 0:
		case f.next == r && f.last == r:
			f.next = 0
		case f.next == r:
			f.next = n.next
		case f.last == r:
			f.last = n.prev
		}
	}
}

// Close ends the walk.
func (w *Walk) Close() {
	w.t.walks = slices.DeleteFunc(w.t.walks, func(x *Walk) bool { return x == w })
	w.frames = nil
}
