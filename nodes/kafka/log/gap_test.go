package log_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/sim/vdisk"
)

// gaps is a compacted log with the records 0:a 3:b 6:c 7:e 8:f, of the epochs 1 (from 0), 2 (from 1), 3 (from 4), 4 (from 7) and 5 (from 8): what
// lay between has gone. From 7 on is the last segment.
func gaps(t require.TestingT, segmentBytes int64) (*broker, *log.Log) {
	c := compacted
	c.SegmentBytes = segmentBytes
	b, l := fresh(t, c, log.Quirks{})
	for i, kv := range []string{"a=1", "b=1", "b=2", "b=3", "c=1", "c=2", "c=3"} {
		b.lead(t, l, 0, plain(0, kv), []int32{1, 2, 2, 2, 3, 3, 3}[i])
	}
	require.NoError(t, l.Roll(b.d, epoch))
	b.lead(t, l, 0, plain(0, "e=1"), 4)
	b.lead(t, l, 0, plain(0, "f=1"), 5)
	l.SetHighWatermark(l.EndOffset())
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	b.compact(t, l, 0)
	require.Equal(t, "0:a=1 3:b=3 6:c=3 7:e=1 8:f=1", b.dump(t, l, 0, log.LogEnd))
	return b, l
}

// A batch's checksum does not cover its base offset. What a torn sector has made of that shows by the gap before the batch.
func TestATornBaseOffsetIsCutOff(t *testing.T) {
	b, l := fresh(t, small, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	at := l.Size()
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	require.NoError(t, b.d.WriteAt(tp.String()+"/00000000000000000000.log", []byte{0x6d}, at+7))
	l, report := b.again(t, vdisk.LoseNothing)
	require.Len(t, report.Recovered, 1)
	b.d.settle(t, b.Manager)
	require.EqualValues(t, 1, l.EndOffset())
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
}

// What a follower has copied of a compacted log has gaps, and is all there after its process was killed, also where the topic is not compacted any
// more; and what was flushed after a loss of power.
func TestTheGapsOfACopyAreNoDamage(t *testing.T) {
	for _, mode := range []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced} {
		b, l := fresh(t, log.Config{}, log.Quirks{})
		for _, offset := range []int64{0, 3, 9} {
			x := plain(0, "a=1")
			x.Assign(offset, 1)
			_, err := l.AppendAsFollower(b.d, epoch, x)
			require.NoError(t, err)
		}
		if mode != vdisk.LoseNothing {
			require.NoError(t, l.Flush(b.d))
			b.d.settle(t, b.Manager)
		}
		for range 2 {
			var report log.Report
			l, report = b.again(t, mode)
			require.Empty(t, report.Recovered, mode)
			b.d.settle(t, b.Manager)
			require.Equal(t, "0:a=1 3:a=1 9:a=1", b.dump(t, l, 0, log.LogEnd), mode)
		}
	}
}

// A truncation may end where compaction has left nothing. The log ends there all the same, in the epoch that was there, whatever happens
// to the machine: who is asked where an epoch ends, and which offset comes next, gives the same answer after a restart.
func TestATruncationIntoAGapOfCompactionEndsWhereItWasAskedTo(t *testing.T) {
	epochs := []log.EpochEntry{{Epoch: 1, Start: 0}, {Epoch: 2, Start: 1}, {Epoch: 3, Start: 4}, {Epoch: 4, Start: 7}, {Epoch: 5, Start: 8}}
	for _, segmentBytes := range []int64{100, 10_000} {
		for to := int64(1); to < 9; to++ {
			for _, mode := range []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced} {
				b, l := gaps(t, segmentBytes)
				name := fmt.Sprintf("segments of %d bytes, to %d, %v", segmentBytes, to, mode)
				want := epochs
				for len(want) > 0 && want[len(want)-1].Start >= to {
					want = want[:len(want)-1]
				}
				done, err := l.TruncateTo(b.d, to)
				require.NoError(t, err)
				require.False(t, done)
				b.d.settle(t, b.Manager)
				require.Equal(t, to, l.EndOffset(), name)
				require.Equal(t, want, l.Epochs(), name)

				for range 2 {
					var report log.Report
					l, report = b.again(t, mode)
					require.Empty(t, report.Failed, name)
					b.d.settle(t, b.Manager)
					require.Equal(t, to, l.EndOffset(), name)
					require.Equal(t, want, l.Epochs(), name)
					require.NoError(t, l.Flush(b.d))
					b.d.settle(t, b.Manager)
				}
				b.lead(t, l, 0, plain(0, "z=1"), 9)
				require.Contains(t, b.dump(t, l, 0, log.LogEnd)+" ", fmt.Sprintf("%d:z=1 ", to), name)
				l, _ = b.again(t, vdisk.LoseNothing)
				require.Equal(t, to+1, l.EndOffset(), name)
			}
		}
	}
}

func TestATruncationIntoAGapThatACrashCutsShortCanBeLoaded(t *testing.T) {
	prepare := func() (*broker, *log.Log) { return gaps(t, 10_000) }
	everyPoint(t, prepare, func(b *broker, l *log.Log) {
		_, err := l.TruncateTo(b.d, 2)
		require.NoError(t, err)
		b.d.settle(t, b.Manager)
	}, func(where string, l *log.Log) {
		require.Contains(t, []int64{1, 2, 7, 9}, l.EndOffset(), where)
		require.GreaterOrEqual(t, l.EndOffset(), l.RecoveryPoint(), where)
	})
}
