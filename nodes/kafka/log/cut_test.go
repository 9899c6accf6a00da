package log_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/sim/vdisk"
)

// The process is killed when the page cache is cut and the disk is not; the next one appends, and then the power goes. What the
// truncation took away must not come back in front of what was appended.
func TestATruncationThatAKillCutsShortIsDurableBeforeTheNextAppend(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "b=2"), 2)
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	_, err := l.TruncateTo(b.d, 1)
	require.NoError(t, err)
	for l.EndOffset() > 1 {
		require.NoError(t, b.d.end(b.Manager, 0))
	}
	require.NotEmpty(t, b.d.syncs)

	l, report := b.again(t, vdisk.LoseNothing)
	require.Empty(t, report.Failed)
	require.Equal(t, int64(1), l.EndOffset())
	require.True(t, l.Busy())
	_, err = l.AppendAsLeader(b.d, epoch, plain(0, "c=3"), 3, log.Client, 0)
	require.ErrorIs(t, err, log.ErrBusy)
	l, _ = b.again(t, vdisk.LoseNothing)
	require.True(t, l.Busy(), "the second kill is as the first")
	require.Equal(t, "Truncated t-0 1", b.d.settle(t, b.Manager))
	b.lead(t, l, 0, plain(0, "c=3"), 3)

	l, _ = b.again(t, vdisk.LoseUnsynced)
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
	require.Equal(t, int32(1), l.EpochAt(0))
}

// A torn tail is cut off at the start, the log goes on in another segment, and the power goes. The tail must not come back in the
// middle of the log, where no recovery looks for it.
func TestATornTailIsGoneForGoodBeforeTheLogGoesOn(t *testing.T) {
	b, l := fresh(t, log.Config{}, log.Quirks{})
	b.lead(t, l, 0, plain(0, "a=1"), 1)
	require.NoError(t, l.Flush(b.d))
	b.d.settle(t, b.Manager)
	const file = "t-0/00000000000000000000.log"
	size, err := b.d.Size(file)
	require.NoError(t, err)
	require.NoError(t, b.d.Disk.WriteAt(file, make([]byte, 100), size))
	c, err := b.d.BeginSync(file)
	require.NoError(t, err)
	b.d.EndSync(c)

	l, report := b.again(t, vdisk.LoseNothing)
	require.Equal(t, int64(100), report.Recovered[0].Truncated)
	require.True(t, l.Busy())
	require.NoError(t, l.Roll(b.d, epoch))
	require.Len(t, l.Segments(), 1, "not while the cut is not durable")
	l, report = b.again(t, vdisk.LoseNothing)
	require.Empty(t, report.Recovered)
	b.d.settle(t, b.Manager)
	require.NoError(t, l.Roll(b.d, epoch))
	b.lead(t, l, 0, plain(0, "b=2"), 2)

	l, report = b.again(t, vdisk.LoseUnsynced)
	require.Empty(t, report.Failed)
	require.Equal(t, "0:a=1", b.dump(t, l, 0, log.LogEnd))
}

// The process is killed when the page cache has the new log start and the disk has the old one; the next one must not remove what is
// below it, for with the old start the log must be whole.
func TestWhatIsBelowTheLogStartGoesWhenTheLogStartIsDurable(t *testing.T) {
	for _, change := range []func(b *broker, l *log.Log) error{
		func(b *broker, l *log.Log) error { _, err := l.DeleteRecords(b.d, epoch, 3); return err },
		func(b *broker, l *log.Log) error { _, err := l.TruncateFullyAndStartAt(b.d, epoch, 9); return err },
	} {
		for syncs := range 12 {
			b, l := fresh(t, small, log.Quirks{})
			b.fill(t, l, plain(0, "a=1"), plain(0, "b=1"), plain(0, "c=1"), plain(0, "d=1"), plain(0, "e=1"), plain(0, "f=1"))
			require.NoError(t, b.Checkpoint(b.d))
			b.d.settle(t, b.Manager)
			require.NoError(t, change(b, l))
			for range min(syncs, len(b.d.syncs)) {
				if len(b.d.syncs) > 0 {
					require.NoError(t, b.d.end(b.Manager, 0))
				}
			}
			b.again(t, vdisk.LoseNothing)
			// The names that are lost are those of the checkpoints: the partition's are not.
			b.d.EndSync(b.d.BeginSyncDir("t-0"))
			l, report := b.again(t, vdisk.LoseUnsynced)
			require.Empty(t, report.Failed, "after %d syncs", syncs)
			b.d.settle(t, b.Manager)
			require.Contains(t, []int64{0, 3, 9}, l.StartOffset())
		}
	}
}

// The process is killed when the page cache has a recovery point that was lowered and the disk has the old one; a truncation by the next
// one must wait for that too.
func TestATruncationAfterAKillWaitsForTheRecoveryPointOnTheDisk(t *testing.T) {
	for syncs := range 4 {
		b, l := fresh(t, log.Config{}, log.Quirks{})
		for range 6 {
			b.lead(t, l, 0, plain(0, "a=1"), 1)
		}
		require.NoError(t, l.Flush(b.d))
		b.d.settle(t, b.Manager)
		require.NoError(t, b.Checkpoint(b.d))
		b.d.settle(t, b.Manager)
		_, err := l.TruncateTo(b.d, 2)
		require.NoError(t, err)
		for range syncs {
			if l.EndOffset() == 6 {
				require.NoError(t, b.d.end(b.Manager, 0))
			}
		}
		l, _ = b.again(t, vdisk.LoseNothing)
		_, err = l.TruncateTo(b.d, 4)
		require.NoError(t, err)
		// All syncs of the partition's directory end, and those of the directory above do not.
		b.d.EndSync(b.d.BeginSyncDir("t-0"))
		c, err := b.d.BeginSync("t-0/00000000000000000000.log")
		require.NoError(t, err)
		b.d.EndSync(c)
		_, report := b.again(t, vdisk.LoseUnsynced)
		require.Empty(t, report.Failed, "after %d syncs", syncs)
	}
}
