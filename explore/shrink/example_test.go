package shrink_test

import (
	"context"
	"fmt"

	"orrery/explore/shrink"
	"orrery/explore/trial"
	"orrery/scenarios"
)

// A defect of the museum, and what of the faults and the work was needed for it to show.
func Example() {
	paxos := scenarios.Paxos()
	o := trial.Options{Seed: 2, Bug: "accepts-lower-ballot"}
	r, err := paxos.Run(o)
	if err != nil {
		panic(err)
	}
	c := shrink.Config{Run: paxos.Run, Ops: paxos.Ops}
	found, err := c.Shrink(context.Background(), o, r)
	if err != nil {
		panic(err)
	}
	fewer := len(found.Options.Plan.Entries) <= len(r.Plan.Entries) && found.Options.Ops < paxos.Ops
	fmt.Println(found.Result.Property == r.Property, fewer, found.Complete)
	// Output: true true true
}
