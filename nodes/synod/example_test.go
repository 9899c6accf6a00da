package synod_test

import (
	"fmt"

	"orrery/nodes/synod"
)

// Ballots are ordered by their round first.
func ExampleBallot_Less() {
	a, b := synod.Ballot{Round: 1, Node: "n3"}, synod.Ballot{Round: 2, Node: "n1"}
	fmt.Println(a, b, a.Less(b))
	// Output: 1.n3 2.n1 true
}
