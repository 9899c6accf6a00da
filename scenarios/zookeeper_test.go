package scenarios

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

func zkRun(t testing.TB, o trial.Options) *trial.Result {
	t.Helper()
	r, err := ZooKeeper().Run(o)
	require.NoError(t, err)
	return r
}

func TestAnEnsembleKeepsItsPromises(t *testing.T) {
	ops := 0
	for seed := uint64(1); seed <= 60; seed++ {
		r := zkRun(t, trial.Options{Seed: seed})
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
		ops += r.Ops
	}
	require.Greater(t, ops, 1000)
}

func TestWatchingAnEnsembleChangesNothing(t *testing.T) {
	for seed := uint64(1); seed <= 6; seed++ {
		plain := zkRun(t, trial.Options{Seed: seed})
		require.Equal(t, plain.Hash, zkRun(t, trial.Options{Seed: seed}).Hash)
		var rec trace.Recorder
		var draws []sim.Draw
		require.Equal(t, plain.Hash, zkRun(t, trial.Options{Seed: seed, Recorder: &rec, States: true, RecordDraws: &draws}).Hash)
		require.NotEmpty(t, draws)
	}
}

// There is one door for all entropy: whoever pins every draw has the run, whatever the seed.
func TestAllThatChanceDecidesOfAnEnsembleIsADraw(t *testing.T) {
	var draws []sim.Draw
	first := zkRun(t, trial.Options{Seed: 3, RecordDraws: &draws})
	pins := make([]sim.Override, 0, len(draws))
	for _, d := range draws {
		pins = append(pins, sim.Override{Stream: d.Stream, ID: sim.DrawID(d.ID), Value: d.Value})
	}
	require.Equal(t, first.Hash, zkRun(t, trial.Options{Seed: 4, Overrides: pins}).Hash)
	require.NotEqual(t, first.Hash, zkRun(t, trial.Options{Seed: 4}).Hash)
}

// Every defect whose entry names seeds is found in them. That the correct server passes the same seeds is the business of the
// campaigns of CI.
func TestEveryDefectOfZooKeeperIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("the museum takes some seconds")
	}
	zk := ZooKeeper()
	for _, b := range zk.Bugs {
		if soonFound(t, b) {
			requireFound(t, zk, b)
		}
	}
}

// BenchmarkZooKeeperUniverse is what a hunt through an ensemble's defects is made of: universes of three servers and one client. Small
// is the scope in which published searches work: ten operations, and at most three crashes.
func BenchmarkZooKeeperUniverse(b *testing.B) {
	for _, c := range []struct {
		name string
		o    trial.Options
	}{
		{"small", trial.Options{Nodes: 3, Clients: 1, Ops: 10, Nemesis: []string{"crash"}}},
		{"default", trial.Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
			b.ReportAllocs()
			events := uint64(0)
			o := c.o
			for o.Seed = 1; b.Loop(); o.Seed++ {
				events += zkRun(b, o).Events
			}
			b.ReportMetric(float64(events)/float64(b.N), "events/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "universes/s")
		})
	}
}
