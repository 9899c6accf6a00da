package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
)

// Every defect of atomic commitment is found within the seeds that its entry names.
func TestEveryDefectOfAtomicCommitmentIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("10 defects take some seconds")
	}
	s := CommitScenario()
	require.Len(t, s.Bugs, 10)
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
			if r.Verdict == checker.Violated {
				found = r
			}
			return found == nil
		})
		require.NoError(t, err)
		require.NotNil(t, found, "%s is not found in the seeds %s", b.Name, b.Seeds)
		t.Logf("%-22s seed %4d: %s", b.Name, found.Seed, found.Property)
	}
}
