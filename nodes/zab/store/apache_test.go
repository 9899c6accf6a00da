package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
	"orrery/sim/vdisk"
)

// record keeps all that is loaded.
type record struct {
	sink
	loaded   int64
	digest   proto.ZxidDigest
	paths    map[string]proto.NodeEntry
	acls     map[int64][]proto.ACL
	sessions []proto.SessionEntry
	txn      []proto.Transaction
}

func (r *record) Begin() {
	*r = record{paths: map[string]proto.NodeEntry{}, acls: map[int64][]proto.ACL{}}
}
func (r *record) Session(e proto.SessionEntry) { r.sessions = append(r.sessions, e) }
func (r *record) ACL(e proto.ACLEntry)         { r.acls[e.ID] = e.ACL }
func (r *record) Node(path string, e proto.NodeEntry) error {
	r.paths[path] = e
	return nil
}
func (r *record) Loaded(z int64, d proto.ZxidDigest) error { r.loaded, r.digest = z, d; return nil }
func (r *record) Replay(t *proto.Transaction) error        { r.txn = append(r.txn, *t); return nil }

func TestADirectoryOfApachesIsLoaded(t *testing.T) {
	d, r := apache(t), &record{}
	s, found, err := store.Boot(d, store.Options{}, r)
	require.NoError(t, err)
	require.Equal(t, store.Found{Zxid: 0x1b, Snapshot: 0x16, Replayed: 5}, found)
	require.Equal(t, int64(0x16), r.loaded)
	require.Equal(t, int32(2), r.digest.DigestVersion)
	require.Equal(t, int64(0x16), r.digest.Zxid)
	require.Len(t, r.paths, 15)
	require.Equal(t, "data3", string(r.paths["/plain"].Data))
	require.Equal(t, int32(2), r.paths["/plain"].Stat.Version)
	require.Equal(t, "ü", string(r.paths["/ünïcode"].Data))
	require.Nil(t, r.paths["/null"].Data)
	require.Contains(t, r.paths, "/seq-0000000002")
	require.Equal(t, []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "digest", ID: "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="}}},
		r.acls[r.paths["/secret"].ACL])

	var types []proto.OpCode
	for _, txn := range r.txn {
		types = append(types, txn.Header.Type)
		require.Equal(t, int32(2), txn.Digest.Version)
	}
	require.Equal(t, []proto.OpCode{proto.OpCreateSession, proto.OpCreate, proto.OpSetData, proto.OpDelete, proto.OpCreate}, types)
	require.Equal(t, &proto.SetDataTxn{Path: "/app", Data: []byte(`{"a":2}`), Version: 1}, r.txn[2].Body)

	// We go on where Apache stopped, and find it all again.
	d.settle(t, s)
	next := proto.Transaction{Header: proto.TxnHeader{Zxid: 0x1c, Type: proto.OpDelete}, Body: &proto.DeleteTxn{Path: "/later"}}
	s.Append(0x1c, next.Append(nil), false)
	require.NoError(t, s.Flush(d))
	d.settle(t, s)
	d.crash(vdisk.LoseUnsynced, lose)
	again := &record{}
	_, found, err = store.Boot(d, store.Options{}, again)
	require.NoError(t, err)
	require.Equal(t, int64(0x1c), found.Zxid)
	require.Equal(t, r.txn, again.txn[:5])
	require.Equal(t, r.paths, again.paths)
}

func TestEveryTransactionOfApachesIsRead(t *testing.T) {
	d := apache(t)
	s, _, err := store.Boot(d, store.Options{}, &record{})
	require.NoError(t, err)
	it := s.Log(d, 0)
	byType := map[proto.OpCode]int{}
	for it.Next() {
		var txn proto.Transaction
		require.NoError(t, txn.Decode(jute.NewDecoder(it.Txn())))
		require.Equal(t, it.Txn(), txn.Append(nil), "we write it as they do")
		byType[txn.Header.Type]++
	}
	require.NoError(t, it.Err())
	require.Equal(t, map[proto.OpCode]int{proto.OpCreateSession: 2, proto.OpCreate: 14, proto.OpCreateContainer: 1,
		proto.OpCreateTTL: 1, proto.OpSetData: 3, proto.OpDelete: 2, proto.OpMulti: 1, proto.OpError: 2, proto.OpCloseSession: 1,
	}, byType)
}

func TestASnapshotOfApachesIsWrittenAgainByteForByte(t *testing.T) {
	d, r := apache(t), &ordered{}
	require.NoError(t, d.Remove("version-2/log.17"))
	s, _, err := store.Boot(d, store.Options{}, r)
	require.NoError(t, err)
	want, err := d.ReadFile("version-2/snapshot.16")
	require.NoError(t, err)
	d.settle(t, s)
	require.NoError(t, s.BeginSnapshot(r, false))
	for done := false; !done; {
		done, err = s.StepSnapshot(d, 1, r.digest)
		require.NoError(t, err)
	}
	d.settle(t, s)
	got, err := d.ReadFile("version-2/snapshot.16")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// ordered keeps what it loads in its order, and walks over it.
type ordered struct {
	sink
	zxid     int64
	digest   proto.ZxidDigest
	sessions []proto.SessionEntry
	acls     []proto.ACLEntry
	paths    []string
	entries  []proto.NodeEntry
}

func (o *ordered) Begin()                       { *o = ordered{} }
func (o *ordered) Session(e proto.SessionEntry) { o.sessions = append(o.sessions, e) }
func (o *ordered) ACL(e proto.ACLEntry)         { o.acls = append(o.acls, e) }
func (o *ordered) Node(path string, e proto.NodeEntry) error {
	o.paths, o.entries = append(o.paths, path), append(o.entries, e)
	return nil
}
func (o *ordered) Loaded(z int64, d proto.ZxidDigest) error { o.zxid, o.digest = z, d; return nil }
func (o *ordered) Zxid() int64                              { return o.zxid }
func (o *ordered) Sessions() []proto.SessionEntry           { return o.sessions }
func (o *ordered) ACLs() []proto.ACLEntry                   { return o.acls }
func (o *ordered) Close()                                   {}
func (o *ordered) Next() (path string, e proto.NodeEntry, ok bool) {
	if len(o.paths) == 0 {
		return "", e, false
	}
	path, e = o.paths[0], o.entries[0]
	o.paths, o.entries = o.paths[1:], o.entries[1:]
	return path, e, true
}

func TestASnapshotOnTheWireEndsAtItsSignature(t *testing.T) {
	h := &history{}
	h.add(1, "a", 3)
	h.add(2, "b", 500)
	e := store.NewEncoder(h.walk())
	var b []byte
	for done := false; !done; {
		b, done = e.Next(b, 1)
	}
	b = jute.AppendString(b, proto.SnapSignature)
	whole := len(b)
	b = append(b, "the next packet"...)
	for piece := 1; piece < whole+2; piece++ {
		s, used, done, err := feed(b, piece)
		require.NoError(t, err)
		require.True(t, done)
		require.Equal(t, whole, used)
		require.Equal(t, 3, s.nodes)
	}
	_, _, _, err := feed(append(b[:whole-1:whole-1], 'X'), 10)
	require.ErrorIs(t, err, store.ErrSnapshot)
	require.ErrorContains(t, err, `the signature is "BenWasHerX"`)
}
