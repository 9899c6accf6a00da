package log_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

var compacted = log.Config{SegmentBytes: 250, IndexInterval: 1, Compact: true, TombstoneLife: time.Second, DirtyPPM: 1}

// compact runs a pass to its end.
func (b *broker) compact(t require.TestingT, l *log.Log, ms int) {
	c, err := l.Compact(b.d, at(ms), true)
	require.NoError(t, err)
	for done := c == nil; !done; b.d.settle(t, b.Manager) {
		done, err = c.Step(b.d)
		require.NoError(t, err)
	}
}

// fill appends batches, and commits and flushes all but the last segment.
func (b *broker) fill(t require.TestingT, l *log.Log, batches ...[]byte) {
	for _, p := range batches {
		b.lead(t, l, 0, p, 1)
	}
	l.SetHighWatermark(l.EndOffset())
	require.NoError(t, l.Roll(b.d, epoch))
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
}

func TestCompactionKeepsTheLastRecordOfEachKeyWhereItIs(t *testing.T) {
	for _, c := range []record.Codec{record.Uncompressed, record.Gzip, record.Snappy, record.LZ4, record.Zstd} {
		b, l := fresh(t, compacted, log.Quirks{})
		f := record.Fields{Codec: c}
		b.fill(t, l, with(f, 0, "a=1", "b=1"), with(f, 0, "a=2"), with(f, 0, "c=1", "a=3"), with(f, 0, "b=2"))
		before := l.Size()
		b.compact(t, l, 0)
		require.Equal(t, "3:c=1 4:a=3 5:b=2", b.dump(t, l, 0, log.LogEnd))
		require.Less(t, l.Size(), before)
		require.Equal(t, []int64{0, 6}, []int64{l.StartOffset(), l.EndOffset()})
		l, _ = b.again(t, vdisk.LoseUnsynced)
		require.Equal(t, "3:c=1 4:a=3 5:b=2", b.dump(t, l, 0, log.LogEnd))
	}
}

func TestTombstonesStayForATimeAfterTheyWereFirstSeen(t *testing.T) {
	b, l := fresh(t, compacted, log.Quirks{})
	b.fill(t, l, plain(0, "a=1"), plain(0, "a"), plain(0, "b=1"))
	b.compact(t, l, 100)
	require.Equal(t, "1:a 2:b=1", b.dump(t, l, 0, log.LogEnd))
	b.compact(t, l, 1000)
	require.Equal(t, "1:a 2:b=1", b.dump(t, l, 0, log.LogEnd), "a consumer that reads on may still need it")
	b.compact(t, l, 1100)
	require.Equal(t, "2:b=1", b.dump(t, l, 0, log.LogEnd))
}

func TestAbortedRecordsDisplaceNothingAndMarkersOutliveTheirData(t *testing.T) {
	b, l := fresh(t, compacted, log.Quirks{})
	b.fill(t, l, plain(0, "a=1"), from(1, 0, 0, true, 0, "a=2"), marker(1, 0, record.Abort, 1, 0),
		from(2, 0, 0, true, 0, "b=1"), marker(2, 0, record.Commit, 1, 0), plain(0, "b=2"))
	b.compact(t, l, 0)
	require.Equal(t, "0:a=1 2!abort 4!commit 5:b=2", b.dump(t, l, 0, log.ReadCommitted))
	for _, p := range l.Producers() {
		require.Equal(t, int32(0), p.LastSequence, "an empty batch remembers the sequence")
	}
	b.fill(t, l, from(1, 0, 1, false, 0, "c=1"), from(2, 0, 1, false, 0, "d=1"))
	b.compact(t, l, 10)
	b.compact(t, l, 20)
	require.Contains(t, b.dump(t, l, 0, log.LogEnd), "2!abort")
	b.compact(t, l, 3000)
	require.Equal(t, "0:a=1 5:b=2 6:c=1 7:d=1", b.dump(t, l, 0, log.LogEnd))
}

func TestCompactionDoesNotPassTheHighWatermark(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		b, l := fresh(t, compacted, log.Quirks{CleanPastHW: quirk})
		b.fill(t, l, plain(0, "a=1"), plain(0, "x=1"), plain(0, "a=2"), plain(0, "y=1"))
		l.SetHighWatermark(2)
		b.compact(t, l, 0)
		got := b.dump(t, l, 0, log.LogEnd)
		if quirk {
			require.NotContains(t, got, "0:a=1", "the defect: an uncommitted record displaced a committed one")
		} else {
			require.Contains(t, got, "0:a=1")
		}
	}
}

func TestACompactionThatLosesTheIndexMakesAbortedRecordsCommitted(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		b, l := fresh(t, compacted, log.Quirks{CleanLosesAborted: quirk})
		b.fill(t, l, from(1, 0, 0, true, 0, "a=2"), marker(1, 0, record.Abort, 1, 0), plain(0, "b=2"))
		b.compact(t, l, 0)
		f, err := l.Read(b.d, nil, 0, 1000, true, log.ReadCommitted)
		require.NoError(t, err)
		require.Equal(t, quirk, len(f.Aborted) == 0)
	}
}

func TestAMarkerIsNotMatchedByItsKey(t *testing.T) {
	key := "\x00\x00\x00\x00" // that of an abort marker
	for _, quirk := range []bool{false, true} {
		b, l := fresh(t, compacted, log.Quirks{MarkerMatchedByKey: quirk})
		b.fill(t, l, from(1, 0, 0, true, 0, "a=2"), marker(1, 0, record.Abort, 1, 0), plain(0, key+"=1"), plain(0, "z=1"))
		b.compact(t, l, 0)
		require.Equal(t, !quirk, len(l.Producers()) == 1 && strings.Contains(b.dump(t, l, 0, log.LogEnd), "1!abort"))
	}
}

func TestACompactionIsOvertakenByATruncation(t *testing.T) {
	b, l := fresh(t, compacted, log.Quirks{})
	b.fill(t, l, plain(0, "a=1"), plain(0, "a=2"), plain(0, "a=3"), plain(0, "a=4"))
	c, err := l.Compact(b.d, epoch, true)
	require.NoError(t, err)
	_, err = c.Step(b.d)
	require.NoError(t, err)
	_, err = l.TruncateTo(b.d, 1)
	require.NoError(t, err)
	b.d.settle(t, b.Manager)
	_, err = c.Step(b.d)
	require.ErrorIs(t, err, log.ErrAborted)
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
}
