package commit_test

import (
	"fmt"

	"orrery/nodes/commit"
)

// Every attempt at a transaction has a name of its own.
func ExampleTxnID_String() {
	first := commit.TxnID{Coord: "c1", Epoch: 2, N: 7, Attempt: 1}
	second := first
	second.Attempt++
	fmt.Println(first, second)
	// Output: c1.2.7 c1.2.7/2
}
