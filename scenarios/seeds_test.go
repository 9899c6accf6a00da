package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
)

// eachSeed runs the seeds of a range, until see returns false.
func eachSeed(t *testing.T, s *Scenario, seeds, bug string, see func(*trial.Result) bool) {
	t.Helper()
	list, err := explore.ParseSeeds(seeds)
	require.NoError(t, err)
	err = explore.Each(context.Background(), list, 0, func(seed uint64) *trial.Result {
		r, err := s.Run(trial.Options{Seed: seed, Bug: bug})
		if err != nil {
			panic(err)
		}
		return r
	}, func(_ uint64, r *trial.Result) bool { return see(r) })
	require.NoError(t, err)
}

// soonFound tells whether a defect is found in few seeds: all others cost minutes, and are left to ".ci/run mutants".
func soonFound(t *testing.T, b Bug) bool {
	t.Helper()
	if b.Seeds == "" {
		return false
	}
	seeds, err := explore.ParseSeeds(b.Seeds)
	require.NoError(t, err, b.Name)
	return seeds.Last <= 60
}

// requireFound says that a defect is found in its seeds, by whatever property.
func requireFound(t *testing.T, s *Scenario, b Bug) {
	t.Helper()
	var found *trial.Result
	eachSeed(t, s, b.Seeds, b.Name, func(r *trial.Result) bool {
		if r.Verdict == checker.Violated {
			found = r
		}
		return found == nil
	})
	require.NotNil(t, found, "%s: %s is not found in the seeds %s", s.Name, b.Name, b.Seeds)
	t.Logf("%-16s %-30s seed %4d: %s", s.Name, b.Name, found.Seed, found.Property)
}
