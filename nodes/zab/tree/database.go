package tree

import "orrery/nodes/zab/proto"

// Database makes a tree of what a server finds on its disk, or is sent by its leader: a snapshot, and then the transactions
// behind its zxid. It is what package store and a synchronization load into; the zero Database has no tree.
type Database struct {
	cfg     Config
	tree    *Tree
	loader  *Loader
	against proto.ZxidDigest // of the snapshot: until that zxid the tree is fuzzy, and its digest means nothing

	mismatch int64
}

// NewDatabase returns a Database that makes trees of this kind.
func NewDatabase(cfg Config) *Database { return &Database{cfg: cfg} }

// Tree is the tree, once Fresh or Loaded was called; nil before.
func (d *Database) Tree() *Tree { return d.tree }

// Fresh makes the tree that of a new server.
func (d *Database) Fresh() { *d = Database{cfg: d.cfg, tree: New(d.cfg)} }

// Begin begins a snapshot, and forgets what was there.
func (d *Database) Begin() { *d = Database{cfg: d.cfg, loader: NewLoader(d.cfg)} }

// Session adds a global session of the snapshot.
func (d *Database) Session(s proto.SessionEntry) { d.loader.Session(s) }

// ACL adds an ACL of the snapshot.
func (d *Database) ACL(e proto.ACLEntry) { d.loader.ACL(e) }

// Node adds a znode of the snapshot. The errors are those of Loader.Node.
func (d *Database) Node(path string, e proto.NodeEntry) error { return d.loader.Node(path, e) }

// Loaded ends the snapshot, whose name says the zxid. digest is that of the tree at a zxid at or behind it, of version 0 if there
// is none. The error is ErrNoRoot.
func (d *Database) Loaded(zxid int64, digest proto.ZxidDigest) error {
	t, err := d.loader.Finish(zxid)
	if err != nil {
		return err
	}
	d.tree, d.loader = t, nil
	if digest.DigestVersion == proto.DigestVersion && digest.Zxid >= zxid {
		d.against = digest
		d.compare(zxid, nil)
	}
	return nil
}

// Replay applies a transaction. It returns no error: a digest that differs is told by Mismatch.
func (d *Database) Replay(txn *proto.Transaction) error {
	d.tree.Apply(&txn.Header, txn.Body)
	d.compare(txn.Header.Zxid, txn.Digest)
	return nil
}

// compare looks at the digest of the tree, unless the tree is still fuzzy.
func (d *Database) compare(zxid int64, digest *proto.TxnDigest) {
	ok := true
	switch {
	case d.against.Zxid == zxid && d.against.DigestVersion != 0:
		ok = d.against.Digest == d.tree.Digest()
		d.against = proto.ZxidDigest{}
	case zxid < d.against.Zxid:
	case digest != nil && digest.Version == proto.DigestVersion:
		d.against = proto.ZxidDigest{}
		ok = digest.TreeDigest == d.tree.Digest()
	}
	if !ok && d.mismatch == 0 {
		d.mismatch = zxid
	}
}

// Mismatch is the first zxid at which the digest of the tree was not the one that was recorded; 0 if there was none. The
// original only reports it, and so may the caller: the tree of another server may be the one that is wrong.
func (d *Database) Mismatch() int64 { return d.mismatch }

// DeadOwners are the sessions that own ephemeral znodes but are not in the table of sessions, ascending. With correct snapshots there
// are none.
func (t *Tree) DeadOwners() []int64 {
	var dead []int64
	for _, id := range t.EphemeralOwners() {
		if _, alive := t.sessions[id]; !alive {
			dead = append(dead, id)
		}
	}
	return dead
}

// Bury deletes the ephemeral znodes of a session that is dead, as a server does with DeadOwners when it starts.
func (t *Tree) Bury(session int64) []Event {
	var events []Event
	c := change{t: t, zxid: t.zxid, events: &events}
	c.closeSession(session, nil)
	return events
}
