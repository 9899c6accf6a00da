package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// The same rules hold package live. Here every seed is another order of events.
func TestSimKeepsTheContract(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(fmt.Sprintf("seed=%#x", seed), func(t *testing.T) {
			nodestest.TestRuntime(t, func(t *testing.T) nodestest.Runtime {
				return newUniverse(t, seed, vdisk.LoseNothing)
			})
		})
	}
}

// What the contract says of a kill, it says of a crash of the machine too, but for one rule: nobody
// tells the peers of a machine without power.
func TestSimKeepsTheContractWithoutPower(t *testing.T) {
	const tells = "AConnectionEndsWithTheProcessOfItsPeer"
	for seed := range uint64(10) {
		for _, how := range []vdisk.CrashMode{vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset} {
			for _, r := range nodestest.Rules() {
				if r.Name == tells {
					continue
				}
				t.Run(fmt.Sprintf("%s/%v/seed=%#x", r.Name, how, seed), func(t *testing.T) {
					require.NoError(t, r.Check(newUniverse(t, seed, how)))
				})
			}
		}
	}
}

// That a loss of power loses anything is seen by what cannot survive it.
func TestACounterThatTellsBeforeItsSyncIsCaughtByALossOfPower(t *testing.T) {
	caught := map[vdisk.CrashMode]int{}
	for seed := range uint64(20) {
		for _, how := range []vdisk.CrashMode{vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSubset} {
			hasty := func() nodes.Node { return &nodestest.Counter{TellBeforeSync: true} }
			if nodestest.CheckCounter(newUniverse(t, seed, how), hasty) != nil {
				caught[how]++
			}
			patient := func() nodes.Node { return &nodestest.Counter{} }
			require.NoError(t, nodestest.CheckCounter(newUniverse(t, seed, how), patient), "%v, seed %d", how, seed)
		}
	}
	require.Zero(t, caught[vdisk.LoseNothing], "a kill loses nothing that was written")
	require.Positive(t, caught[vdisk.LoseUnsynced])
	require.Positive(t, caught[vdisk.LoseSubset])
	t.Log(caught)
}

func TestThePanicOfATaskIsAViolationWithItsStack(t *testing.T) {
	u := sim.New(sim.Config{})
	u.Add("n1", func() nodes.Node {
		return task.New(nodestest.Codec(), func(t *task.T) {
			t.Sleep(time.Second)
			stumble()
		})
	}).Start(0)
	require.Equal(t, sim.Violated, u.Run(time.Minute))
	require.Equal(t, "panic", u.Violation().Property)
	require.Contains(t, u.Violation().Stack, "sim_test.stumble\n")
}

func stumble() { panic("stumbled") }

// universe is the suite's machines in one universe.
type universe struct {
	*sim.Universe
	t      *testing.T
	how    vdisk.CrashMode
	builds map[nodes.ID]func() nodes.Node
}

func newUniverse(t *testing.T, seed uint64, how vdisk.CrashMode) *universe {
	delay := sim.Dist{Min: 100 * time.Microsecond, Mean: time.Millisecond}
	u := &universe{t: t, how: how, builds: map[nodes.ID]func() nodes.Node{}}
	u.Universe = sim.New(sim.Config{
		Seed:      seed,
		Net:       sim.NetConfig{Delay: delay},
		Disk:      sim.DiskConfig{Sync: delay},
		Clocks:    sim.ClockConfig{OffsetMax: time.Hour, DriftPPM: 100_000},
		Stage:     sim.Dist{Mean: 10 * time.Microsecond},
		LateTimer: sim.Dist{Mean: 100 * time.Microsecond},
	})
	for _, id := range nodestest.Machines {
		u.Add(id, func() nodes.Node { return u.builds[id]() })
	}
	return u
}

func (u *universe) Start(id nodes.ID, build func() nodes.Node) error {
	m := u.Machine(id)
	u.builds[id] = build
	before := m.Incarnation()
	m.Start(0)
	u.RunUntil(func() bool { return m.Incarnation() > before }, u.Now()+time.Second)
	return m.Exit()
}

func (u *universe) Kill(id nodes.ID) { u.Machine(id).Kill(u.how) }

func (u *universe) Ended(id nodes.ID) (error, bool) {
	m := u.Machine(id)
	return m.Exit(), m.Exit() != nil
}

func (u *universe) Until(limit time.Duration, cond func() bool) bool {
	end := u.Now() + limit
	held := u.RunUntil(cond, end) || u.Run(end) == sim.TimeUp && cond()
	if v := u.Violation(); v != nil {
		u.t.Fatalf("%v\n%s", v, v.Stack)
	}
	return held
}

func (u *universe) Close() {
	for _, m := range u.Machines() {
		m.Kill(vdisk.LoseNothing)
	}
}
