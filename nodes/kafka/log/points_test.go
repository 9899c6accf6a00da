package log_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// everyPoint runs change on a copy of the broker again and again, each time letting it die at the next change of the disk, or after so many
// syncs have ended, in each mode of crash; and hands what is found to check.
func everyPoint(t *testing.T, prepare func() (*broker, *log.Log), change func(b *broker, l *log.Log), check func(where string, l *log.Log)) {
	for _, mode := range []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn} {
		for seed := range 8 {
			for point := 0; ; point++ {
				b, l := prepare()
				b.d.changes = point
				died := diesIn(func() { change(b, l) })
				b.d.crash(mode, rand.New(rand.NewPCG(uint64(seed), uint64(point))).Uint64N)
				where := fmt.Sprintf("%v, %d changes, seed %d", mode, point, seed)
				again, r := open(t, b.d, b.opt)
				require.Empty(t, r.Failed, where)
				*b = *again
				check(where, b.Log(tp))
				if !died {
					break
				}
			}
		}
	}
}

func diesIn(f func()) (died bool) {
	defer func() {
		if e := recover(); e != nil {
			if e != any(killed) {
				panic(e)
			}
			died = true
		}
	}()
	f()
	return false
}

func TestACompactionThatACrashCutsShortLosesNothingThatIsLast(t *testing.T) {
	var b *broker
	prepare := func() (*broker, *log.Log) {
		var l *log.Log
		b, l = fresh(t, compacted, log.Quirks{})
		b.fill(t, l, plain(0, "a=1", "b=1"), plain(0, "c=1"), plain(0, "a=2"), from(1, 0, 0, true, 0, "x=1"), marker(1, 0, record.Abort, 1, 0),
			plain(0, "b=2"), plain(0, "d=1"))
		require.NoError(t, b.Checkpoint(b.d))
		b.d.settle(t, b.Manager)
		return b, l
	}
	swapped, whole := 0, 0
	everyPoint(t, prepare, func(b *broker, l *log.Log) { b.compact(t, l, 0) }, func(where string, l *log.Log) {
		require.Equal(t, []int64{0, 8}, []int64{l.StartOffset(), l.EndOffset()}, where)
		got := b.dump(t, l, 0, log.LogEnd)
		last := 0
		for _, want := range []string{"2:c=1", "3:a=2", "5!abort", "6:b=2", "7:d=1"} {
			i := strings.Index(got, want)
			require.GreaterOrEqual(t, i, last, "%s: %s", where, got)
			last = i
		}
		l.SetHighWatermark(l.EndOffset())
		for off := range l.EndOffset() {
			_, err := l.Read(b.d, nil, off, 1, true, log.LogEnd)
			require.NoError(t, err, "%s: the index does not fit the log", where)
		}
		f, err := l.Read(b.d, nil, 4, 1000, true, log.ReadCommitted)
		require.NoError(t, err)
		if strings.Contains(got, "4:x=1") {
			require.Len(t, f.Aborted, 1, where)
		}
		if strings.Contains(got, "0:a=1") {
			whole++
		} else {
			swapped++
		}
		names, err := b.d.List("t-0")
		require.NoError(t, err)
		require.NotContains(t, strings.Join(names, " "), ".swap", where)
		require.NotContains(t, strings.Join(names, " "), ".cleaned", where)
	})
	require.NotZero(t, whole)
	require.NotZero(t, swapped)
}

func TestADeletionThatACrashCutsShortLeavesAllOrNothing(t *testing.T) {
	var b *broker
	prepare := func() (*broker, *log.Log) {
		var l *log.Log
		b, l = fresh(t, small, log.Quirks{})
		b.fill(t, l, plain(0, "a=1"), plain(0, "b=1"), plain(0, "c=1"), plain(0, "d=1"))
		require.NoError(t, b.Checkpoint(b.d))
		b.d.settle(t, b.Manager)
		return b, l
	}
	all, nothing := 0, 0
	everyPoint(t, prepare, func(b *broker, _ *log.Log) {
		require.NoError(t, b.Delete(b.d, tp))
		b.d.settle(t, b.Manager)
	}, func(where string, l *log.Log) {
		if l == nil || l.EndOffset() == 0 {
			nothing++
			return
		}
		all++
		require.Equal(t, "0:a=1 1:b=1 2:c=1 3:d=1", b.dump(t, l, 0, log.LogEnd), where)
	})
	require.NotZero(t, all)
	require.NotZero(t, nothing)
}

func TestAShutdownOrRetentionThatACrashCutsShortLosesNothingFlushed(t *testing.T) {
	var b *broker
	prepare := func() (*broker, *log.Log) {
		var l *log.Log
		b, l = fresh(t, log.Config{SegmentBytes: 200, RetentionTime: -1, RetentionBytes: 150}, log.Quirks{})
		b.fill(t, l, plain(0, "a=1"), plain(0, "b=1"), plain(0, "c=1"), plain(0, "d=1"), plain(0, "e=1"))
		return b, l
	}
	everyPoint(t, prepare, func(b *broker, l *log.Log) {
		_, err := l.Retain(b.d, epoch)
		require.NoError(t, err)
		require.NoError(t, b.Shutdown(b.d))
		b.d.settle(t, b.Manager)
	}, func(where string, l *log.Log) {
		require.Equal(t, int64(5), l.EndOffset(), where)
		all := "0:a=1 1:b=1 2:c=1 3:d=1 4:e=1"
		require.True(t, strings.HasSuffix(all, b.dump(t, l, l.StartOffset(), log.LogEnd)), where)
		require.Contains(t, []int64{0, 2, 4}, l.StartOffset(), where)
	})
}

func TestACompactedLogStaysOneInWhateverOrderItDies(t *testing.T) {
	for seed := range 40 {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		draw := r.IntN
		b, l := fresh(t, compacted, log.Quirks{})
		last, flushed := map[string]string{}, int64(0)
		wrote := map[int64]string{}
		for step := range 120 {
			if draw(8) == 0 {
				b.d.changes = draw(25)
			}
			died := diesIn(func() {
				switch draw(6) {
				case 0:
					l.SetHighWatermark(l.EndOffset())
					require.NoError(t, l.Flush(b.d))
				case 1:
					if c, err := l.Compact(b.d, at(step), true); err == nil && c != nil {
						for done := false; !done && err == nil; b.d.settle(t, b.Manager) {
							done, err = c.Step(b.d)
						}
					}
				default:
					if l.Busy() { // since the start
						b.d.settle(t, b.Manager)
					}
					kv := fmt.Sprintf("k%d=%d", draw(4), step)
					wrote[l.EndOffset()] = kv
					b.lead(t, l, step, plain(step, kv), 1)
				}
				b.d.settle(t, b.Manager)
				flushed = max(flushed, l.RecoveryPoint())
			})
			b.d.changes = -1
			if died || draw(20) == 0 {
				b.d.crash(vdisk.LoseSubset, r.Uint64N)
				again, report := open(t, b.d, b.opt)
				require.Empty(t, report.Failed)
				*b = *again
				l = b.Log(tp)
				require.GreaterOrEqual(t, l.EndOffset(), flushed)
			}
			clear(last)
			for o := range l.EndOffset() {
				k, _, _ := strings.Cut(wrote[o], "=")
				last[k] = fmt.Sprintf("%d:%s", o, wrote[o])
			}
			got := " " + b.dump(t, l, 0, log.LogEnd) + " "
			for _, want := range last {
				require.Contains(t, got, " "+want+" ", "seed %d, step %d", seed, step)
			}
		}
	}
}
