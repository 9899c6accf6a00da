package partition_test

import (
	"fmt"

	"orrery/lessons/partition"
)

// A record that was sent twice is in the log once, and one of an earlier instance of its producer is refused.
func ExampleStandard_Judge() {
	last := partition.Stamp{Producer: "p", Epoch: 2, Seq: 7}
	for _, next := range []partition.Stamp{{"p", 2, 7}, {"p", 2, 8}, {"p", 2, 9}, {"p", 1, 20}, {"p", 3, 0}} {
		fmt.Print(partition.Standard{}.Judge(last, true, next), " ")
	}
	fmt.Println(partition.Append, partition.Duplicate, partition.Fenced, partition.OutOfOrder)
	// Output: 1 0 3 2 0 0 1 2 3
}
