package campaign_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/campaign"
	"orrery/explore/strategy"
	"orrery/scenarios"
)

// The seed draws which protocol commits, and so what it claims to survive: three-phase commit counts on messages in time.
// A strategy does not know that when it makes a schedule or a plan.
func TestNoStrategyAccusesAProtocolOfWhatItDoesNotClaim(t *testing.T) {
	for _, k := range strategy.Kinds() {
		s, err := strategy.Parse(k.Name, 5000001)
		require.NoError(t, err)
		_, err = campaign.New(campaign.Config{
			Run: scenarios.CommitScenario().Run, Strategy: s, Executions: 60,
			Seen: func(e *campaign.Execution) bool {
				require.NoError(t, e.Diverged)
				require.False(t, campaign.Interesting(e.Result), "%s, execution %d: %s: %s", k.Name, e.N, e.Result.Property, e.Result.Detail)
				return true
			},
		}).Run(context.Background())
		require.NoError(t, err)
	}
}
