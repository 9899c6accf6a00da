package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

func paxosRun(t *testing.T, o trial.Options) *trial.Result {
	t.Helper()
	r, err := Paxos().Run(o)
	require.NoError(t, err)
	return r
}

func TestWatchingChangesNothing(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		plain := paxosRun(t, trial.Options{Seed: seed})
		require.Equal(t, checker.Holds, plain.Verdict, plain.Detail)
		require.Equal(t, plain.Hash, paxosRun(t, trial.Options{Seed: seed}).Hash)
		var rec trace.Recorder
		var draws []sim.Draw
		require.Equal(t, plain.Hash, paxosRun(t, trial.Options{Seed: seed, Recorder: &rec, States: true, RecordDraws: &draws}).Hash)
		require.NotEmpty(t, draws)
	}
}

// There is one door for all entropy: whoever pins every draw has the run, whatever the seed.
func TestAllThatChanceDecidesIsADraw(t *testing.T) {
	var draws []sim.Draw
	first := paxosRun(t, trial.Options{Seed: 3, RecordDraws: &draws})
	pins := make([]sim.Override, 0, len(draws))
	for _, d := range draws {
		pins = append(pins, sim.Override{Stream: d.Stream, ID: sim.DrawID(d.ID), Value: d.Value})
	}
	require.Equal(t, first.Hash, paxosRun(t, trial.Options{Seed: 4, Overrides: pins}).Hash)
	require.NotEqual(t, first.Hash, paxosRun(t, trial.Options{Seed: 4}).Hash)
}

// A plan with one fault less leaves the others' draws alone: the run is the same up to the
// moment at which that fault would have begun.
func TestARunIsTheSameUntilTheFaultThatIsLeftOut(t *testing.T) {
	for seed := uint64(1); ; seed++ {
		whole := paxosRun(t, trial.Options{Seed: seed})
		n := len(whole.Plan.Entries)
		if n < 3 {
			continue
		}
		last := whole.Plan.Entries[n-1]
		shorter := whole.Plan.Without(n - 1)
		var a, b trace.Recorder
		paxosRun(t, trial.Options{Seed: seed, Recorder: &a, Plan: &whole.Plan})
		paxosRun(t, trial.Options{Seed: seed, Recorder: &b, Plan: &shorter})
		d := trace.Diff(a.Collect(), b.Collect())
		require.NotNil(t, d)
		require.GreaterOrEqual(t, a.At(d.Index).At, last.At)
		return
	}
}

func TestAForkSharesThePast(t *testing.T) {
	const at = 1000
	var a, b trace.Recorder
	paxosRun(t, trial.Options{Seed: 5, Recorder: &a})
	paxosRun(t, trial.Options{Seed: 5, Recorder: &b, Fork: &sim.Fork{At: at, Seed: 6}})
	d := trace.Diff(a.Collect(), b.Collect())
	require.NotNil(t, d)
	require.GreaterOrEqual(t, a.At(d.Index).Seq, uint64(at))
}
