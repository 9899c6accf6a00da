package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

func zkRun(t *testing.T, o trial.Options) *trial.Result {
	t.Helper()
	r, err := ZooKeeper().Run(o)
	require.NoError(t, err)
	return r
}

func TestAnEnsembleKeepsItsPromises(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		r := zkRun(t, trial.Options{Seed: seed})
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
	}
}
