package tree

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// sound says what is wrong with a tree whatever was done to it.
func sound(t *testing.T, x *Tree) {
	t.Helper()
	require.Equal(t, sumOfDigests(x), x.Digest())
	count, size := 0, int64(1)
	owned := map[int64]int{}
	for at := root; at != 0; at = x.following(root, at) {
		count++
		n := x.at(at)
		kids, last := uint32(0), ref(0)
		for c := n.first; c != 0; c = x.at(c).next {
			require.Equal(t, []ref{at, last}, []ref{x.at(c).parent, x.at(c).prev})
			kids, last = kids+1, c
		}
		require.Equal(t, []uint32{n.children, uint32(n.last)}, []uint32{kids, uint32(last)})
		if at != root {
			require.Equal(t, at, x.find(n.parent, n.name))
			size += int64(len(x.pathOf(at)))
		}
		if x.OwnerKind(n.owner) == OwnerSession {
			owned[n.owner]++
		}
	}
	require.Equal(t, x.Len(), count)
	require.Equal(t, x.index.used, count-1)
	for id, n := range owned {
		require.Len(t, x.Ephemerals(id), n)
	}
	require.Len(t, x.EphemeralOwners(), len(owned))
}

// FuzzApply applies any transactions at all: a log that is damaged in a way that its checksums do not see, or
// a leader that is not what it says. Whatever they are, the tree stays one.
func FuzzApply(f *testing.F) {
	rng := rand.New(rand.NewPCG(3, 4))
	paths := []string{"/a", "/a/b", "/a/b/c", "/", "", "a", "/a/", "//", "/zookeeper", "/zookeeper/quota", "/zookeeper/quota/zookeeper_limits",
		"/zookeeper/quota/a", "/zookeeper/quota/a/zookeeper_limits", "/zookeeper/quota/a/zookeeper_stats", "/zookeeper/config"}
	path := func() string { return paths[rng.IntN(len(paths))] }
	body := func() (proto.OpCode, jute.Record) {
		switch rng.IntN(8) {
		case 0:
			return proto.OpDelete, &proto.DeleteTxn{Path: path()}
		case 1:
			return proto.OpSetData, &proto.SetDataTxn{Path: path(), Data: []byte("count=1,bytes=2"), Version: int32(rng.IntN(3))}
		case 2:
			return proto.OpSetACL, &proto.SetACLTxn{Path: path(), ACL: ReadOnlyForAll()}
		case 3:
			return proto.OpCreateTTL, &proto.CreateTTLTxn{Path: path(), TTL: int64(rng.IntN(3)) - 1}
		case 4:
			return proto.OpCloseSession, &proto.CloseSessionTxn{Paths2Delete: []string{path()}}
		case 5:
			return proto.OpCreateContainer, &proto.CreateContainerTxn{Path: path(), ParentCVersion: -1}
		}
		return proto.OpCreate, &proto.CreateTxn{Path: path(), Ephemeral: rng.IntN(2) == 0, ParentCVersion: -1, Data: []byte("x"), ACL: openACL}
	}
	for range 200 {
		var b []byte
		for i := range 30 {
			op, rec := body()
			if i%10 == 9 {
				m := &proto.MultiTxn{}
				for range 3 {
					op, rec := body()
					m.Txns = append(m.Txns, proto.Txn{Type: op, Data: rec.Append(nil)})
				}
				op, rec = proto.OpMulti, m
			}
			txn := proto.Transaction{Header: proto.TxnHeader{ClientID: int64(rng.IntN(3)), Zxid: int64(i + 1), Type: op}, Body: rec}
			b = jute.AppendBuffer(b, txn.Append(nil))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x := New(Config{ExtendedTypes: true})
		w := x.Walk()
		d := jute.NewDecoder(b)
		for d.Left() > 0 {
			var txn proto.Transaction
			if p := d.Buffer(); d.Err() == nil && txn.Decode(jute.NewDecoder(p)) == nil {
				x.Apply(&txn.Header, txn.Body)
				w.Next()
			}
		}
		w.Close()
		sound(t, x)
	})
}
