package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/store"
)

// apache puts what Apache wrote on a disk.
func apache(t require.TestingT) *disk {
	d := newDisk()
	names, err := filepath.Glob("testdata/apache/*.*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		p, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, d.Append(store.Dir+"/"+filepath.Base(name), p))
	}
	return d
}

// sink takes anything.
type sink struct{ nodes, txns int }

func (s *sink) Fresh()                               {}
func (s *sink) Begin()                               { s.nodes = 0 }
func (s *sink) Session(proto.SessionEntry)           {}
func (s *sink) ACL(proto.ACLEntry)                   {}
func (s *sink) Node(string, proto.NodeEntry) error   { s.nodes++; return nil }
func (s *sink) Loaded(int64, proto.ZxidDigest) error { return nil }
func (s *sink) Replay(*proto.Transaction) error      { s.txns++; return nil }

// Whatever a log holds, a server starts from it or refuses; what it starts from it finds again.
func FuzzLog(f *testing.F) {
	for _, name := range []string{"log.1", "log.17"} {
		p, err := os.ReadFile("testdata/apache/" + name)
		require.NoError(f, err)
		f.Add(p)
		f.Add(p[:len(p)/2])
	}
	first, err := os.ReadFile("testdata/apache/snapshot.0")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, p []byte) {
		d := newDisk()
		require.NoError(t, d.Append("version-2/snapshot.0", first))
		require.NoError(t, d.Append("version-2/log.1", p))
		db := &sink{}
		s, found, err := store.Boot(d, store.Options{TrustGaps: true}, db)
		if err != nil {
			return
		}
		d.settle(t, s)
		again := &sink{}
		_, same, err := store.Boot(d, store.Options{TrustGaps: true}, again)
		require.NoError(t, err)
		found.Torn = 0
		require.Equal(t, found, same)
		require.Equal(t, db.txns, again.txns)
	})
}

// Whatever a snapshot holds, it is loaded or passed over, and how it is cut into pieces does not matter.
func FuzzSnapshot(f *testing.F) {
	for _, name := range []string{"snapshot.0", "snapshot.16"} {
		p, err := os.ReadFile("testdata/apache/" + name)
		require.NoError(f, err)
		f.Add(p, uint16(1))
		f.Add(p[16:], uint16(7))
	}
	f.Fuzz(func(t *testing.T, p []byte, piece uint16) {
		d := newDisk()
		require.NoError(t, d.Append("version-2/snapshot.0", p))
		_, _, _ = store.Boot(d, store.Options{}, &sink{})

		whole, used, done, err := feed(p, len(p)+1)
		cut, used2, done2, err2 := feed(p, int(piece)+1)
		require.Equal(t, err == nil, err2 == nil)
		if err == nil {
			require.Equal(t, whole.nodes, cut.nodes)
			require.Equal(t, used, used2)
			require.Equal(t, done, done2)
		}
	})
}

// feed decodes what a leader sends, in pieces.
func feed(p []byte, piece int) (s *sink, used int, done bool, err error) {
	s = &sink{}
	c := store.NewDecoder(s)
	for len(p) > 0 && !done {
		n := min(piece, len(p))
		var took int
		if took, done, err = c.Feed(p[:n]); err != nil {
			return s, used, false, err
		}
		used += took
		p = p[n:]
	}
	return s, used, done, nil
}
