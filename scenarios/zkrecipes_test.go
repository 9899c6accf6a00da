package scenarios

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
	"orrery/trace"
)

// Every wrong form of a recipe is found within the seeds that its entry names, and by the property that it breaks.
func TestEveryWrongRecipeIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("32 wrong forms take some seconds")
	}
	s := ZooKeeperRecipes()
	require.GreaterOrEqual(t, len(s.Bugs), 32)
	for _, b := range s.Bugs {
		seeds, err := explore.ParseSeeds(b.Seeds)
		require.NoError(t, err, b.Name)
		var found *trial.Result
		err = explore.Each(context.Background(), seeds, 0, func(seed uint64) *trial.Result {
			r, err := s.Run(trial.Options{Seed: seed, Bug: b.Name})
			if err != nil {
				panic(err)
			}
			return r
		}, func(_ uint64, r *trial.Result) bool {
			if r.Verdict == checker.Violated && r.Property == b.Breaks {
				found = r
			}
			return found == nil
		})
		require.NoError(t, err)
		require.NotNil(t, found, "%s is not found in the seeds %s", b.Name, b.Seeds)
		t.Logf("%-28s seed %4d: %s", b.Name, found.Seed, found.Property)
	}
}

// The right forms pass, each of them was used, and each property was looked at where it could have failed.
func TestRightRecipesRaiseNoAlarm(t *testing.T) {
	n := uint64(150)
	if testing.Short() {
		n = 40
	}
	s := ZooKeeperRecipes()
	asked := map[string]uint64{}
	err := explore.Each(context.Background(), explore.Seeds{First: 1, Last: n}, 0, func(seed uint64) *trial.Result {
		r, err := s.Run(trial.Options{Seed: seed})
		if err != nil {
			panic(err)
		}
		return r
	}, func(seed uint64, r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s %s", seed, r.Property, r.Detail, r.Stack)
		for p, k := range r.Asked {
			asked[p] += k
		}
		return true
	})
	require.NoError(t, err)
	if testing.Short() {
		return
	}
	for _, p := range []string{recipeEffects, recipeUpdates, recipeExclusion, recipeHerd, recipeLeaders, recipeTogether, recipeGate, recipeAtomic,
		recipeCounter, recipeQueue, recipePriority, recipeUpdatesStay, recipeTold} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
		t.Logf("%-40s looked at %6d times", p, asked[p])
	}
}

// A seed has one hash, recorded or not.
func TestRecipesReplay(t *testing.T) {
	s := ZooKeeperRecipes()
	for seed := uint64(1); seed <= 6; seed++ {
		a, err := s.Run(trial.Options{Seed: seed})
		require.NoError(t, err)
		b, err := s.Run(trial.Options{Seed: seed, States: true, Recorder: &trace.Recorder{}})
		require.NoError(t, err)
		require.Equal(t, a.Hash, b.Hash, "seed %d", seed)
	}
}

// How long it takes until others have noticed a registration, and what they are told on the way. The figures are a measure; that
// every consumer has noticed in the end is demanded of each universe.
func TestDiscoveryIsMeasured(t *testing.T) {
	var took []time.Duration
	notified, repeated := 0, 0
	for seed := uint64(1); seed <= 60; seed++ {
		var d *discoveryPart
		_, err := trial.Run(trial.Options{Seed: seed}, func(w *trial.World) error {
			err := ZooKeeperRecipes().Build(w)
			for _, p := range w.Workload.(*recipeWorld).parts {
				if p, ok := p.(*discoveryPart); ok {
					d = p
				}
			}
			return err
		})
		require.NoError(t, err)
		if d != nil {
			t, n, again := d.noticing()
			took, notified, repeated = append(took, t...), notified+n, repeated+again
		}
	}
	require.NotEmpty(t, took)
	require.Greater(t, notified, 0)
	slices.Sort(took)
	t.Logf("%d registrations were noticed after %v (median), %v (nine tenths), %v (longest); of %d events %d changed nothing",
		len(took), took[len(took)/2], took[len(took)*9/10], took[len(took)-1], notified, repeated)
}
