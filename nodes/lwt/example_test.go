package lwt_test

import (
	"fmt"

	"orrery/nodes/lwt"
)

// Ballots are ordered by their time first.
func ExampleBallot_Compare() {
	a, b := lwt.Ballot{Time: 1, Node: "n3"}, lwt.Ballot{Time: 2, Node: "n1"}
	fmt.Println(a, b, a.Compare(b))
	// Output: 1.n3 2.n1 -1
}
