package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
)

// runLocks runs seeds until one is a violation, and returns it; nil if none is.
func runLocks(t *testing.T, seeds explore.Seeds, bug string, see func(*trial.Result)) *trial.Result {
	t.Helper()
	s := Lock()
	var found *trial.Result
	err := explore.Each(context.Background(), seeds, 0, func(seed uint64) *trial.Result {
		r, err := s.Run(trial.Options{Seed: seed, Bug: bug})
		if err != nil {
			panic(err)
		}
		return r
	}, func(_ uint64, r *trial.Result) bool {
		if see != nil {
			see(r)
		}
		if r.Verdict == checker.Violated {
			found = r
		}
		return found == nil
	})
	require.NoError(t, err)
	return found
}

func TestEveryDefectOfLocksIsFoundInItsSeeds(t *testing.T) {
	for _, b := range Lock().Bugs {
		seeds, err := explore.ParseSeeds(b.Seeds)
		require.NoError(t, err, b.Name)
		r := runLocks(t, seeds, b.Name, nil)
		if r == nil {
			t.Errorf("%s is not found in the seeds %s", b.Name, b.Seeds)
			continue
		}
		t.Logf("%-28s seed %4d: %s: %s", b.Name, r.Seed, r.Property, r.Detail)
	}
}

func TestLocksKeepWhatTheyClaim(t *testing.T) {
	seeds, err := explore.ParseSeeds("1-400")
	require.NoError(t, err)
	asked := map[string]uint64{}
	verdicts := map[checker.Verdict]int{}
	r := runLocks(t, seeds, "", func(r *trial.Result) {
		verdicts[r.Verdict]++
		for p, n := range r.Asked {
			asked[p] += n
		}
	})
	if r != nil {
		t.Fatalf("seed %d: %s: %s\n%s", r.Seed, r.Property, r.Detail, r.Plan)
	}
	t.Log(verdicts, asked)
	for _, p := range []string{lockOneHolder, lockEffects, lockTokens, lockFair} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
	require.Greater(t, verdicts[checker.Holds], 380)
}
