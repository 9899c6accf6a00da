package explain_test

import (
	"context"
	"fmt"

	"orrery/explore/explain"
	"orrery/explore/trial"
	"orrery/scenarios"
)

// Why does an acceptor that counts a refusal as a vote choose two values?
func Example() {
	paxos := scenarios.Paxos()
	o := trial.Options{Seed: 1, Bug: "small-quorum"}
	c := explain.Config{Run: paxos.Run, Describe: paxos.Describe, Siblings: 4, Points: 6}
	x, err := c.Explain(context.Background(), o)
	if err != nil {
		panic(err)
	}
	fmt.Println(x.Property, len(x.Story) <= 15, x.Curve[len(x.Curve)-1].Share())
	// Output: promises-before-proposal true 100
}
