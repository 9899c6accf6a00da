package log_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// FuzzFiles puts anything into the files of a partition. What is loaded must be sound, and can be read and appended to.
func FuzzFiles(f *testing.F) {
	b, l := fresh(f, log.Config{IndexInterval: 1}, log.Quirks{})
	for i := range 4 {
		b.lead(f, l, i, from(1, 0, int32(i), true, i, "a=1"), 1)
	}
	b.lead(f, l, 5, marker(1, 0, record.Abort, 1, 5), 1)
	var parts [4][]byte
	for i, ext := range []string{".log", ".index", ".timeindex", ".txnindex"} {
		parts[i], _ = b.d.ReadFile("t-0/00000000000000000000" + ext)
	}
	f.Add(parts[0], parts[1], parts[2], parts[3])
	f.Fuzz(func(t *testing.T, p0, p1, p2, p3 []byte) {
		d := newDisk()
		for i, ext := range []string{".log", ".index", ".timeindex", ".txnindex"} {
			require.NoError(t, d.WriteAt("t-0/00000000000000000000"+ext, [][]byte{p0, p1, p2, p3}[i], 0))
		}
		b, r := open(t, d, log.Options{})
		l := b.Log(tp)
		if l == nil {
			require.Len(t, r.Failed, 1)
			return
		}
		for at := l.StartOffset(); at < l.EndOffset(); {
			got, err := l.Read(d, nil, at, 1<<20, true, log.LogEnd)
			if err != nil || len(got.Records) == 0 {
				require.Error(t, err)
				return
			}
			for p := got.Records; len(p) > 0; {
				var x record.Batch
				x, p, _ = record.Next(p)
				require.NoError(t, x.Check())
				at = x.NextOffset()
			}
		}
		_, _ = l.AppendAsLeader(d, epoch, plain(0, "k=v"), max(l.LatestEpoch(), 0), log.Client, 0)
		d.crash(vdisk.LoseNothing, lose)
		again, _ := open(t, d, log.Options{})
		require.NotNil(t, again.Log(tp))
	})
}
