package tree

import (
	"errors"
	"fmt"

	"orrery/nodes/zab/proto"
)

// What is wrong with a snapshot.
var (
	// ErrOrphan says that a snapshot holds a znode before, or without, its parent.
	ErrOrphan = errors.New("tree: a znode without its parent")
	// ErrTwice says that a snapshot holds a znode twice.
	ErrTwice = errors.New("tree: a znode that is there twice")
	// ErrNoRoot says that a snapshot does not begin with the root.
	ErrNoRoot = errors.New("tree: no root")
)

// Loader makes a tree of a snapshot: first its sessions and ACLs, then its znodes in pre-order. A znode whose ACL the snapshot
// does not hold can be neither read nor written until a transaction that is replayed gives it one.
type Loader struct{ t *Tree }

// NewLoader begins with nothing.
func NewLoader(cfg Config) *Loader { return &Loader{empty(cfg)} }

// Session adds a global session.
func (l *Loader) Session(s proto.SessionEntry) { l.t.sessions[s.SessionID] = s.TimeOut }

// ACL adds an entry to the table of ACLs.
func (l *Loader) ACL(e proto.ACLEntry) {
	x := &l.t.acls
	switch at, known := x.byID[e.ID]; {
	case len(e.ACL) == 0:
		x.byID[e.ID] = aclOpen
	case known && at >= aclFirst:
		x.drop(at)
		fallthrough
	default:
		x.add(e.ID, e.ACL)
	}
}

// Node adds a znode. The errors are ErrNoRoot, ErrOrphan and ErrTwice, with the path.
func (l *Loader) Node(path string, e proto.NodeEntry) error {
	t := l.t
	n := node{czxid: e.Stat.Czxid, mzxid: e.Stat.Mzxid, pzxid: e.Stat.Pzxid, ctime: e.Stat.Ctime, mtime: e.Stat.Mtime,
		owner: e.Stat.EphemeralOwner, data: e.Data, version: e.Stat.Version, cversion: e.Stat.Cversion, aversion: e.Stat.Aversion}
	n.acl, _ = t.acls.numbered(e.ACL)
	if path == "" {
		if t.count > 0 {
			return fmt.Errorf("%w: the root", ErrTwice)
		}
		t.restoreRoot()
		*t.at(root) = n
		t.digest = 0
		t.changed(root)
		t.dataSize += int64(len(e.Data))
		t.acls.use(n.acl)
		return nil
	}
	if t.count == 0 {
		return fmt.Errorf("%w: it begins with %q", ErrNoRoot, path)
	}
	parentPath, name, ok := SplitPath(path)
	p := t.lookup(parentPath)
	switch {
	case !ok || p == 0 || name == "":
		return fmt.Errorf("%w: %q", ErrOrphan, path)
	case t.find(p, name) != 0:
		return fmt.Errorf("%w: %q", ErrTwice, path)
	}
	t.acls.use(n.acl)
	t.add(p, name, &n)
	t.dataSize += int64(len(path) + len(e.Data))
	return nil
}

// Finish returns the tree, which is as of the zxid: that in the name of the snapshot. The transactions behind
// it must be applied before anybody reads the tree. The error is ErrNoRoot.
func (l *Loader) Finish(zxid int64) (*Tree, error) {
	if l.t.count == 0 {
		return nil, ErrNoRoot
	}
	l.t.acls.purge()
	l.t.findQuotas()
	l.t.zxid = zxid
	return l.t, nil
}
