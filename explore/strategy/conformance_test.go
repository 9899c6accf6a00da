package strategy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/scenarios"
	"orrery/sim"
)

// run runs executions [from, to) of a strategy on Paxos, and hands on each with what came of it.
func run(t *testing.T, s strategy.Strategy, from, to uint64, base trial.Options, got func(n uint64, o trial.Options, r *trial.Result)) {
	t.Helper()
	paxos := scenarios.Paxos()
	type execution struct {
		o trial.Options
		r *trial.Result
	}
	var batch []execution
	for n := from; n < to; n++ {
		o := s.Next(n, base)
		r, err := paxos.Run(o)
		require.NoError(t, err)
		got(n, o, r)
		batch = append(batch, execution{o, r})
	}
	for i, e := range batch {
		s.Learn(from+uint64(i), e.o, e.r)
	}
}

// kinds calls test for every kind there is.
func kinds(t *testing.T, test func(t *testing.T, spec string)) {
	for _, k := range strategy.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			test(t, k.Name)
		})
	}
}

// What a strategy does is in the options and in the recorded draws: frozen, an execution needs neither
// the strategy nor its scheduler, and is the same run, also after it was written to a file.
func TestAFrozenExecutionIsTheSameRun(t *testing.T) {
	paxos := scenarios.Paxos()
	kinds(t, func(t *testing.T, spec string) {
		s, err := strategy.Parse(spec, 500)
		require.NoError(t, err)
		steered := 0
		for batch := range uint64(3) {
			var draws []sim.Draw
			run(t, s, 6*batch, 6*batch+6, trial.Options{Ops: 40, RecordDraws: &draws}, func(n uint64, o trial.Options, r *trial.Result) {
				frozen := strategy.Freeze(o, draws)
				draws = nil
				require.Nil(t, frozen.Scheduler)
				require.Nil(t, frozen.Source)
				overrides, err := json.Marshal(frozen.Overrides)
				require.NoError(t, err)
				frozen.Overrides = nil
				require.NoError(t, json.Unmarshal(overrides, &frozen.Overrides))
				again, err := paxos.Run(frozen)
				require.NoError(t, err)
				require.Equal(t, r.Hash, again.Hash, "execution %d", n)
				require.Equal(t, r.Verdict, again.Verdict)
				if o.Scheduler != nil && len(frozen.Overrides) > 0 {
					steered++
				}
			})
		}
		k, _, err := strategy.KindOf(spec)
		require.NoError(t, err)
		if len(k.Params) > 0 && k.Params[len(k.Params)-1].Name == "window" {
			require.Positive(t, steered, "nothing was put into another order")
		}
	})
}

// The same seed makes the same executions, and asking for one twice is asking for it once.
func TestExecutionsAreAFunctionOfTheSeedAndOfWhatWasLearnt(t *testing.T) {
	kinds(t, func(t *testing.T, spec string) {
		campaign := func(seed uint64, twice bool) (hashes []string) {
			s, err := strategy.Parse(spec, seed)
			require.NoError(t, err)
			for batch := range uint64(3) {
				if twice {
					s.Next(5*batch+2, trial.Options{Ops: 20})
				}
				run(t, s, 5*batch, 5*batch+5, trial.Options{Ops: 20}, func(_ uint64, _ trial.Options, r *trial.Result) { hashes = append(hashes, r.Hash) })
			}
			return hashes
		}
		first := campaign(7, false)
		require.Equal(t, first, campaign(7, false))
		require.NotEqual(t, first, campaign(8, false))
	})
}

// A strategy that was told what another one remembered goes on as that one.
func TestAKeeperGoesOnFromItsMemory(t *testing.T) {
	for _, k := range strategy.Kinds() {
		spec := k.Name
		base := trial.Options{Ops: 20}
		a, err := strategy.Parse(spec, 11)
		require.NoError(t, err)
		if _, keeps := a.(strategy.Keeper); !keeps {
			continue
		}
		run(t, a, 0, 10, base, func(uint64, trial.Options, *trial.Result) {})
		memory, err := a.(strategy.Keeper).Memory()
		require.NoError(t, err)
		b, err := strategy.Parse(spec, 11)
		require.NoError(t, err)
		require.NoError(t, b.(strategy.Keeper).Remember(memory))
		var first, second []string
		run(t, a, 10, 20, base, func(_ uint64, _ trial.Options, r *trial.Result) { first = append(first, r.Hash) })
		run(t, b, 10, 20, base, func(_ uint64, _ trial.Options, r *trial.Result) { second = append(second, r.Hash) })
		require.Equal(t, first, second, spec)
		require.Error(t, b.(strategy.Keeper).Remember([]byte("nonsense")))
	}
}
