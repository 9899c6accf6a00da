package tree

import (
	"orrery/nodes/zab/proto"
)

// change is one transaction, or one part of a multi, at work on the tree.
type change struct {
	t      *Tree
	zxid   int64
	time   int64 // in ms since 1970
	events *[]Event
}

// created creates a znode and says what came of it.
func (c *change) created(res *Result, path string, data []byte, acl []proto.ACL, owner int64, parentCversion int32, wantStat bool) {
	res.Path = path
	r, code := c.create(path, data, acl, owner, parentCversion)
	res.Err = code
	if code == proto.CodeOK && wantStat {
		res.Stat, res.HasStat = c.t.stat(c.t.at(r)), true
	}
}

func (c *change) create(path string, data []byte, acl []proto.ACL, owner int64, parentCversion int32) (ref, proto.ErrCode) {
	t := c.t
	parentPath, name, ok := SplitPath(path)
	p := t.lookup(parentPath)
	if !ok || p == 0 || name == "" {
		return 0, proto.CodeNoNode
	}
	if r := t.find(p, name); r != 0 {
		if !t.cfg.Quirks.ACLCacheFuzzy { // the snapshot that holds the znode need not hold its ACL
			t.replaceACL(r, acl)
		}
		return 0, proto.CodeNodeExists
	}
	parent := t.at(p)
	if parentCversion == -1 { // a server before 3.4 did not say
		parentCversion = parent.cversion + 1
	}
	// The znode may have been created and deleted again before the snapshot that this is replayed over.
	if later(parentCversion, parent.cversion) || t.cfg.Quirks.ReplayCversion {
		parent.cversion, parent.pzxid = parentCversion, c.zxid
	}
	t.changed(p)
	r := t.add(p, name, &node{czxid: c.zxid, mzxid: c.zxid, pzxid: c.zxid, ctime: c.time, mtime: c.time,
		owner: owner, data: data, acl: t.acls.intern(acl)})
	t.dataSize += int64(len(path) + len(data))
	t.quotaChanged(parentPath, name, true)
	t.charge(path, len(data), 1)
	c.fire(&t.data, path, proto.EventNodeCreated, r, nil)
	c.fire(&t.child, shown(parentPath), proto.EventNodeChildrenChanged, p, nil)
	return r, proto.CodeOK
}

// later tells whether cversion a comes behind b. They turn negative behind 2147483647; the original, which compares
// them as numbers, stops there.
func later(a, b int32) bool { return a-b > 0 }

// advanceParent brings the parent of a znode that was there already to the cversion that its creation
// left (ZOOKEEPER-1046): the snapshot may have the child, and its parent as it was before.
func (c *change) advanceParent(path string, cversion int32) {
	parentPath, _, _ := SplitPath(path)
	p := c.t.lookup(parentPath)
	if p == 0 {
		return
	}
	parent := c.t.at(p)
	if cversion == -1 {
		cversion = parent.cversion + 1
	}
	if later(cversion, parent.cversion) {
		parent.cversion, parent.pzxid = cversion, c.zxid
		c.t.changed(p)
	}
}

func (c *change) delete(path string) proto.ErrCode {
	t := c.t
	parentPath, name, ok := SplitPath(path)
	p := t.lookup(parentPath)
	if !ok || p == 0 || name == "" {
		return proto.CodeNoNode
	}
	r := t.find(p, name)
	if r == 0 && t.cfg.Quirks.ReplayPzxid {
		return proto.CodeNoNode
	}
	// The snapshot may have lost the znode already, but have its parent as it was before; or the znode may
	// have been deleted before others were created that the snapshot has.
	if parent := t.at(p); c.zxid > parent.pzxid {
		parent.pzxid = c.zxid
		t.changed(p)
	}
	if r == 0 {
		return proto.CodeNoNode
	}
	acl := t.acls.get(t.at(r).acl)
	size := len(t.at(r).data)
	t.removeBelow(r)
	t.remove(r)
	t.dataSize -= int64(len(path) + size)
	t.quotaChanged(parentPath, name, false)
	t.charge(path, -size, -1)
	told := c.fireACL(&t.data, path, proto.EventNodeDeleted, acl, nil)
	c.fireACL(&t.child, path, proto.EventNodeDeleted, acl, told)
	c.fire(&t.child, shown(parentPath), proto.EventNodeChildrenChanged, p, nil)
	return proto.CodeOK
}

// removeBelow removes what is below a znode. Requests never delete a znode with children. But a snapshot of the
// original may hold children of a later znode of that name, which the log will create again.
func (t *Tree) removeBelow(top ref) {
	for at := top; t.at(top).first != 0; {
		if first := t.at(at).first; first != 0 {
			at = first
			continue
		}
		n, up := t.at(at), t.at(at).parent
		path, name, size := t.pathOf(at), n.name, len(n.data)
		t.remove(at)
		t.dataSize -= int64(len(path) + size)
		t.quotaChanged(t.pathOf(up), name, false)
		t.charge(path, -size, -1)
		at = up
	}
}

// remove takes a znode without children out of the tree.
func (t *Tree) remove(r ref) {
	for _, w := range t.walks {
		w.leaving(r)
	}
	n := t.at(r)
	t.digest -= uint64(n.digest)
	t.delist(r)
	t.acls.release(n.acl)
	t.forget(r)
	t.unlink(r)
	t.give(r)
}

func (c *change) setData(path string, data []byte, version int32) (proto.Stat, proto.ErrCode) {
	t := c.t
	r := t.lookup(path)
	if r == 0 {
		return proto.Stat{}, proto.CodeNoNode
	}
	n := t.at(r)
	more := len(data) - len(n.data)
	n.data, n.mtime, n.mzxid, n.version = data, c.time, c.zxid, version
	s := t.stat(n)
	t.changed(r)
	t.charge(path, more, 0)
	t.dataSize += int64(more)
	c.fire(&t.data, path, proto.EventNodeDataChanged, r, nil)
	return s, proto.CodeOK
}

func (c *change) setACL(path string, acl []proto.ACL, version int32) (proto.Stat, proto.ErrCode) {
	t := c.t
	r := t.lookup(path)
	if r == 0 {
		return proto.Stat{}, proto.CodeNoNode
	}
	t.replaceACL(r, acl)
	t.at(r).aversion = version
	t.changed(r)
	return t.stat(t.at(r)), proto.CodeOK
}

func (t *Tree) replaceACL(r ref, acl []proto.ACL) {
	n := t.at(r)
	old := n.acl
	n.acl = t.acls.intern(acl)
	t.acls.release(old)
}

// closeSession deletes the session's ephemeral znodes: those that the transaction lists, and then those that
// are there besides.
func (c *change) closeSession(session int64, paths []string) {
	if c.t.cfg.Quirks.CloseSessionNoPaths {
		paths = nil
	}
	for _, path := range paths {
		c.delete(path) // it may be gone already
	}
	for _, path := range c.t.Ephemerals(session) {
		c.delete(path)
	}
}
