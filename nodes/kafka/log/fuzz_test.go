package log

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzSnapshot(f *testing.F) {
	s := newProducers()
	s.put(&producer{id: 7, epoch: 1, coord: 2, ms: 3, txnFirst: 4, batches: []seqBatch{{5, 6, 1, 8, 3}}})
	f.Add(s.encode())
	f.Fuzz(func(t *testing.T, p []byte) {
		if s, ok := decodeProducers(p); ok {
			again, ok := decodeProducers(s.encode())
			require.True(t, ok)
			require.Equal(t, s.by, again.by)
		}
	})
}

func FuzzCheckpoints(f *testing.F) {
	f.Add([]byte("0\n2\nt 0 5\nu 1 7\n"))
	f.Add([]byte("0\n2\n1 0\n4 7\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		_, _ = decodeOffsets(p)
		if e, ok := decodeEpochs(p); ok {
			again, ok := decodeEpochs(e.encode())
			require.True(t, ok)
			require.Equal(t, e, again)
			for i := 1; i < len(e); i++ {
				require.True(t, e[i-1].Epoch < e[i].Epoch && e[i-1].Start < e[i].Start)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	f.Add("t-0")
	f.Add("00000000000000000012.log")
	f.Fuzz(func(t *testing.T, s string) {
		if tp, ok := parsePartition(s); ok {
			require.Equal(t, s, tp.String())
		}
		if off, ext, ok := parseOffset(s); ok {
			require.Equal(t, "d/"+s, offsetName("d", off, ext))
		}
	})
}
