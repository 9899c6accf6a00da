package zab

import (
	"slices"
	"sort"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// database is the state that transactions lead to, and the last of them (ZKDatabase).
type database struct {
	s      *Server
	tree   *tree.Tree
	loader *tree.Loader
	// committed are the last transactions that were applied, in order and without holes: what a learner that is a little
	// behind is sent (committedLog).
	committed []logged
	stepping  bool // a transaction is being applied in steps: see commitProcessor
}

// logged is a transaction as it is on the wire and on disk.
type logged struct {
	zxid int64
	raw  []byte
	txn  *proto.Transaction
}

// parseTxn reads a transaction as a PROPOSAL carries it. raw must not change any more.
func parseTxn(raw []byte) (logged, error) {
	txn := new(proto.Transaction)
	if err := txn.Decode(jute.Sharing(raw)); err != nil {
		return logged{}, err
	}
	return logged{txn.Header.Zxid, raw, txn}, nil
}

func newDatabase(s *Server) *database { return &database{s: s} }

func (d *database) treeConfig() tree.Config {
	z := d.s.zoo
	return tree.Config{ExtendedTypes: z.ExtendedTypes, EnforceQuota: z.EnforceQuota, SkipACL: z.SkipACL,
		Auth: d.s.clients.auth, Quirks: d.s.cfg.Quirks.Tree}
}

// Fresh implements store.Database.
func (d *database) Fresh() {
	d.tree, d.committed = tree.New(d.treeConfig()), nil
	if z := d.s.zoo.InitialZxid; z != 0 && !d.s.zoo.Distributed() { // a leader begins each epoch there
		d.tree.SetZxid(z)
	}
}

// Begin implements store.Database.
func (d *database) Begin() { d.loader, d.committed = tree.NewLoader(d.treeConfig()), nil }

// Session implements store.Loader.
func (d *database) Session(e proto.SessionEntry) { d.loader.Session(e) }

// ACL implements store.Loader.
func (d *database) ACL(e proto.ACLEntry) { d.loader.ACL(e) }

// Node implements store.Loader.
func (d *database) Node(path string, e proto.NodeEntry) error { return d.loader.Node(path, e) }

// Loaded implements store.Database.
func (d *database) Loaded(zxid int64, _ proto.ZxidDigest) error {
	t, err := d.loader.Finish(zxid)
	if err != nil {
		return err
	}
	d.tree, d.loader = t, nil
	return nil
}

// Replay implements store.Database.
func (d *database) Replay(txn *proto.Transaction) error {
	d.apply(d.s.made(txn))
	return nil
}

// apply applies a transaction and keeps it for learners.
func (d *database) apply(l logged) tree.Result {
	r := d.tree.Apply(&l.txn.Header, l.txn.Body)
	d.remember(l)
	return r
}

// firstCommitted is for how many transactions a server has room at once.
const firstCommitted = 256

// remember keeps a transaction that was applied.
func (d *database) remember(l logged) {
	if n := len(d.committed); n > 0 && l.zxid <= d.committed[n-1].zxid {
		return // it was applied before a fuzzy snapshot was taken, and has been applied again
	}
	if d.committed == nil {
		d.committed = make([]logged, 0, firstCommitted)
	}
	d.committed = append(d.committed, l)
	if most := d.s.zoo.CommitLogCount; len(d.committed) > 2*most {
		d.committed = append(d.committed[:0], d.committed[len(d.committed)-most:]...)
	}
}

// bounds are the zxids of the first and the last transaction that is kept (minCommittedLog, maxCommittedLog).
func (d *database) bounds() (low, high int64) {
	kept := d.kept()
	if len(kept) == 0 {
		return d.tree.Zxid(), d.tree.Zxid()
	}
	return kept[0].zxid, kept[len(kept)-1].zxid
}

func (d *database) kept() []logged {
	if most := d.s.zoo.CommitLogCount; len(d.committed) > most {
		return d.committed[len(d.committed)-most:]
	}
	return d.committed
}

// behind are the transactions that are kept and come after zxid.
func (d *database) behind(zxid int64) []logged {
	kept := d.kept()
	i := sort.Search(len(kept), func(i int) bool { return kept[i].zxid > zxid })
	return kept[i:]
}

// fastForward applies what is in the log and was not applied: whoever looks for a leader votes with what it has
// logged, and so must have it in memory (ZOOKEEPER-2845).
func (s *Server) fastForward(env nodes.Env) error {
	it := s.disk.Log(env.Disk(), s.db.tree.Zxid()+1)
	for it.Next() {
		l, err := parseTxn(slices.Clone(it.Txn()))
		if err != nil {
			return err
		}
		s.db.apply(l)
		nodes.Reachable(env, markFastForward)
	}
	return it.Err()
}

func decode(p []byte, r jute.Record) error {
	d := jute.NewDecoder(p)
	if err := r.Decode(d); err != nil {
		return err
	}
	return d.End()
}
