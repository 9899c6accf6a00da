package log_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// emptied is a compacted log that ends at 3, of which the record at 0 is all that is left: those at 1 and 2 were displaced by records from 3 on, and
// these were cut off later. The epochs are 1 (from 0), 2 (from 1) and 3 (from 2).
func emptied(t *testing.T) (*broker, *log.Log) {
	b, l := fresh(t, compacted, log.Quirks{})
	for i, kv := range []string{"a=1", "b=1", "b=2"} {
		b.lead(t, l, 0, plain(0, kv), int32(1+i))
	}
	require.NoError(t, l.Roll(b.d, epoch))
	b.lead(t, l, 0, plain(0, "b=3"), 4)
	l.SetHighWatermark(l.EndOffset())
	require.NoError(t, l.Roll(b.d, epoch))
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	b.compact(t, l, 0)
	_, err := l.TruncateTo(b.d, 3)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	require.Equal(t, []int64{0, 3}, []int64{l.StartOffset(), l.EndOffset()})
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
	return b, l
}

// A follower comes to the end of its leader's log, wherever it is, also when compaction has left nothing there; and then says of the epochs what
// the leader says.
func TestAFollowerGetsToTheEndOfALogThatCompactionHasEmptied(t *testing.T) {
	for _, maxBytes := range []int{1, 2 * record.HeaderSize, 1000} {
		b, leader := emptied(t)
		f, follower := fresh(t, compacted, log.Quirks{})
		for follower.EndOffset() < leader.EndOffset() {
			r, err := leader.Read(b.d, nil, follower.EndOffset(), maxBytes, true, log.LogEnd)
			require.NoError(t, err)
			require.NotEmpty(t, r.Records, "at offset %d", follower.EndOffset())
			_, err = follower.AppendAsFollower(f.d, epoch, r.Records)
			require.NoError(t, err)
		}
		for range 2 {
			require.EqualValues(t, 3, follower.EndOffset())
			require.Equal(t, leader.Epochs(), follower.Epochs())
			require.Equal(t, "0:a=1", f.dump(t, follower, 0, log.LogEnd))
			follower, _ = f.again(t, vdisk.LoseNothing)
		}
	}
}

func TestConsumersSeeNothingWhereCompactionHasLeftNothing(t *testing.T) {
	b, l := emptied(t)
	l.SetHighWatermark(l.EndOffset())
	for _, iso := range []log.Isolation{log.ReadUncommitted, log.ReadCommitted} {
		r, err := l.Read(b.d, nil, 1, 1000, true, iso)
		require.NoError(t, err)
		require.Empty(t, r.Records)
	}
	r, err := l.Read(b.d, nil, 1, record.HeaderSize-1, false, log.LogEnd)
	require.NoError(t, err)
	require.Empty(t, r.Records, "nor does a follower get more than it wants")
}

// A log may begin with a gap, for its leader's did: its epochs begin later than it. What fills the gap must be such that followers take it.
func TestAGapBeforeTheFirstEpochCanBeReplicated(t *testing.T) {
	b, l := fresh(t, compacted, log.Quirks{})
	p := plain(0, "a=1")
	p.Assign(4, 2)
	_, err := l.AppendAsFollower(b.d, epoch, p)
	require.NoError(t, err)
	_, err = l.TruncateTo(b.d, 3)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	b.lead(t, l, 0, plain(0, "b=1"), 3)

	f, follower := fresh(t, compacted, log.Quirks{})
	r, err := l.Read(b.d, nil, 0, 1000, true, log.LogEnd)
	require.NoError(t, err)
	_, err = follower.AppendAsFollower(f.d, epoch, r.Records)
	require.NoError(t, err)
	require.Equal(t, "3:b=1", f.dump(t, follower, 0, log.LogEnd))
}

// A batch that is too large for what may still be sent comes next time. The next segment's may be smaller; but whoever gets that one never asks
// for what lies before it again.
func TestAReadPassesOverNoBatchThatIsTooLarge(t *testing.T) {
	b, l := fresh(t, log.Config{SegmentBytes: 100, IndexInterval: 1}, log.Quirks{})
	large, small := plain(0, "large=1234567890"), plain(0, "s=1")
	b.lead(t, l, 0, large, 1)
	b.d.settle(t, b.Manager)
	require.NoError(t, l.Roll(b.d, epoch))
	b.lead(t, l, 0, small, 1)
	l.SetHighWatermark(l.EndOffset())
	for _, iso := range []log.Isolation{log.LogEnd, log.ReadUncommitted, log.ReadCommitted} {
		r, err := l.Read(b.d, nil, 0, len(small), false, iso)
		require.NoError(t, err)
		require.Empty(t, records(t, r.Records, 0))
		r, err = l.Read(b.d, nil, 0, len(small), true, iso)
		require.NoError(t, err)
		require.Equal(t, []string{"0:large=1234567890"}, records(t, r.Records, 0))
	}
}

// A loss of power takes the file of the epochs, and compaction has taken batches that told of them. What is said of an epoch then may be that it ended
// sooner than it did, never later: what lies between would be kept by a replica that has it from nobody.
func TestAnEpochNeverEndsLaterWhenItsFileIsTorn(t *testing.T) {
	for _, prepare := range []func(*testing.T) (*broker, *log.Log){
		func(t *testing.T) (*broker, *log.Log) { return gaps(t, 10_000) }, emptied,
	} {
		b, l := prepare(t)
		require.NoError(t, l.Flush(b.d))
		b.d.settle(t, b.Manager)
		require.NoError(t, l.AssignEpoch(b.d, 9))
		b.lead(t, l, 0, plain(0, "last=1"), 9)
		last := l.EndOffset() - 1
		ends := map[int32]int64{}
		for _, e := range l.Epochs() {
			_, ends[e.Epoch] = l.EndOffsetFor(e.Epoch)
		}
		_, err := l.TruncateTo(b.d, last)
		require.NoError(t, err)
		b.d.settle(t, b.Manager)
		for range 2 {
			require.NoError(t, b.d.Truncate("t-0/leader-epoch-checkpoint", 0))
			l, _ = b.again(t, vdisk.LoseNothing)
			require.Equal(t, last, l.EndOffset())
		}
		l, _ = b.again(t, vdisk.LoseNothing)
		require.NoError(t, l.AssignEpoch(b.d, 10))
		for range 2 {
			for epoch, end := range ends {
				_, got := l.EndOffsetFor(epoch)
				require.LessOrEqual(t, got, end, "epoch %d of %v", epoch, l.Epochs())
			}
			l, _ = b.again(t, vdisk.LoseNothing)
		}
	}
}

// An epoch begins where its leader began it, also for who follows a leader of which compaction has taken away what was appended there.
func TestAFollowerLearnsWhereEpochsBeginOfWhichCompactionHasLeftNoBeginning(t *testing.T) {
	for _, maxBytes := range []int{1, 150, 10_000} {
		b, leader := gaps(t, 10_000)
		f, follower := fresh(t, compacted, log.Quirks{})
		for follower.EndOffset() < leader.EndOffset() {
			r, err := leader.Read(b.d, nil, follower.EndOffset(), maxBytes, true, log.LogEnd)
			require.NoError(t, err)
			_, err = follower.AppendAsFollower(f.d, epoch, r.Records)
			require.NoError(t, err)
		}
		require.Equal(t, leader.Epochs(), follower.Epochs())
		require.Equal(t, b.dump(t, leader, 0, log.LogEnd), f.dump(t, follower, 0, log.LogEnd))
	}
}
