package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

// One fault of every kind is in force, on two machines that talk, write and look at their clocks. After
// HealAll none is, and from then on none of them bites.
func TestHealAllEndsFaultsOfEveryKind(t *testing.T) {
	u := New(Config{})
	beat := func(peer nodes.ID) func() nodes.Node {
		s := &script{}
		s.boot = func(env nodes.Env) error { env.SetTimer(tag("beat"), time.Millisecond); return nil }
		s.fire = func(env nodes.Env, _ nodes.Tag) {
			env.Send(peer, text("x"))
			env.Now()
			if env.Disk().Append("log", []byte("x")) == nil {
				env.Disk().Sync("log", tag("synced"))
			}
			_, _ = env.Disk().ReadFile("log")
			env.SetTimer(tag("beat"), 10*time.Millisecond)
		}
		return func() nodes.Node { return s }
	}
	u.Add("a", beat("b")).Start(0)
	u.Add("b", beat("a")).Start(0)
	ids := []nodes.ID{"a", "b"}
	both := [][2]nodes.ID{{"a", "b"}, {"b", "a"}}
	faults := []*Active{
		u.DisturbLinks("cut", both, LinkFault{Cut: true}),
		u.DisturbLinks("hold", both, LinkFault{Hold: true}),
		u.DisturbLinks("delay", both, LinkFault{Delay: Dist{Min: time.Millisecond}}),
		u.DisturbLinks("duplicate", both, LinkFault{DuplicatePPM: million}),
		u.DisturbDisks("sync error", ids, DiskFault{SyncErrorPPM: million}),
		u.DisturbDisks("full", ids, DiskFault{Full: true}),
		u.DisturbProcesses("slow", ids, ProcessFault{Slow: time.Millisecond}),
		u.DisturbClocks("drift", ids, ClockFault{DriftPPM: 1000}),
		u.DisturbClocks("freeze", ids, ClockFault{Freeze: true}),
		u.Begin("in steps", nil),
	}
	u.Run(time.Second)
	require.Equal(t, len(faults), u.ActiveFaults())
	u.HealAll()
	require.Zero(t, u.ActiveFaults())
	var effects []uint64
	for _, f := range faults {
		require.False(t, f.InForce(), f.Name())
		effects = append(effects, f.Effects())
	}
	u.Run(2 * time.Second)
	for i, f := range faults {
		require.Equal(t, effects[i], f.Effects(), f.Name())
	}
	require.Zero(t, u.Machine("a").Drift(0), "a clock that was healed runs true")
}

// A process that needs longer for its events than they take to come is behind by more and more, until they stop.
func TestASlowProcessSaysHowFarItIsBehind(t *testing.T) {
	u := New(Config{})
	n := 0
	s := &script{
		boot: func(env nodes.Env) error {
			for i := range 20 {
				env.SetTimer(tag(fmt.Sprint("t", i)), time.Duration(i+1)*time.Millisecond)
			}
			return nil
		},
		fire: func(nodes.Env, nodes.Tag) { n++ },
	}
	u.Add("a", func() nodes.Node { return s }).Start(0)
	u.DisturbProcesses("slow", []nodes.ID{"a"}, ProcessFault{Slow: 10 * time.Millisecond})
	require.Zero(t, u.Machine("a").Behind())
	u.Run(25 * time.Millisecond)
	require.Greater(t, u.Machine("a").Behind(), 100*time.Millisecond)
	require.Less(t, n, 5)
	u.Run(time.Second)
	require.Zero(t, u.Machine("a").Behind())
	require.Equal(t, 20, n)
}
