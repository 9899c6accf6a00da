package log_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// numbered is a log of a producer that has given each record the sequence number that is its offset.
func numbered(t require.TestingT, records int) (*broker, *log.Log) {
	b, l := fresh(t, log.Config{SegmentBytes: 200, RetentionTime: time.Second}, log.Quirks{})
	for i := range records {
		b.lead(t, l, i, from(7, 0, int32(i), false, i, "a=1"), 1)
	}
	l.SetHighWatermark(l.EndOffset())
	require.Greater(t, len(l.Segments()), 3)
	return b, l
}

// knows tells that a log knows of the producer what its batches have said, the deleted ones too.
func knows(t require.TestingT, l *log.Log, when string) {
	if l.EndOffset() == 0 {
		require.Empty(t, l.Producers(), when)
		return
	}
	require.Len(t, l.Producers(), 1, "%s the log is from %d to %d", when, l.StartOffset(), l.EndOffset())
	require.Equal(t, int32(l.EndOffset()-1), l.Producers()[0].LastSequence, "%s the log is from %d to %d", when, l.StartOffset(), l.EndOffset())
}

var deletions = map[string]func(b *broker, l *log.Log) error{
	"retention":     func(b *broker, l *log.Log) error { _, err := l.Retain(b.d, at(60_000)); return err },
	"DeleteRecords": func(b *broker, l *log.Log) error { _, err := l.DeleteRecords(b.d, epoch, -1); return err },
	"DeleteRecords up to within segment": func(b *broker, l *log.Log) error {
		_, err := l.DeleteRecords(b.d, epoch, min(4, l.HighWatermark()))
		return err
	},
	"a leader's": func(b *broker, l *log.Log) error { return l.FollowStart(b.d, epoch, 7) },
}

// Whatever a loss of power takes while batches are deleted, their producer cannot append them once more.
func TestADeletionForgetsNoProducer(t *testing.T) {
	for name, deletes := range deletions {
		for _, flushed := range []bool{false, true} {
			for _, last := range []bool{false, true} { // the sync that began last ends first
				for syncs := range 60 {
					b, l := numbered(t, 9)
					if flushed {
						b.d.settle(t, b.Manager)
					}
					require.NoError(t, deletes(b, l))
					require.NoError(t, b.Checkpoint(b.d)) // what one checkpoints the disk may have at any time
					for range syncs {
						if n := len(b.d.syncs); n > 0 && last {
							require.NoError(t, b.d.end(b.Manager, n-1))
						} else if n > 0 {
							require.NoError(t, b.d.end(b.Manager, 0))
						}
					}
					done := len(b.d.syncs) == 0
					start := l.StartOffset()
					l, report := b.again(t, vdisk.LoseUnsynced)
					when := fmt.Sprintf("%s, flushed %v, last first %v, after %d syncs:", name, flushed, last, syncs)
					require.Empty(t, report.Failed, when)
					knows(t, l, when)
					if done {
						require.Equal(t, start, l.StartOffset(), when)
						require.NotZero(t, start, when)
						break
					}
					require.NotEqual(t, 59, syncs, when)
				}
			}
		}
	}
}

// The same of a disk that keeps what it likes, and of brokers that are killed or lose their power again while they make up for it.
func TestADeletionForgetsNoProducerHoweverOftenABrokerDies(t *testing.T) {
	names := slices.Sorted(maps.Keys(deletions))
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		b, l := numbered(t, 9)
		for range 4 {
			name := names[r.IntN(len(names))]
			when := fmt.Sprintf("seed %d, %s:", seed, name)
			if !l.Busy() {
				l.SetHighWatermark(l.EndOffset())
				require.NoError(t, deletions[name](b, l), when)
			}
			if r.IntN(2) == 0 {
				require.NoError(t, b.Checkpoint(b.d))
			}
			for range r.IntN(40) {
				if n := len(b.d.syncs); n > 0 {
					require.NoError(t, b.d.end(b.Manager, r.IntN(n)))
				}
			}
			b.d.crash([]vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset}[r.IntN(4)], r.Uint64N)
			var report log.Report
			b, report = open(t, b.d, b.opt)
			require.Empty(t, report.Failed, when)
			l = b.Log(tp)
			knows(t, l, when)
		}
	}
}

// A start does not believe the snapshots behind the recovery point, so the segments that it finds may have none.
func TestADeletionMakesTheSnapshotThatThereIsNot(t *testing.T) {
	for name, deletes := range deletions {
		for _, flushed := range []bool{false, true} { // the recovery point is above the snapshot that is made
			b, _ := numbered(t, 9)
			l, _ := b.again(t, vdisk.LoseNothing)
			knows(t, l, name)
			require.Greater(t, len(l.Segments()), 3)
			l.SetHighWatermark(l.EndOffset())
			if flushed {
				require.NoError(t, l.Flush(b.d))
				b.d.settle(t, b.Manager)
			}
			require.NoError(t, deletes(b, l))
			b.d.settle(t, b.Manager)
			start := l.StartOffset()
			require.NotZero(t, start)
			l, _ = b.again(t, vdisk.LoseUnsynced)
			require.Equal(t, start, l.StartOffset())
			knows(t, l, name)
			require.Equal(t, int64(9), l.EndOffset())
		}
	}
}

// What is known of a producer who wrote before all that stays is in that snapshot alone. It lies below the recovery point, for a flush has
// made durable what the start before had found: no later one would sync it.
func TestTheSnapshotThatADeletionMakesIsDurableBeforeTheDeletion(t *testing.T) {
	for name, deletes := range deletions {
		for syncs := range 60 {
			b, l := fresh(t, log.Config{SegmentBytes: 200, RetentionTime: time.Second}, log.Quirks{})
			first := func() []byte { return from(8, 0, 0, false, 0, "b=1") }
			b.lead(t, l, 0, first(), 1)
			for i := range 8 {
				b.lead(t, l, i, from(7, 0, int32(i), false, i, "a=1"), 1)
			}
			l, _ = b.again(t, vdisk.LoseNothing)
			require.Greater(t, len(l.Segments()), 3)
			l.SetHighWatermark(l.EndOffset())
			require.NoError(t, l.Flush(b.d))
			b.d.settle(t, b.Manager)
			require.NoError(t, deletes(b, l))
			for range syncs {
				if len(b.d.syncs) > 0 {
					require.NoError(t, b.d.end(b.Manager, 0))
				}
			}
			done := len(b.d.syncs) == 0
			l, report := b.again(t, vdisk.LoseUnsynced)
			when := fmt.Sprintf("%s, after %d syncs:", name, syncs)
			require.Empty(t, report.Failed, when)
			a, err := l.AppendAsLeader(b.d, at(10), first(), 1, log.Client, 0)
			require.NoError(t, err, when)
			require.True(t, a.Duplicate, "%s an acknowledged batch is appended at %d once more", when, a.First)
			if done {
				require.NotZero(t, l.StartOffset(), when)
				break
			}
			require.NotEqual(t, 59, syncs, when)
		}
	}
}

// What is below the log start in a segment that stays, a start reads too.
func TestAStartKnowsTheProducersOfDeletedRecords(t *testing.T) {
	b, l := numbered(t, 9)
	b.lead(t, l, 9, from(8, 0, 0, false, 9, "b=1"), 1)
	b.lead(t, l, 9, plain(9, "c=1"), 1)
	l.SetHighWatermark(l.EndOffset())
	_, err := l.DeleteRecords(b.d, epoch, -1)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	l, _ = b.again(t, vdisk.LoseUnsynced)
	require.Equal(t, l.EndOffset(), l.StartOffset())
	require.Len(t, l.Producers(), 2)
	_, err = l.AppendAsLeader(b.d, at(10), from(8, 0, 2, false, 10, "d=1"), 1, log.Client, 0)
	require.Equal(t, record.OutOfOrderSequenceNumber, record.CodeOf(err))
}
