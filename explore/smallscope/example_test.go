package smallscope_test

import (
	"context"
	"fmt"

	"orrery/explore/smallscope"
	"orrery/nodes/synod"
	"orrery/scenarios"
)

// All executions of a proposer and three acceptors, and of two proposers of which one forgets to ask for promises.
func Example() {
	scope := scenarios.SynodScope{Acceptors: 3, Proposers: 1, Attempts: 1}
	fmt.Println(scenarios.SynodWorld(scope, synod.Quirks{}).Search(context.Background(), smallscope.Bounds{}, nil))

	scope.Proposers = 2
	w := scenarios.SynodWorld(scope, synod.Quirks{SkipsPhaseOne: true})
	r := w.Search(context.Background(), smallscope.Bounds{}, nil)
	fmt.Println(r.Violation.Property)
	fmt.Println(len(w.Shorten(smallscope.Bounds{}, r.Violation).Schedule), "steps")
	// Output:
	// exhausted: 30 states, none violates
	// agreement
	// 4 steps
}
