package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

// clockWatcher notes what its clocks show every 100 ms of its monotonic time.
type reading struct {
	virtual, monotonic time.Duration
	wall               time.Time
}

func watchClock(u *Universe, id nodes.ID) *[]reading {
	var got []reading
	s := &script{}
	s.boot = func(env nodes.Env) error { s.fire(env, nodes.Tag{}); return nil }
	s.fire = func(env nodes.Env, _ nodes.Tag) {
		got = append(got, reading{u.Now(), env.Monotonic(), env.Now()})
		env.SetTimer(tag("tick"), 100*time.Millisecond)
	}
	u.Add(id, func() nodes.Node { return s }).Start(0)
	return &got
}

func TestADriftingMachineTicksFasterAndItsTimersWithIt(t *testing.T) {
	u := New(Config{})
	got := watchClock(u, "a")
	u.Machine("a").Drift(1_000_000) // twice as fast
	u.Run(time.Second)
	require.Len(t, *got, 21)
	last := (*got)[20]
	require.Equal(t, time.Second, last.virtual)
	require.Equal(t, 2*time.Second, last.monotonic)
}

func TestTimersAreNeverEarlyByTheMachinesOwnClock(t *testing.T) {
	u := New(Config{LateTimer: Dist{Mean: time.Millisecond}})
	got := watchClock(u, "a")
	m := u.Machine("a")
	for i, ppm := range []int64{-500_000, 300, 1_000_000, -7} {
		u.After(time.Duration(i)*333*time.Millisecond, "drift", func() { m.Drift(ppm) })
	}
	u.Run(3 * time.Second)
	for i := range *got {
		if i > 0 {
			require.GreaterOrEqual(t, (*got)[i].monotonic-(*got)[i-1].monotonic, 100*time.Millisecond)
		}
	}
}

func TestStepsAndStrobesMoveTheWallClockOnly(t *testing.T) {
	u := New(Config{})
	got := watchClock(u, "a")
	start := u.epoch
	step := u.DisturbClocks("bump(a, -5s)", []nodes.ID{"a"}, ClockFault{Offset: -5 * time.Second})
	u.Run(time.Second)
	require.Equal(t, start.Add(-4*time.Second), (*got)[10].wall)
	require.Equal(t, time.Second, (*got)[10].monotonic)
	require.EqualValues(t, 11, step.Effects())
	step.End()
	strobe := u.DisturbClocks("strobe(a)", []nodes.ID{"a"}, ClockFault{StrobeDelta: time.Hour, StrobePeriod: 100 * time.Millisecond})
	u.Run(2 * time.Second)
	jumps := 0
	for _, r := range (*got)[11:] {
		if r.wall.Sub(start) > time.Hour {
			jumps++
		}
	}
	require.Equal(t, 5, jumps)
	strobe.End()
	freeze := u.DisturbClocks("freeze(a)", []nodes.ID{"a"}, ClockFault{Freeze: true})
	u.Run(3 * time.Second)
	require.Equal(t, (*got)[29].wall, (*got)[25].wall)
	require.Greater(t, (*got)[29].monotonic, (*got)[25].monotonic)
	freeze.End()
	u.Run(4 * time.Second)
	require.Equal(t, start.Add(4*time.Second), (*got)[40].wall)
}

func TestDistributions(t *testing.T) {
	exponential := Dist{Min: time.Millisecond, Mean: 10 * time.Millisecond}
	require.EqualValues(t, time.Millisecond, exponential.at(0), "the benign draw")
	median := time.Duration(exponential.at(distRange / 2))
	require.InDelta(t, float64(7931*time.Microsecond), float64(median), float64(20*time.Microsecond))
	var sum time.Duration
	const n = 1000
	for i := range uint64(n) {
		sum += time.Duration(exponential.at(i * (distRange / n)))
	}
	require.InDelta(t, float64(11*time.Millisecond), float64(sum/n), float64(300*time.Microsecond))
	tailed := Dist{Mean: time.Millisecond, TailPPM: 10_000, TailMax: time.Second}
	require.InDelta(t, float64(time.Second), float64(tailed.at(distRange-1)), float64(10*time.Millisecond))
	require.Zero(t, (&Dist{}).at(distRange-1))
	for lo, v := int64(0), uint64(0); v < distRange; v += distRange / 997 {
		at := exponential.at(v)
		require.GreaterOrEqual(t, at, lo, "monotone in the draw")
		lo = at
	}
}
