package zookeeper

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// A znode is one node of the tree.
type znode struct {
	data     string
	stat     Stat
	creates  int32 // of children: what numbers sequential ones
	children map[string]struct{}
}

// tree is the state that transactions make.
type tree struct {
	nodes map[string]*znode
	owned map[int64]map[string]struct{} // ephemerals by session
	undo  []func()                      // of the multi under way
	multi bool
}

// newTree returns the tree of an ensemble that has just been set up.
func newTree() *tree {
	t := &tree{nodes: map[string]*znode{"/": {children: map[string]struct{}{}}}, owned: map[int64]map[string]struct{}{}}
	for _, p := range []string{"/zookeeper", "/zookeeper/config", "/zookeeper/quota"} {
		t.nodes[p] = &znode{children: map[string]struct{}{}}
		t.nodes[path.Dir(p)].children[path.Base(p)] = struct{}{}
	}
	return t
}

// seen returns the stat as clients see it: cversion counts creations and deletions, of which the creations are kept.
func (n *znode) seen() Stat {
	s := n.stat
	s.NumChildren = int32(len(n.children))
	s.Cversion = 2*n.creates - s.NumChildren
	return s
}

// journal notes how to take back what a multi did, should a later part of it fail.
func (t *tree) journal(f func()) {
	if t.multi {
		t.undo = append(t.undo, f)
	}
}

// judge returns the code that the request gets in the present state, and the path that a create makes.
func (t *tree) judge(o *Op) (int32, string) {
	switch o.Kind {
	case Create:
		parent := t.nodes[path.Dir(o.Path)]
		if parent == nil {
			return NoNode, ""
		}
		made := o.Path
		if o.Sequential {
			made = o.Path + suffix(parent.creates)
		}
		switch {
		case t.nodes[made] != nil:
			return NodeExists, ""
		case parent.stat.EphemeralOwner != 0:
			return NoChildrenForEphemerals, ""
		}
		return OK, made
	case Delete, SetData, CheckVersion:
		n := t.nodes[o.Path]
		switch {
		case n == nil:
			return NoNode, ""
		case o.Version != AnyVersion && o.Version != n.stat.Version:
			return BadVersion, ""
		case o.Kind == Delete && len(n.children) > 0:
			return NotEmpty, ""
		}
	case Exists, GetData, GetChildren:
		if t.nodes[o.Path] == nil {
			return NoNode, ""
		}
	}
	return OK, ""
}

// suffix is what a sequential create appends to its path.
func suffix(n int32) string { return fmt.Sprintf("%010d", n) }

// applied is what a transaction did to one path.
type applied struct {
	path string
	kind Kind
}

// apply commits a transaction, and calls did for every node that it changed. Parents that it needs and that are not there are
// made up: the caller has judged the request.
func (t *tree) apply(x *Txn, did func(a applied)) {
	switch x.Kind {
	case Create:
		t.create(x)
		did(applied{x.Path, Create})
	case Delete:
		t.remove(x.Path, x.Zxid)
		did(applied{x.Path, Delete})
	case SetData:
		n := t.node(x.Path)
		old, stat := n.data, n.stat
		t.journal(func() { n.data, n.stat = old, stat })
		n.data = x.Data
		n.stat.Mzxid = x.Zxid
		n.stat.Version++
		did(applied{x.Path, SetData})
	case Close:
		for _, p := range slices.Sorted(maps.Keys(t.owned[x.Session])) {
			t.remove(p, x.Zxid)
			did(applied{p, Delete})
		}
		delete(t.owned, x.Session)
	case Multi:
		for i := range x.Subs {
			sub := x.Subs[i]
			sub.Zxid, sub.Session = x.Zxid, x.Session
			t.apply(&sub, did)
		}
	}
}

// node returns the node of that path, made up if it is not there.
func (t *tree) node(p string) *znode {
	n := t.nodes[p]
	if n == nil {
		n = &znode{children: map[string]struct{}{}}
		t.nodes[p] = n
		t.journal(func() { delete(t.nodes, p) })
		if p != "/" {
			parent := t.node(path.Dir(p))
			parent.children[path.Base(p)] = struct{}{}
			t.journal(func() { delete(parent.children, path.Base(p)) })
		}
	}
	return n
}

func (t *tree) create(x *Txn) {
	parent := t.node(path.Dir(x.Path))
	old, creates := parent.stat, parent.creates
	was := t.nodes[x.Path]
	base := path.Base(x.Path)
	t.journal(func() {
		parent.stat, parent.creates = old, creates
		delete(parent.children, base)
		delete(t.nodes, x.Path)
		if was != nil {
			t.nodes[x.Path], parent.children[base] = was, struct{}{}
		}
	})
	n := &znode{data: x.Data, stat: Stat{Czxid: x.Zxid, Mzxid: x.Zxid, Pzxid: x.Zxid}, children: map[string]struct{}{}}
	if x.Ephemeral {
		n.stat.EphemeralOwner = x.Session
		if t.owned[x.Session] == nil {
			t.owned[x.Session] = map[string]struct{}{}
		}
		t.owned[x.Session][x.Path] = struct{}{}
		t.journal(func() { delete(t.owned[x.Session], x.Path) })
	}
	t.nodes[x.Path] = n
	parent.children[base] = struct{}{}
	parent.creates++
	parent.stat.Pzxid = x.Zxid
}

func (t *tree) remove(p string, zxid int64) {
	n := t.nodes[p]
	if n == nil {
		return
	}
	parent := t.node(path.Dir(p))
	old := parent.stat
	base := path.Base(p)
	owner := n.stat.EphemeralOwner
	t.journal(func() {
		parent.stat = old
		parent.children[base] = struct{}{}
		t.nodes[p] = n
		if owner != 0 {
			t.owned[owner][p] = struct{}{}
		}
	})
	delete(t.nodes, p)
	delete(parent.children, base)
	parent.stat.Pzxid = zxid
	if owner != 0 {
		delete(t.owned[owner], p)
	}
}

// try judges a request by doing it, a multi part by part, and takes it back. It returns the code and, for each part, the path
// that it makes.
func (t *tree) try(o *Op) (int32, []string) {
	if o.Kind != Multi {
		code, made := t.judge(o)
		return code, []string{made}
	}
	t.multi, t.undo = true, t.undo[:0]
	code := OK
	made := make([]string, len(o.Subs))
	for i := range o.Subs {
		sub := &o.Subs[i]
		if code, made[i] = t.judge(sub); code != OK {
			break
		}
		x := Txn{Kind: sub.Kind, Path: sub.Path, Data: sub.Data, Ephemeral: sub.Ephemeral, Session: o.Session}
		if sub.Kind == Create {
			x.Path = made[i]
		}
		t.apply(&x, func(applied) {})
	}
	t.multi = false
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	return code, made
}

// validPath tells whether p is a path of ZooKeeper: absolute, without empty parts and without one at the end.
func validPath(p string) bool {
	return p == "/" || strings.HasPrefix(p, "/") && path.Clean(p) == p
}
