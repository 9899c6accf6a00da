package prep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/nodes/zab/tree"
)

// TestASnapshotSurvivesItsBytes takes a snapshot, as the bytes that a leader sends, in pieces between which transactions go on, loads it
// and replays the log. The digests in the log say that the tree is right at each of them, once it is not fuzzy any more.
func TestASnapshotSurvivesItsBytes(t *testing.T) {
	for seed := range uint64(60) {
		x := newChaos(seeded(seed), tree.Quirks{})
		play := func(steps int) {
			for range steps {
				x.judge()
				x.apply()
			}
		}
		play(40)
		walk := x.w.tree.Walk()
		enc := store.NewEncoder(walk)
		var wire []byte
		for done := false; !done; {
			wire, done = enc.Next(wire, 1)
			play(x.draw(3))
		}
		digest := x.w.tree.LastDigest()
		wire = jute.AppendString(wire, proto.SnapSignature)
		play(20)
		x.drain()
		require.Empty(t, x.broken)

		db := tree.NewDatabase(x.w.treeCfg)
		db.Begin()
		used, done, err := store.NewDecoder(db).Feed(wire)
		require.NoError(t, err)
		require.True(t, done)
		require.Equal(t, len(wire), used)
		require.NoError(t, db.Loaded(walk.Zxid(), digest))
		for i := range x.w.log {
			if x.w.log[i].Header.Zxid > walk.Zxid() {
				require.NoError(t, db.Replay(onWire(&x.w.log[i])))
			}
		}
		require.Zero(t, db.Mismatch())
		require.Empty(t, db.Tree().DeadOwners())
		require.Equal(t, dump(x.w.tree), dump(db.Tree()), "seed %d", seed)
	}
}

// A tree that is not the one of which the log speaks is noticed.
func TestADigestThatDiffersIsTold(t *testing.T) {
	x := newChaos(seeded(1), tree.Quirks{})
	for range 20 {
		x.judge()
		x.apply()
	}
	db := tree.NewDatabase(tree.Config{})
	db.Fresh()
	require.Zero(t, db.Tree().Zxid())
	wrong := 0
	for i := range x.w.log {
		txn := onWire(&x.w.log[i])
		if c, ok := txn.Body.(*proto.CreateTxn); ok && wrong == 0 {
			c.Data = append(c.Data, 'x')
			wrong = i
		}
		require.NoError(t, db.Replay(txn))
	}
	require.Equal(t, x.w.log[wrong].Header.Zxid, db.Mismatch())
}

func TestTheDeadAreBuried(t *testing.T) {
	db := tree.NewDatabase(tree.Config{})
	db.Fresh()
	x := db.Tree()
	x.Apply(&proto.TxnHeader{ClientID: 5, Zxid: 1, Type: proto.OpCreate}, &proto.CreateTxn{Path: "/e", Ephemeral: true, ParentCVersion: 1})
	x.GetChildren(tree.Reader{Conn: 3}, "/", true)
	require.Equal(t, []int64{5}, x.DeadOwners())
	require.Len(t, x.Bury(5), 1)
	require.Empty(t, x.DeadOwners())
	_, ok := x.Znode("/e")
	require.False(t, ok)
}

// What is walked and loaded here is what package store writes and reads.
var (
	_ store.Walk     = (*tree.Walk)(nil)
	_ store.Database = (*tree.Database)(nil)
	_ store.Loader   = (*tree.Loader)(nil)
)
