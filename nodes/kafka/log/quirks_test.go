package log_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
)

// TestEveryDefectCanBeSeen shows what each defect does that the correct log does not.
func TestEveryDefectCanBeSeen(t *testing.T) {
	for _, c := range []struct {
		name string
		q    log.Quirks
		cfg  log.Config
		bad  func(b *broker, l *log.Log) bool
	}{
		{"read above the high watermark at a roll", log.Quirks{ReadAboveHWAtRoll: true}, small, func(b *broker, l *log.Log) bool {
			for range 4 {
				b.lead(t, l, 0, plain(0, "a=1"), 1)
			}
			l.SetHighWatermark(1)
			return b.dump(t, l, 0, log.ReadUncommitted) != "0:a=1"
		}},
		{"uncommitted exposed", log.Quirks{UncommittedExposed: true}, small, func(b *broker, l *log.Log) bool {
			b.lead(t, l, 0, plain(0, "a=1"), 1)
			b.lead(t, l, 0, plain(0, "b=1"), 1)
			l.SetHighWatermark(1)
			return b.dump(t, l, 0, log.ReadUncommitted) != "0:a=1"
		}},
		{"read above the last stable offset", log.Quirks{ReadAboveLSO: true}, log.Config{}, openTxnIsRead},
		{"last stable offset off by one", log.Quirks{LSOOffByOne: true}, log.Config{}, openTxnIsRead},
		{"truncation keeps epochs", log.Quirks{TruncateKeepsEpochs: true}, small, func(b *broker, l *log.Log) bool {
			b.lead(t, l, 0, plain(0, "a=1"), 1)
			require.NoError(t, l.AssignEpoch(b.d, 5))
			_, err := l.TruncateTo(b.d, 1)
			require.NoError(t, err)
			return l.LatestEpoch() == 5
		}},
		{"markers do not refresh", log.Quirks{MarkersDoNotRefresh: true}, log.Config{ProducerExpiry: time.Second, RetentionTime: -1}, func(b *broker, l *log.Log) bool {
			b.lead(t, l, 0, from(1, 0, 0, true, 0, "a=1"), 1)
			b.lead(t, l, 900, marker(1, 0, record.Commit, 1, 900), 1)
			require.NoError(t, b.Tick(b.d, at(1500)))
			return len(l.Producers()) == 0
		}},
		{"sequences do not wrap", log.Quirks{SequenceNoWrap: true}, small, func(b *broker, l *log.Log) bool {
			b.lead(t, l, 0, plain(0, "x=1"), 1) // else the log takes no first batch but one with 0
			b.lead(t, l, 0, from(1, 0, math.MaxInt32, false, 0, "a=1"), 1)
			_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, 0, false, 0, "a=1"), 1, log.Client, 0)
			return err != nil
		}},
		{"no verification", log.Quirks{NoVerify: true}, log.Config{VerifyNewTxns: true}, func(b *broker, l *log.Log) bool {
			_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, 0, true, 0, "a=1"), 1, log.Client, 0)
			return err == nil
		}},
		{"verification without a guard", log.Quirks{VerifyWithoutGuard: true}, log.Config{VerifyNewTxns: true}, func(b *broker, l *log.Log) bool {
			g := l.Verify(epoch, 1, 0, 0)
			b.lead(t, l, 0, marker(1, 0, record.Abort, 1, 0), 1)
			_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, 0, true, 0, "a=1"), 1, log.Client, g)
			return err == nil
		}},
	} {
		b, l := fresh(t, c.cfg, log.Quirks{})
		require.False(t, c.bad(b, l), "%s: without the defect", c.name)
		b, l = fresh(t, c.cfg, c.q)
		require.True(t, c.bad(b, l), "%s: with the defect", c.name)
	}

	// The verification's second batch is not held back by a guard that was used.
	b, l := fresh(t, log.Config{VerifyNewTxns: true}, log.Quirks{})
	g := l.Verify(epoch, 1, 0, 0)
	for i := range int32(2) {
		_, err := l.AppendAsLeader(b.d, epoch, from(1, 0, i, true, 0, "a=1"), 1, log.Client, g)
		require.NoError(t, err)
	}
}

func openTxnIsRead(b *broker, l *log.Log) bool {
	t := require.TestingT(panicking{})
	b.lead(t, l, 0, plain(0, "x=1"), 1)
	b.lead(t, l, 0, from(1, 0, 0, true, 0, "a=1"), 1)
	b.lead(t, l, 0, plain(0, "y=1"), 1)
	l.SetHighWatermark(3)
	return b.dump(t, l, 0, log.ReadCommitted) != "0:x=1"
}

// panicking fails by a panic, where there is no test at hand.
type panicking struct{}

func (panicking) Errorf(format string, args ...any) { panic(format) }
func (panicking) FailNow()                          { panic("failed") }
