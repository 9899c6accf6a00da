package campaign_test

import (
	"context"
	"fmt"

	"orrery/explore/campaign"
	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/scenarios"
)

// A campaign that looks for the first violation of a protocol with a historical defect.
func Example() {
	s, err := strategy.Parse("swarm", 1)
	if err != nil {
		panic(err)
	}
	found := false
	ending, err := campaign.New(campaign.Config{
		Run: scenarios.Paxos().Run, Strategy: s, Base: trial.Options{Bug: "skips-phase-one"},
		Executions: 200, Until: campaign.Violation,
		Seen: func(e *campaign.Execution) bool {
			found = found || e.Found()
			return true
		},
	}).Run(context.Background())
	fmt.Println(ending, found, err)
	// Output: stopped at the first violation true <nil>
}
