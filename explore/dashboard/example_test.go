package dashboard_test

import (
	"fmt"
	"os"

	"orrery/explore/dashboard"
)

// A hunt publishes how it goes, and whoever looks into its directory sees it.
func Example() {
	dir, err := os.MkdirTemp("", "dashboard")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	b := dashboard.Bulletin{Session: "7", Workers: 2, Legs: []dashboard.Leg{{Scenario: "paxos", Executions: 120}}}
	p, err := dashboard.Publish(dir, b)
	if err != nil {
		panic(err)
	}
	b.Ending = "the budget is spent"
	if err := p.Close(b); err != nil {
		panic(err)
	}

	hunts, _ := dashboard.Bulletins(dir)
	fmt.Printf("hunt %s ran %d executions: %s\n", hunts[0].Session, hunts[0].Executions(), hunts[0].Ending)
	// Output: hunt 7 ran 120 executions: the budget is spent
}
