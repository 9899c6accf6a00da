package campaign_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/campaign"
	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/scenarios"
)

// Whatever a strategy does to a real protocol, what it found replays without it, from the options alone.
func TestEveryViolationOfEveryStrategyReplays(t *testing.T) {
	run := scenarios.Paxos().Run
	for _, k := range strategy.Kinds() {
		s, err := strategy.Parse(k.Name, 1)
		require.NoError(t, err)
		checked := 0
		_, err = campaign.New(campaign.Config{
			Run: run, Strategy: s, Base: trial.Options{Bug: "skips-phase-one", Ops: 60}, Executions: 20,
			Seen: func(e *campaign.Execution) bool {
				require.NoError(t, e.Diverged, "%s, execution %d", k.Name, e.N)
				if campaign.Interesting(e.Result) {
					checked++
					require.True(t, e.Replays)
					r, err := run(e.Options)
					require.NoError(t, err)
					require.Equal(t, e.Result.Hash, r.Hash, "%s, execution %d", k.Name, e.N)
				}
				return true
			},
		}).Run(context.Background())
		require.NoError(t, err)
		require.Greater(t, checked, 0, k.Name)
	}
}
