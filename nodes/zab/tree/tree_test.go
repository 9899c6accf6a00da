package tree

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// The expected values were printed by DigestCalculator of Apache ZooKeeper 3.8.0.
func TestDigestsAreThoseOfTheOriginal(t *testing.T) {
	plain := proto.StatPersisted{Czxid: 1, Mzxid: 2, Ctime: 3, Mtime: 4, Version: 5, Cversion: 6, Aversion: 7, EphemeralOwner: 8, Pzxid: 9}
	edge := proto.StatPersisted{Czxid: -1, Mzxid: 1<<63 - 1, Ctime: 1, Mtime: -2, Version: -3, Cversion: -4, Aversion: -5, EphemeralOwner: ContainerOwner, Pzxid: 12}
	for path, want := range map[string][3]uint32{
		"/":                 {3256445006, 868314252, 137379488},
		"":                  {3256445006, 868314252, 137379488},
		"/a":                {912997407, 3965733674, 3616610566},
		"/a/bé":             {4049806159, 815248751, 191293251},
		"/zookeeper":        {1760541483, 2053613788, 1100413680},
		"/zookeeper/config": {0, 0, 0},
	} {
		got := [3]uint32{NodeDigest(path, []byte("data"), &plain), NodeDigest(path, nil, &plain), NodeDigest(path, []byte{}, &edge)}
		require.Equal(t, want, got, path)
	}
	require.Equal(t, int64(1371985504), New(Config{}).Digest(), "an empty tree")
}

// StatsTrack of Apache ZooKeeper 3.8.0 printed these.
func TestQuotasAreWrittenAsTheOriginalDoes(t *testing.T) {
	for in, want := range map[string]string{
		"":                "count=-1,bytes=-1",
		"count=3":         "count=3,bytes=-1",
		"count=3,bytes=5": "count=3,bytes=5",
		"bytes=5=;byteHardLimit=7;countHardLimit=9": "count=-1,bytes=5=;byteHardLimit=7;countHardLimit=9",
		"nonsense,count=x;bytes=7":                  "count=-1,bytes=7", // there it throws
	} {
		require.Equal(t, want, string(parseStats([]byte(in)).text()), in)
	}
}

func TestPathsThatNoZnodeHas(t *testing.T) {
	for _, path := range []string{"/", "/a", "/a/b.c", "/a/...", "/.a/..b", "/a b", "/\u00e9\ud7ff", "/\uf900\uffef"} {
		require.True(t, ValidPath(path), "%q", path)
	}
	for _, path := range []string{"", "a", "a/b", "/a/", "//", "//a", "/a//b", "/.", "/a/.", "/./a", "/..", "/a/../b",
		"/\x00", "/\x01", "/\x1f", "/\x7f", "/\u0085", "/\ue000", "/\uf8ff", "/\ufff0", "/\uffff", "/\ufffd", "/\U0001F600", "/\xff"} {
		require.False(t, ValidPath(path), "%q", path)
	}
}

func TestAddressesMatchByTheirFirstBits(t *testing.T) {
	for _, c := range []struct {
		address, entry string
		want           bool
	}{
		{"10.1.2.3", "10.1.2.3", true}, {"10.1.2.3", "10.1.2.4", false}, {"10.1.2.3", "10.1.2.0/24", true},
		{"10.1.2.3", "10.1.2.2/31", true}, {"10.1.2.3", "10.1.2.4/30", false}, {"10.1.2.3", "0.0.0.0/0", true},
		{"10.1.2.3", "10.1.2.3/33", false}, {"10.1.2.3", "10.1.2.3/x", false}, {"10.1.2.3", "10.1.2", false},
		{"::1", "0:0:0:0:0:0:0:1", true}, {"fe80::1", "fe80::/10", true}, {"fec0::1", "fe80::/10", false},
		{"10.1.2.3", "::/0", false}, {"::1", "0.0.0.0/0", false}, {"1::2::3", "::/0", false}, {"host", "0.0.0.0/0", false},
	} {
		require.Equal(t, c.want, matchesIP(c.address, c.entry), "%s in %s", c.address, c.entry)
	}
	for _, bad := range []string{"", "1.2.3", "1.2.3.256", "1.2.3.4/", "1.2.3.4/-1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::x", "1:2:3:4::5:6:7:8", ":::1"} {
		require.False(t, validIP(bad), bad)
	}
}

// TestIndexFindsWhatIsThere plays random insertions and removals, in an index that stays so full that runs of slots grow together.
func TestIndexFindsWhatIsThere(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := New(Config{})
	there := map[string]bool{}
	for step := range 20_000 {
		path := fmt.Sprintf("/%d", rng.IntN(200))
		hdr := &proto.TxnHeader{Zxid: int64(step + 1), Type: proto.OpCreate}
		if there[path] {
			hdr.Type = proto.OpDelete
			require.Equal(t, proto.CodeOK, x.Apply(hdr, &proto.DeleteTxn{Path: path}).Err)
		} else {
			require.Equal(t, proto.CodeOK, x.Apply(hdr, &proto.CreateTxn{Path: path, ParentCVersion: -1}).Err)
		}
		there[path] = !there[path]
		if step%100 == 0 {
			for i := range 200 {
				p := fmt.Sprintf("/%d", i)
				require.Equal(t, there[p], x.lookup(p) != 0, p)
			}
			require.Equal(t, x.count, x.index.used+1)
			require.Equal(t, sumOfDigests(x), x.Digest())
		}
	}
}

func sumOfDigests(x *Tree) (sum int64) {
	w := x.Walk()
	defer w.Close()
	for {
		path, e, ok := w.Next()
		if !ok {
			return sum
		}
		sum += int64(NodeDigest(path, e.Data, &e.Stat))
	}
}

func apply(x *Tree, zxid int64, op proto.OpCode, session int64, txn jute.Record) Result {
	return x.Apply(&proto.TxnHeader{Zxid: zxid, Type: op, ClientID: session, Time: zxid * 1000}, txn)
}

// A snapshot of the original may hold what is below a later znode of the name.
func TestDeletingAZnodeTakesWhatIsBelow(t *testing.T) {
	x := New(Config{})
	empty, size := x.Len(), x.DataSize()
	apply(x, 1, proto.OpCreate, 5, &proto.CreateTxn{Path: "/a", ParentCVersion: 1})
	for i, path := range []string{"/a/b", "/a/b/c", "/a/b/d", "/a/e"} {
		apply(x, int64(2+i), proto.OpCreate, 5, &proto.CreateTxn{Path: path, Ephemeral: true, Data: []byte("x"), ParentCVersion: -1})
	}
	require.Equal(t, 4, x.EphemeralCount())
	require.Equal(t, proto.CodeOK, apply(x, 9, proto.OpDelete, 5, &proto.DeleteTxn{Path: "/a"}).Err)
	require.Equal(t, []int{empty, 0}, []int{x.Len(), x.EphemeralCount()})
	require.Equal(t, size, x.DataSize())
	require.Equal(t, sumOfDigests(x), x.Digest())
	require.Empty(t, x.EphemeralOwners())
}

func TestACLsAreCounted(t *testing.T) {
	x := New(Config{})
	mine := []proto.ACL{{Perms: proto.PermRead, ID: DigestID("ann:pw")}}
	before := x.ACLCount()
	apply(x, 1, proto.OpCreate, 0, &proto.CreateTxn{Path: "/a", ACL: mine, ParentCVersion: 1})
	apply(x, 2, proto.OpCreate, 0, &proto.CreateTxn{Path: "/b", ACL: mine, ParentCVersion: 2})
	apply(x, 3, proto.OpCreate, 0, &proto.CreateTxn{Path: "/b", ACL: mine, ParentCVersion: 2}) // replayed
	require.Equal(t, before+1, x.ACLCount())
	apply(x, 4, proto.OpDelete, 0, &proto.DeleteTxn{Path: "/a"})
	require.Equal(t, before+1, x.ACLCount())
	apply(x, 5, proto.OpSetACL, 0, &proto.SetACLTxn{Path: "/b", ACL: openACL, Version: 1})
	require.Equal(t, before+1, x.ACLCount(), "the open one has a number too, once it was written")
	apply(x, 6, proto.OpDelete, 0, &proto.DeleteTxn{Path: "/b"})
	require.Equal(t, before, x.ACLCount())
}

// What a server before 3.6 writes has no list.
func TestCloseSessionWithoutAListDeletesWhatIsThere(t *testing.T) {
	x := New(Config{})
	apply(x, 1, proto.OpCreateSession, 5, &proto.CreateSessionTxn{TimeOut: 4000})
	apply(x, 2, proto.OpCreate, 5, &proto.CreateTxn{Path: "/e", Ephemeral: true, ParentCVersion: 1})
	require.Equal(t, []string{"/e"}, x.Ephemerals(5))
	require.Len(t, x.Sessions(), 1)
	apply(x, 3, proto.OpCloseSession, 5, nil)
	require.Empty(t, x.Ephemerals(5))
	require.Empty(t, x.Sessions())
	z, _ := x.Znode("/")
	require.Equal(t, int64(3), z.Stat.Pzxid)
}

func TestAPartOfAMultiThatCannotBeReadIsAnError(t *testing.T) {
	x := New(Config{})
	res := apply(x, 1, proto.OpMulti, 5, &proto.MultiTxn{Txns: []proto.Txn{{Type: proto.OpDelete, Data: []byte{1}}}})
	require.Equal(t, proto.CodeMarshallingError, res.Err)
	require.Equal(t, int64(1), x.Zxid())
}

func TestLoaderRefusesWhatIsNoTree(t *testing.T) {
	l := NewLoader(Config{})
	_, err := l.Finish(1)
	require.ErrorIs(t, err, ErrNoRoot)
	require.ErrorIs(t, l.Node("/a", proto.NodeEntry{}), ErrNoRoot)
	require.NoError(t, l.Node("", proto.NodeEntry{}))
	require.ErrorIs(t, l.Node("", proto.NodeEntry{}), ErrTwice)
	require.ErrorIs(t, l.Node("/a/b", proto.NodeEntry{}), ErrOrphan)
	require.ErrorIs(t, l.Node("a", proto.NodeEntry{}), ErrOrphan)
	require.NoError(t, l.Node("/a", proto.NodeEntry{ACL: 77}))
	require.ErrorIs(t, l.Node("/a", proto.NodeEntry{}), ErrTwice)
	l.ACL(proto.ACLEntry{ID: 9, ACL: openACL}) // that nobody uses
	x, err := l.Finish(4)
	require.NoError(t, err)
	require.Equal(t, int64(4), x.Zxid())
	require.Zero(t, x.ACLCount())
	_, _, code := x.GetData(Reader{}, "/a", false)
	require.Equal(t, proto.CodeNoAuth, code, "nobody knows who may read it")
	x.SetConfig([]byte("server.1=…"), 7, 8)
	data, s, code := x.GetData(Reader{}, ConfigPath, false)
	require.Equal(t, []any{"server.1=…", int32(7), proto.CodeOK}, []any{string(data), s.Version, code})
}

// What is in a snapshot counts towards the quotas in it.
func TestQuotasAreCountedAgainAfterALoad(t *testing.T) {
	x := New(Config{EnforceQuota: true})
	for i, c := range [][2]string{{"/a", ""}, {"/a/b", "12345"}, {"/zookeeper/quota/a", ""},
		{"/zookeeper/quota/a/zookeeper_limits", "count=1,bytes=-1=;countHardLimit=3"}, {"/zookeeper/quota/a/zookeeper_stats", ""}} {
		require.Equal(t, proto.CodeOK, apply(x, int64(i+1), proto.OpCreate, 0, &proto.CreateTxn{Path: c[0], Data: []byte(c[1]), ParentCVersion: -1}).Err)
	}
	require.Equal(t, []string{"/a"}, x.OverQuota(), "the soft limit")
	l := NewLoader(Config{EnforceQuota: true})
	w := x.Walk()
	defer w.Close()
	for _, e := range w.ACLs() {
		l.ACL(e)
	}
	for {
		path, e, ok := w.Next()
		if !ok {
			break
		}
		if path == "/zookeeper/quota/a/zookeeper_stats" {
			e.Data = []byte("count=77,bytes=77")
		}
		require.NoError(t, l.Node(path, e))
	}
	y, err := l.Finish(w.Zxid())
	require.NoError(t, err)
	data, _, _ := y.GetData(Reader{}, "/zookeeper/quota/a/zookeeper_stats", false)
	require.Equal(t, "count=2,bytes=5", string(data))
	require.Equal(t, proto.CodeOK, y.CheckQuota("/a/c", true, 0, 1))
	apply(y, 9, proto.OpCreate, 0, &proto.CreateTxn{Path: "/a/c", ParentCVersion: -1})
	require.Equal(t, proto.CodeQuotaExceeded, y.CheckQuota("/a/d", true, 0, 1))
}

// A watched path that thousands watch is told of in the order in which they came.
func TestWatchersAreListedForAdministrators(t *testing.T) {
	x := New(Config{})
	for conn := range uint64(3) {
		x.Exists(Reader{Conn: 9 - conn}, "/a", true)
		x.Exists(Reader{Conn: 9 - conn}, "/b", true)
		x.GetChildren(Reader{Conn: 9 - conn}, "/", true)
	}
	require.Equal(t, WatchSummary{Conns: 3, Paths: 2, Watches: 6}, x.WatchSummary())
	require.Equal(t, 9, x.WatchCount())
	require.Equal(t, []uint64{9, 8, 7}, x.Watchers("/a"))
	require.Equal(t, []uint64{7, 8, 9}, x.WatchingConns())
	require.Equal(t, []string{"/a", "/b"}, x.WatchedBy(8))
	require.Equal(t, []string{"/a", "/b"}, x.WatchedPaths())
	x.RemoveConn(8)
	require.Equal(t, WatchSummary{Conns: 2, Paths: 2, Watches: 4}, x.WatchSummary())
	events := apply(x, 1, proto.OpCreate, 0, &proto.CreateTxn{Path: "/a", ParentCVersion: 1}).Events
	require.Equal(t, []uint64{9, 7, 9, 7}, []uint64{events[0].Conn, events[1].Conn, events[2].Conn, events[3].Conn})
	require.Equal(t, 2, x.WatchCount())
}

// Those of which nobody knows the ACL may not be told, but for the administrator.
func TestReadRefusesWhatItDoesNotKnow(t *testing.T) {
	x := New(Config{})
	_, _, code := x.Read(Reader{}, proto.OpSync, &proto.SyncRequest{})
	require.Equal(t, proto.CodeUnimplemented, code)
	_, _, code = x.Read(Reader{}, proto.OpSync, nil)
	require.Equal(t, proto.CodeUnimplemented, code)
	_, _, code = x.Read(Reader{}, proto.OpMultiRead, &proto.MultiRequest{Ops: []proto.MultiOp{{Type: proto.OpDelete, Request: &proto.DeleteRequest{}}}})
	require.Equal(t, proto.CodeMarshallingError, code)
}

// Each switch is one bug, and each bug one switch.
func TestEveryQuirkIsOneBug(t *testing.T) {
	seen := map[Quirks]string{}
	for _, b := range Bugs() {
		require.Empty(t, seen[b.Quirks()], b.Name)
		require.NotEqual(t, Quirks{}, b.Quirks())
		seen[b.Quirks()] = b.Name
		found, ok := BugNamed(b.Name)
		require.True(t, ok)
		require.Equal(t, b.What, found.What)
	}
	require.Len(t, seen, reflect.TypeFor[Quirks]().NumField())
	_, ok := BugNamed("none")
	require.False(t, ok)
}

func TestTheLastDigestIsThatOfAWholeTransaction(t *testing.T) {
	x := New(Config{})
	require.Equal(t, proto.ZxidDigest{}, x.LastDigest())
	multi := func(zxid int64, path string) Application {
		part := proto.Txn{Type: proto.OpCreate, Data: (&proto.CreateTxn{Path: path, ParentCVersion: -1}).Append(nil)}
		return x.Begin(&proto.TxnHeader{Zxid: zxid, Type: proto.OpMulti}, &proto.MultiTxn{Txns: []proto.Txn{part, part}})
	}
	a := multi(7, "/a")
	for a.Step() {
		require.Equal(t, proto.ZxidDigest{}, x.LastDigest())
	}
	whole := proto.ZxidDigest{Zxid: 7, DigestVersion: 2, Digest: x.Digest()}
	require.Equal(t, whole, x.LastDigest())
	a = multi(8, "/b")
	for a.Step() {
		require.Equal(t, whole, x.LastDigest())
	}
	require.Equal(t, proto.ZxidDigest{Zxid: 8, DigestVersion: 2, Digest: x.Digest()}, x.LastDigest())
	x.SetZxid(1 << 32)
	require.Equal(t, int64(8), x.LastDigest().Zxid, "an epoch begins without a transaction")
}

// Blank prefixes mean all, and blank is what Java trims: not every space of Unicode.
func TestWhichPrefixesOfEphemeralsMeanAll(t *testing.T) {
	tr := New(Config{})
	txn := &proto.CreateTxn{Path: "/e", ACL: []proto.ACL{{Perms: 31, ID: proto.ID{Scheme: "world", ID: "anyone"}}}, Ephemeral: true, ParentCVersion: 1}
	tr.Apply(&proto.TxnHeader{ClientID: 7, Zxid: 1, Type: proto.OpCreate}, txn)
	for prefix, n := range map[string]int{"": 1, " ": 1, "/": 1, " /\t": 1, "/e": 1, "/f": 0, "/\u0085": 0, "\u00a0": 0} {
		require.Len(t, tr.EphemeralsBelow(Reader{Session: 7}, prefix), n, "below %q", prefix)
	}
}
