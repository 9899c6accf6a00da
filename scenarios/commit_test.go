package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

func TestCommitHoldsInAllWeathers(t *testing.T) {
	s := CommitScenario()
	for seed := uint64(1); seed <= 60; seed++ {
		r, err := s.Run(trial.Options{Seed: seed})
		require.NoError(t, err)
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s", seed, r.Property, r.Detail)
	}
}
