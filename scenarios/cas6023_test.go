package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/scenarios"
)

// casHits is how many of 1,000 executions find something, with requests one after the other, as the
// published figures have it.
func casHits(t *testing.T, spec, bug string) (hits int) {
	t.Helper()
	scenario, err := scenarios.Named("cas6023")
	require.NoError(t, err)
	s, err := strategy.Parse(spec, 1)
	require.NoError(t, err)
	for n := range uint64(1000) {
		o := s.Next(n, trial.Options{Bug: bug, Clients: 1, Profile: "calm"})
		r, err := scenario.Run(o)
		require.NoError(t, err)
		s.Learn(n, o, r)
		if r.Verdict == checker.Violated {
			require.Equal(t, "no superseded update", r.Property, r.Detail)
			hits++
		} else {
			require.Equal(t, checker.Holds, r.Verdict, r.Detail)
		}
	}
	return hits
}

// The reference's reduction of the bug gives PCTCP 10.5 to 13.5 hits in 1,000 executions, and a random walk 0.25.
func TestPCTCPFindsTheSupersededUpdateOfCassandra6023(t *testing.T) {
	hits := casHits(t, "pctcp:d=5,window=60000", "cas-one-ballot")
	t.Logf("%d of 1,000 executions", hits)
	require.GreaterOrEqual(t, hits, 15)
}

func TestARandomWalkHardlyFindsTheSupersededUpdateOfCassandra6023(t *testing.T) {
	require.LessOrEqual(t, casHits(t, "random:window=60000,faults=0", "cas-one-ballot"), 3)
}

func TestCassandrasCompareAndSetIsRightWithTwoBallots(t *testing.T) {
	require.Zero(t, casHits(t, "pctcp:d=5,window=60000", ""))
}
