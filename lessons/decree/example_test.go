package decree_test

import (
	"fmt"

	"orrery/lessons/decree"
)

// Two promises tell of votes; the higher ballot counts, whichever came last.
func ExampleHighest() {
	promises := []decree.P1b{
		{Voted: decree.Ballot{Round: 2, By: "p1"}, Value: "x"},
		{Voted: decree.Ballot{Round: 1, By: "p2"}, Value: "y"},
		{},
	}
	fmt.Println(decree.Highest(promises, "z"), decree.Highest(promises[2:], "z"))
	// Output: x z
}
