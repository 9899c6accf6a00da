package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nemesis"
)

// A sync of the identity that failed leaves pages that look clean: another sync of the same pages succeeds and
// saves nothing. A random walk over faults found the replica that counted on it.
func TestAFailedSyncOfTheIdentityIsNotCuredBySyncingAgain(t *testing.T) {
	plan, err := nemesis.ParsePlan("", []byte("1ms sync-error(n1, 40%) until 500ms"))
	require.NoError(t, err)
	for seed := range uint64(60) {
		r := paxosRun(t, trial.Options{Seed: seed, Plan: &plan, Ops: 40})
		require.NotEqual(t, checker.Violated, r.Verdict, "seed %d: %s: %s", seed, r.Property, r.Detail)
	}
}
