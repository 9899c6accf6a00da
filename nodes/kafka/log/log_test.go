package log_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// small makes segments of a few batches.
var small = log.Config{SegmentBytes: 200, IndexInterval: 1, RetentionTime: -1}

func TestAKillLosesNothingAndALossOfPowerWhatWasNotFlushed(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	require.NoError(t, l.Flush(b.d))
	require.Equal(t, "Flushed t-0 1", b.d.settle(t, b.Manager))
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	l, _ = b.again(t, vdisk.LoseNothing)
	require.Equal(t, "0:a=1 1:b=1", b.dump(t, l, 0, log.LogEnd))
	l, _ = b.again(t, vdisk.LoseUnsynced)
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
	require.Equal(t, []log.EpochEntry{{Epoch: 1, Start: 0}}, l.Epochs())
}

func TestATornTailIsCutOffAndReported(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	size, err := b.d.Size("t-0/00000000000000000000.log")
	require.NoError(t, err)
	require.NoError(t, b.d.Truncate("t-0/00000000000000000000.log", size-3))
	l, r := b.again(t, vdisk.LoseNothing)
	require.Equal(t, []log.Recovery{{Partition: tp, Truncated: size/2 - 3}}, r.Recovered)
	require.Equal(t, int64(1), l.EndOffset())
}

func TestDamageBelowTheRecoveryPointIsRefusedWithWhatToDo(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	require.NoError(t, l.Flush(b.d))
	require.NoError(t, b.Checkpoint(b.d))
	b.d.settle(t, b.Manager)
	require.NoError(t, b.Checkpoint(b.d))
	b.d.settle(t, b.Manager)
	_, err := b.d.Corrupt("t-0/00000000000000000000.log", 20, []byte{1})
	require.NoError(t, err)

	_, err = l.Read(b.d, nil, 0, 1000, true, log.LogEnd)
	var corrupt *log.CorruptError
	require.ErrorAs(t, err, &corrupt)
	require.Equal(t, record.KafkaStorageError, record.CodeOf(err))
	require.Contains(t, err.Error(), "remove the partition's directory")
	f, err := l.Read(b.d, nil, 1, 1000, true, log.LogEnd)
	require.NoError(t, err, "what is sound is served")
	require.NotEmpty(t, f.Records)

	l, r := b.again(t, vdisk.LoseNothing)
	require.Nil(t, l)
	require.Len(t, r.Failed, 1)
	require.ErrorAs(t, r.Failed[0].Err, &corrupt)
}

func TestALogRollsBySizeAgeAndFullIndex(t *testing.T) {
	for name, c := range map[string]log.Config{
		"size":  {SegmentBytes: 200},
		"age":   {SegmentAge: time.Second},
		"index": {IndexInterval: 1, IndexEntries: 1},
	} {
		b, l := fresh(t, c, log.Quirks{})
		for i := range 6 {
			b.lead(t, l, i*600, plain(i*600, "a=1"), 1)
		}
		require.Greater(t, len(l.Segments()), 2, name)
		require.Equal(t, "0:a=1 1:a=1 2:a=1 3:a=1 4:a=1 5:a=1", b.dump(t, l, 0, log.LogEnd), name)
		b.d.settle(t, b.Manager)
		require.GreaterOrEqual(t, l.RecoveryPoint(), l.Segments()[len(l.Segments())-1].Base, "a roll flushes what it has ended")
	}
}

func TestALogRollsWhereAnOffsetDoesNotFit(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	x := plain(0, "b=1")
	x.Assign(math.MaxInt32+10, 1)
	_, err := l.AppendAsFollower(b.d, epoch, x)
	require.NoError(t, err)
	require.Len(t, l.Segments(), 2)
	l, _ = b.again(t, vdisk.LoseNothing)
	require.Equal(t, "0:a=1 2147483657:b=1", b.dump(t, l, 0, log.LogEnd))
}

func TestTheLastStableOffsetWaitsForTheMarkerToBeReplicated(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "x=1"), 1)
	b.lead(t, l, 0, from(1, 0, 0, true, 0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	b.lead(t, l, 0, marker(1, 0, record.Abort, 3, 0), 1)
	l.SetHighWatermark(3)
	require.Equal(t, int64(1), l.LastStableOffset())
	require.Equal(t, "0:x=1", b.dump(t, l, 0, log.ReadCommitted))
	require.Equal(t, "0:x=1 1:a=1 2:b=1", b.dump(t, l, 0, log.ReadUncommitted))
	require.Equal(t, "0:x=1 1:a=1 2:b=1 3!abort", b.dump(t, l, 0, log.LogEnd))
	l.SetHighWatermark(4)
	require.Equal(t, int64(4), l.LastStableOffset())
	f, err := l.Read(b.d, nil, 0, 1000, true, log.ReadCommitted)
	require.NoError(t, err)
	require.Equal(t, []log.AbortedTxn{{ProducerID: 1, FirstOffset: 1, LastOffset: 3, Stable: 4}}, f.Aborted)
	l, _ = b.again(t, vdisk.LoseNothing)
	l.SetHighWatermark(4)
	f, err = l.Read(b.d, nil, 2, 1000, true, log.ReadCommitted)
	require.NoError(t, err)
	require.Len(t, f.Aborted, 1, "the index is made again from the batches")
}

func TestAProducerIsHeldToItsSequence(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	for i := range 7 {
		b.lead(t, l, 0, from(1, 0, int32(2*i), false, 0, "a=1", "b=1"), 1)
	}
	try := func(id int64, epoch int16, seq int32) (log.Appended, record.Code) {
		a, err := l.AppendAsLeader(b.d, epoch0(), from(id, epoch, seq, false, 0, "a=1", "b=1"), 1, log.Client, 0)
		return a, record.CodeOf(err)
	}
	a, code := try(1, 0, 4)
	require.Equal(t, record.None, code)
	require.True(t, a.Duplicate)
	require.Equal(t, []int64{4, 5, 14}, []int64{a.First, a.Last, l.EndOffset()})
	_, code = try(1, 0, 2)
	require.Equal(t, record.OutOfOrderSequenceNumber, code, "older than the last five")
	_, code = try(1, 0, 16)
	require.Equal(t, record.OutOfOrderSequenceNumber, code)
	_, code = try(1, 1, 14)
	require.Equal(t, record.OutOfOrderSequenceNumber, code, "an epoch begins with 0")
	_, code = try(1, 1, 0)
	require.Equal(t, record.None, code)
	_, code = try(1, 0, 14)
	require.Equal(t, record.InvalidProducerEpoch, code)
	_, code = try(2, 0, 55)
	require.Equal(t, record.None, code, "nothing is known of it (KIP-360)")
	_, code = try(3, 0, math.MaxInt32-1)
	require.Equal(t, record.None, code)
	_, code = try(3, 0, 0)
	require.Equal(t, record.None, code, "after the largest comes 0")
}

// The batch before may have come to a broker that did not lead yet, and comes again: KAFKA-15591 (fixed 4.5), KAFKA-14312. Where producers may have been
// forgotten, any number begins (KIP-360).
func TestTheFirstBatchOfALogHasSequenceZero(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	try := func(id int64, seq int32) record.Code {
		_, err := l.AppendAsLeader(b.d, epoch, from(id, 0, seq, false, 0, "a=1"), 1, log.Client, 0)
		return record.CodeOf(err)
	}
	require.Equal(t, record.OutOfOrderSequenceNumber, try(1, 1))
	require.Zero(t, l.EndOffset())
	require.Equal(t, record.None, try(1, 0))
	require.Equal(t, record.None, try(1, 1), "now it comes next")
	require.Equal(t, record.None, try(2, 7), "nothing is known of it (KIP-360)")
	l.SetHighWatermark(3)
	_, err := l.DeleteRecords(b.d, epoch, 3)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	require.Equal(t, []int64{3, 3}, []int64{l.StartOffset(), l.EndOffset()})
	require.Equal(t, record.None, try(3, 5), "the log is empty, and has held what may have been its own")
}

func epoch0() time.Time { return epoch }

func TestAFailedWriteLeavesTheProducersAsTheyWere(t *testing.T) {
	for _, q := range []log.Quirks{{}, {StateBeforeAppend: true, AppendsAfterError: true}} {
		b, l := fresh(t, log.Config{}, q)
		b.d.fail = nodes.ErrNoSpace
		_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, 0, false, 0, "a=1"), 1, log.Client, 0)
		require.ErrorIs(t, err, nodes.ErrNoSpace)
		a, err := l.AppendAsLeader(b.d, epoch, from(1, 0, 0, false, 0, "a=1"), 1, log.Client, 0)
		if q.StateBeforeAppend {
			require.NoError(t, err)
			require.True(t, a.Duplicate, "the defect: acknowledged, and nowhere")
			continue
		}
		require.ErrorIs(t, err, log.ErrFailed)
		l, _ = b.again(t, vdisk.LoseNothing)
		a, err = l.AppendAsLeader(b.d, epoch, from(1, 0, 0, false, 0, "a=1"), 1, log.Client, 0)
		require.NoError(t, err)
		require.False(t, a.Duplicate)
	}
}

func TestTransactionsBeginOnlyVerified(t *testing.T) {
	b, l := fresh(t, log.Config{VerifyNewTxns: true}, log.Quirks{})
	try := func(seq int32, g log.Guard) record.Code {
		_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, seq, true, 0, "a=1"), 1, log.Client, g)
		return record.CodeOf(err)
	}
	require.Equal(t, record.InvalidTxnState, try(0, 0))
	g := l.Verify(epoch, 1, 0, 0)
	require.NotZero(t, g)
	require.Equal(t, record.None, try(0, g))
	require.Zero(t, l.Verify(epoch, 1, 0, 1), "it is known")
	b.lead(t, l, 0, marker(1, 0, record.Abort, 1, 0), 1)
	require.Equal(t, record.InvalidTxnState, try(1, g), "a late batch opens no transaction (KAFKA-14402)")
	g = l.Verify(epoch, 1, 0, 1)
	b.lead(t, l, 0, marker(1, 0, record.Abort, 1, 0), 1)
	require.Equal(t, record.InvalidTxnState, try(1, g), "the marker came after the verification (KAFKA-14884)")
}

func TestACoordinatorOfAnOldEpochIsFenced(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, from(1, 0, 0, true, 0, "a=1"), 1)
	b.lead(t, l, 0, marker(1, 0, record.Commit, 5, 0), 1)
	_, err := l.AppendAsLeader(b.d, epoch, marker(1, 0, record.Commit, 4, 0), 1, log.Coordinator, 0)
	require.Equal(t, record.TransactionCoordinatorFenced, record.CodeOf(err))
	_, err = l.AppendAsLeader(b.d, epoch, marker(1, 0, record.Commit, 6, 0), 1, log.Client, 0)
	require.Equal(t, record.InvalidRecord, record.CodeOf(err), "a client writes no markers")
}

func TestProducersExpireUnlessTheyShowLife(t *testing.T) {
	b, l := fresh(t, log.Config{ProducerExpiry: time.Second, RetentionTime: -1}, log.Quirks{})
	b.lead(t, l, 0, from(1, 0, 0, false, 0, "a=1"), 1)
	b.lead(t, l, 0, from(2, 0, 0, true, 0, "a=1"), 1)
	b.lead(t, l, 500, marker(2, 0, record.Commit, 1, 500), 1)
	b.lead(t, l, 0, from(3, 0, 0, true, 0, "a=1"), 1)
	require.NoError(t, b.Tick(b.d, at(1200)))
	var ids []int64
	for _, p := range l.Producers() {
		ids = append(ids, p.ID)
	}
	require.Equal(t, []int64{2, 3}, ids, "a marker counts (KAFKA-9144), and so does an open transaction")
}

func TestTheEndOfAnEpochIsWhereTheNextBegins(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	for i, e := range []int32{2, 2, 4, 7} {
		b.lead(t, l, i, plain(i, "a=1"), e)
	}
	require.NoError(t, l.AssignEpoch(b.d, 9))
	for _, c := range [][3]int64{{-1, -1, -1}, {1, 1, 0}, {2, 2, 2}, {3, 2, 2}, {4, 4, 3}, {5, 4, 3}, {7, 7, 4}, {8, 7, 4}, {9, 9, 4}, {10, -1, -1}} {
		e, end := l.EndOffsetFor(int32(c[0]))
		require.Equal(t, c, [3]int64{c[0], int64(e), end})
	}
	require.Equal(t, int32(4), l.EpochAt(2))
	done, err := l.TruncateTo(b.d, 4)
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, int32(7), l.LatestEpoch(), "a truncation to the end drops the epochs behind it (KAFKA-10706)")
}

func TestATruncationTakesProducersEpochsAndIndexesWithIt(t *testing.T) {
	b, l := fresh(t, small, log.Quirks{})
	b.lead(t, l, 0, from(1, 0, 0, true, 0, "a=1"), 1)
	b.lead(t, l, 10, marker(1, 0, record.Abort, 1, 10), 1)
	b.lead(t, l, 20, from(1, 0, 1, true, 20, "b=1"), 2)
	b.lead(t, l, 30, marker(1, 0, record.Abort, 1, 30), 2)
	_, err := l.TruncateTo(b.d, 3)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	require.Equal(t, int64(2), l.Producers()[0].TxnStart, "the second transaction is open again")
	_, err = l.TruncateTo(b.d, 2)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	require.Equal(t, []log.EpochEntry{{Epoch: 1, Start: 0}}, l.Epochs())
	b.lead(t, l, 40, from(1, 0, 1, false, 40, "c=1"), 3)
	l.SetHighWatermark(3)
	require.Equal(t, "0:a=1 1!abort 2:c=1", b.dump(t, l, 0, log.ReadCommitted))
	f, ok, err := l.OffsetForTime(b.d, at(11).UnixMilli(), log.LogEnd)
	require.NoError(t, err)
	require.Equal(t, []any{true, int64(2), int32(3)}, []any{ok, f.Offset, f.Epoch})
}

func TestATruncationOfWhatWasFlushedWaitsForTheRecoveryPoint(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "b=1"), 1)
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	done, err := l.TruncateTo(b.d, 1)
	require.NoError(t, err)
	require.False(t, done)
	_, err = l.AppendAsLeader(b.d, epoch, plain(0, "c=1"), 2, log.Client, 0)
	require.ErrorIs(t, err, log.ErrBusy)
	require.Equal(t, "Truncated t-0 1", b.d.settle(t, b.Manager))
	b.lead(t, l, 0, plain(0, "c=1"), 2)
	require.Equal(t, "0:a=1 1:c=1", b.dump(t, l, 0, log.LogEnd))
}

func TestALogThatStartsAnewIsEmptyThere(t *testing.T) {
	for _, to := range []int64{500, 0} {
		b, l := fresh(t, small, log.Quirks{})
		for range 5 {
			b.lead(t, l, 0, plain(0, "a=1"), 1)
		}
		b.d.settle(t, b.Manager)
		done, err := l.TruncateFullyAndStartAt(b.d, epoch, to)
		require.NoError(t, err)
		require.False(t, done)
		b.d.settle(t, b.Manager)
		require.Equal(t, []int64{to, to, to}, []int64{l.StartOffset(), l.EndOffset(), l.HighWatermark()})
		x := plain(0, "z=1")
		x.Assign(to, 3)
		_, err = l.AppendAsFollower(b.d, epoch, x)
		require.NoError(t, err)
		l, _ = b.again(t, vdisk.LoseNothing)
		require.Equal(t, []int64{to, to + 1}, []int64{l.StartOffset(), l.EndOffset()})
		l, _ = b.again(t, vdisk.LoseUnsynced)
		require.Equal(t, to, l.StartOffset())
		if to == 0 {
			require.Equal(t, int64(5), l.EndOffset(), "the names of its files were not durable: what was thrown away is back, whole")
		} else {
			require.Equal(t, to, l.EndOffset())
		}
	}
}

func TestAnUnflushedTruncationDoesNotComeBackBehindANewEpoch(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	for _, v := range []string{"a=1", "b=1", "c=1"} {
		b.lead(t, l, 0, plain(0, v), 1)
	}
	old, err := b.d.ReadFile("t-0/00000000000000000000.log")
	require.NoError(t, err)
	_, err = l.TruncateTo(b.d, 1)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	b.lead(t, l, 0, plain(0, "B=2"), 2)
	size, err := b.d.Size("t-0/00000000000000000000.log")
	require.NoError(t, err)
	require.NoError(t, b.d.WriteAt("t-0/00000000000000000000.log", old[size:], size), "as a loss of power can leave it")
	l, _ = b.again(t, vdisk.LoseNothing)
	require.Equal(t, "0:a=1 1:B=2", b.dump(t, l, 0, log.LogEnd))
}

func TestACleanShutdownWaitsForADeletionThatEndsLast(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	other := log.TopicPartition{Topic: "u", Partition: 0}
	_, err := b.Create(b.d, epoch, other)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	b.lead(t, l, 1, plain(1, "a=1"), 0)
	require.NoError(t, b.Delete(b.d, other))
	require.NoError(t, b.Shutdown(b.d))
	for deletion := 2; len(b.d.syncs) > deletion; { // the flush ends first
		require.NoError(t, b.d.end(b.Manager, len(b.d.syncs)-1))
	}
	require.Contains(t, b.d.settle(t, b.Manager), "Deleted u-0 0; Stopped")
}

func TestACleanShutdownIsComplete(t *testing.T) {
	b, l := fresh(t, small, log.Quirks{})
	for i := range 5 {
		b.lead(t, l, 0, from(1, 0, int32(i), false, 0, "a=1"), 1)
	}
	require.NoError(t, l.AssignEpoch(b.d, 4))
	l.SetHighWatermark(4)
	require.NoError(t, b.Shutdown(b.d))
	require.Contains(t, b.d.settle(t, b.Manager), "Stopped")
	_, err := l.AppendAsLeader(b.d, epoch, plain(0, "a=1"), 1, log.Client, 0)
	require.ErrorIs(t, err, log.ErrStopped)
	l, r := b.again(t, vdisk.LoseUnsynced)
	require.True(t, r.Clean)
	require.Empty(t, r.Recovered)
	require.Equal(t, []int64{5, 4, 5}, []int64{l.EndOffset(), l.HighWatermark(), l.RecoveryPoint()})
	require.Equal(t, int32(4), l.LatestEpoch())
	require.Equal(t, int32(4), l.Producers()[0].LastSequence)
	_, r = b.again(t, vdisk.LoseNothing)
	require.False(t, r.Clean, "a crash is not clean")
}

func TestADirtyLoadIsNotTakenForClean(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		b, l := fresh(t, log.Config{}, log.Quirks{DirtyLoadLooksClean: quirk})
		b.lead(t, l, 0, plain(0, "a=1"), 1)
		require.NoError(t, b.Shutdown(b.d))
		b.d.settle(t, b.Manager)
		l, _ = b.again(t, vdisk.LoseNothing)
		b.lead(t, l, 0, plain(0, "b=1"), 1)
		// The removal of the mark is lost, and a sector of the batch.
		require.NoError(t, b.d.WriteAt(".kafka_cleanshutdown", []byte("0\n"), 0))
		size, _ := b.d.Size("t-0/00000000000000000000.log")
		require.NoError(t, b.d.WriteAt("t-0/00000000000000000000.log", make([]byte, 5), size-5))
		l, _ = b.again(t, vdisk.LoseNothing)
		if quirk {
			require.Equal(t, int64(2), l.EndOffset(), "the defect: the torn batch is part of the log")
		} else {
			require.Equal(t, int64(1), l.EndOffset())
		}
	}
}

func TestRetentionByTimeAndSizeKeepsWhatIsNotCommitted(t *testing.T) {
	for name, c := range map[string]log.Config{
		"time": {SegmentBytes: 200, RetentionTime: time.Second},
		"size": {SegmentBytes: 200, RetentionTime: -1, RetentionBytes: 300},
	} {
		b, l := fresh(t, c, log.Quirks{})
		for i := range 9 {
			b.lead(t, l, i, plain(i, "a=1"), 1)
		}
		b.d.settle(t, b.Manager)
		n, err := l.Retain(b.d, at(5000))
		require.NoError(t, err)
		require.Zero(t, n, name)
		l.SetHighWatermark(5)
		n, err = l.Retain(b.d, at(5000))
		require.NoError(t, err)
		require.NotZero(t, n, name)
		require.LessOrEqual(t, l.StartOffset(), int64(5))
		start := l.StartOffset()
		b.d.settle(t, b.Manager)
		_, err = l.Read(b.d, nil, start-1, 100, true, log.LogEnd)
		require.Equal(t, record.OffsetOutOfRange, record.CodeOf(err))
		l, _ = b.again(t, vdisk.LoseUnsynced)
		require.Equal(t, start, l.StartOffset(), name)
	}
}

func TestDeletedRecordsStayDeleted(t *testing.T) {
	b, l := fresh(t, small, log.Quirks{})
	for i := range 9 {
		b.lead(t, l, i, plain(i, "a=1"), 1)
	}
	l.SetHighWatermark(7)
	_, err := l.DeleteRecords(b.d, epoch, 8)
	require.Equal(t, record.OffsetOutOfRange, record.CodeOf(err))
	start, err := l.DeleteRecords(b.d, epoch, -1)
	require.NoError(t, err)
	require.Equal(t, int64(7), start)
	b.d.settle(t, b.Manager)
	l, _ = b.again(t, vdisk.LoseUnsynced)
	require.Equal(t, int64(7), l.StartOffset())
	require.LessOrEqual(t, l.Segments()[0].Base, int64(7))
	require.Greater(t, l.Segments()[0].Base, int64(3))
}

func TestAPartitionIsDeletedWholly(t *testing.T) {
	b, l := fresh(t, small, log.Quirks{})
	for i := range 5 {
		b.lead(t, l, i, plain(i, "a=1"), 1)
	}
	require.NoError(t, b.Delete(b.d, tp))
	require.Nil(t, b.Log(tp))
	_, err := b.Create(b.d, epoch, tp)
	require.ErrorIs(t, err, log.ErrBusy)
	require.Contains(t, b.d.settle(t, b.Manager), "Deleted t-0")
	names, err := b.d.List("t-0")
	require.NoError(t, err)
	require.Empty(t, names)
	_, err = b.Create(b.d, epoch, tp)
	require.NoError(t, err)
}

func TestACoordinatorStagesOffsetsWithoutASequence(t *testing.T) {
	b, l := fresh(t, log.Config{VerifyNewTxns: true}, log.Quirks{})
	stage := func(epoch int16) error {
		var w record.Builder
		w.Reset(record.Fields{Idempotent: true, Transactional: true, ProducerID: 1, ProducerEpoch: epoch, BaseSequence: record.NoSequence})
		w.Add(0, []byte("group"), []byte("offset"))
		_, err := l.AppendAsLeader(b.d, at(0), w.Batch(), 1, log.Coordinator, 0)
		return err
	}
	for range 2 { // transactions of one epoch
		require.NoError(t, stage(3))
		require.NoError(t, stage(3))
		l.SetHighWatermark(l.EndOffset())
		require.Less(t, l.LastStableOffset(), l.HighWatermark(), "the transaction is open")
		_, err := l.AppendAsLeader(b.d, at(0), marker(1, 3, record.Commit, 1, 0), 1, log.Coordinator, 0)
		require.NoError(t, err)
		l.SetHighWatermark(l.EndOffset())
		require.Equal(t, l.HighWatermark(), l.LastStableOffset())
	}
	require.Equal(t, record.InvalidProducerEpoch, record.CodeOf(stage(2)), "the producer is fenced here too")
}
