package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

func TestAFaultOfManyStepsIsHealedThroughTheRegistry(t *testing.T) {
	u := New(Config{})
	undone := 0
	a := u.Begin("in steps", func() { undone++ })
	require.True(t, a.InForce())
	u.HealAll()
	a.End()
	require.False(t, a.InForce())
	require.Equal(t, 1, undone)
	require.Zero(t, u.ActiveFaults())
}

func TestAKillAtAnEffectCanBeTakenBack(t *testing.T) {
	u := New(Config{})
	watchClock(u, "a")
	m := u.Machine("a")
	m.KillAtEffect(1, vdisk.LoseNothing)
	m.KillAtEffect(0, vdisk.LoseNothing)
	u.Run(time.Second)
	require.True(t, m.Up())
}

func TestADriftBitesWhoeverReadsTheMonotonicClock(t *testing.T) {
	u := New(Config{})
	s := &script{}
	s.boot = func(env nodes.Env) error { env.SetTimer(tag("tick"), time.Second); return nil }
	s.fire = func(env nodes.Env, _ nodes.Tag) { env.Monotonic() }
	u.Add("a", func() nodes.Node { return s }).Start(0)
	u.Add("b", func() nodes.Node { return &script{} }).Start(0)
	a := u.DisturbClocks("drift", []nodes.ID{"a"}, ClockFault{DriftPPM: 100})
	b := u.DisturbClocks("drift", []nodes.ID{"b"}, ClockFault{DriftPPM: 100})
	u.Run(2 * time.Second)
	require.EqualValues(t, 2, a.Effects())
	require.Zero(t, b.Effects(), "nobody looked at this clock")
}
