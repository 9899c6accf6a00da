package etcdraft_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/examples/etcdraft"
)

func TestCommandsSurviveTheWire(t *testing.T) {
	c := &etcdraft.Command{Op: etcdraft.CAS, Key: "k", Value: "new", Expect: "", Client: "c1", Server: "n1", Seq: 1 << 60}
	p := etcdraft.Codec{}.Append(nil, c)
	m, err := etcdraft.Codec{}.Decode(p)
	require.NoError(t, err)
	require.Equal(t, c, m)
}

func FuzzDecodeNeverPanics(f *testing.F) {
	f.Add(etcdraft.Codec{}.Append(nil, &etcdraft.Command{Op: etcdraft.Get, Key: "k", Seq: 1}))
	f.Add([]byte{0, 8, 3, 16, 1, 24, 2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, p []byte) {
		if m, err := (etcdraft.Codec{}).Decode(p); err == nil {
			q := etcdraft.Codec{}.Append(nil, m)
			_, err := etcdraft.Codec{}.Decode(q)
			require.NoError(t, err)
		}
	})
}
