package explore

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pass lets virtual time pass: these tests run in bubbles of synctest.
func pass(d time.Duration) { <-time.After(d) }

func TestResultsArriveInTheOrderOfTheirSeedsEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, workers := range []int{1, 2, 7, 500} {
			var got []uint64
			err := Each(t.Context(), Seeds{10, 409}, workers,
				func(seed uint64) uint64 {
					pass(time.Duration(seed*seed%97) * time.Millisecond) // any order of ends
					return seed * 2
				},
				func(seed, r uint64) bool {
					require.Equal(t, seed*2, r)
					got = append(got, seed)
					return true
				})
			require.NoError(t, err)
			require.Len(t, got, 400)
			for i, seed := range got {
				require.Equal(t, uint64(10+i), seed)
			}
		}
	})
}

func TestAllWorkersWorkAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := Each(t.Context(), Seeds{1, 100}, 4,
			func(uint64) int { pass(time.Second); return 0 },
			func(uint64, int) bool { return true })
		require.NoError(t, err)
		require.Equal(t, 25*time.Second, time.Since(began))
	})
}

func TestNobodyRunsFurtherAheadThanTheRingIsLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers = 3
		var begun atomic.Uint64
		release := make(chan struct{})
		go func() {
			synctest.Wait() // all are blocked: seed 0 on release, the others for want of room
			require.Equal(t, uint64(workers*Ahead), begun.Load())
			close(release)
		}()
		n := 0
		err := Each(t.Context(), Seeds{0, 999}, workers,
			func(seed uint64) int {
				begun.Add(1)
				if seed == 0 {
					<-release
				}
				return 0
			},
			func(uint64, int) bool { n++; return true })
		require.NoError(t, err)
		require.Equal(t, 1000, n)
	})
}

func TestWhoHasSeenEnoughGetsNoMoreAndLeavesNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int64
		last := uint64(0)
		err := Each(t.Context(), Seeds{1, 1_000_000}, 4,
			func(seed uint64) uint64 {
				running.Add(1)
				defer running.Add(-1)
				pass(time.Duration(seed%5) * time.Second)
				return seed
			},
			func(seed, _ uint64) bool { last = seed; return seed < 33 })
		require.NoError(t, err)
		require.Equal(t, uint64(33), last)
		require.Zero(t, running.Load(), "a universe still runs after Each has returned")
	})
}

func TestACancelledCampaignDeliversAllThatWasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		var begun atomic.Uint64
		time.AfterFunc(10*time.Second+time.Millisecond, func() { cancel(why) })
		n := uint64(0)
		err := Each(ctx, Seeds{1, 1_000_000}, 4,
			func(uint64) int { begun.Add(1); pass(time.Second); return 0 },
			func(seed uint64, _ int) bool { n++; require.Equal(t, n, seed); return true })
		require.ErrorIs(t, err, why)
		require.Equal(t, begun.Load(), n)
		require.Equal(t, uint64(44), n, "4 a second, and those under way at the end")
	})
}

func TestACampaignThatIsOverBeforeItBeginsBeginsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Each(ctx, Seeds{1, 10}, 2,
		func(uint64) int { t.Error("begun"); return 0 },
		func(uint64, int) bool { t.Error("delivered"); return true })
	require.ErrorIs(t, err, context.Canceled)
}

func TestAPanicEndsTheCampaignAtItsTurn(t *testing.T) {
	var got []uint64
	err := Each(t.Context(), Seeds{1, 50}, 4,
		func(seed uint64) int {
			if seed == 7 {
				panic("the sky falls")
			}
			return 0
		},
		func(seed uint64, _ int) bool { got = append(got, seed); return true })
	var p *PanicError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "seed 7: panic: the sky falls", p.Error())
	require.Contains(t, p.Stack, "TestAPanicEndsTheCampaignAtItsTurn")
	require.Equal(t, []uint64{1, 2, 3, 4, 5, 6}, got)
}

func TestAGuardedPanicIsAResult(t *testing.T) {
	panicked := map[uint64]string{}
	err := Each(t.Context(), Seeds{1, 50}, 4,
		Guard(func(seed uint64) string {
			if seed%10 == 0 {
				var none []int
				_ = none[seed]
			}
			return ""
		}, func(p *PanicError) string { return p.Error() }),
		func(seed uint64, r string) bool {
			if r != "" {
				panicked[seed] = r
			}
			return true
		})
	require.NoError(t, err)
	require.Len(t, panicked, 5)
	require.Contains(t, panicked[30], "seed 30: panic: runtime error: index out of range [30]")
}

func TestAUniverseThatEndsItsGoroutineIsAnErrorAndNoDeadlock(t *testing.T) {
	err := Each(t.Context(), One(3), 1,
		Guard(func(uint64) int { runtime.Goexit(); return 0 }, func(*PanicError) int { return 1 }),
		func(uint64, int) bool { t.Error("delivered"); return true })
	require.ErrorContains(t, err, "seed 3")
}

func TestAPanicOfTheReceiverComesOutOfEachAndLeavesNothingRunning(t *testing.T) {
	var running atomic.Int64
	require.PanicsWithValue(t, "no more", func() {
		_ = Each(t.Context(), Seeds{1, 1000}, 3,
			func(uint64) int { running.Add(1); defer running.Add(-1); runtime.Gosched(); return 0 },
			func(seed uint64, _ int) bool { panic("no more") })
	})
	require.Zero(t, running.Load())
}

func TestTheLastSeedsOfAllCanBeRun(t *testing.T) {
	var got []uint64
	err := Each(t.Context(), Seeds{math.MaxUint64 - 1, math.MaxUint64}, 2,
		func(seed uint64) int { return 0 },
		func(seed uint64, _ int) bool { got = append(got, seed); return true })
	require.NoError(t, err)
	require.Equal(t, []uint64{math.MaxUint64 - 1, math.MaxUint64}, got)
}

// The first seed that fails is a property of the campaign, not of the number of cores.
func TestTheFirstFailureIsTheSameOnAnyNumberOfWorkers(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 16} {
		var mu sync.Mutex
		begun, first := 0, uint64(0)
		err := Each(t.Context(), Seeds{1, 5000}, workers,
			func(seed uint64) bool {
				mu.Lock()
				begun++
				mu.Unlock()
				return seed%211 == 0 || seed%97 == 0
			},
			func(seed uint64, bad bool) bool { first = seed; return !bad })
		require.NoError(t, err)
		require.Equal(t, uint64(97), first)
	}
}
