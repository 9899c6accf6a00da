package group_test

import (
	"fmt"

	"orrery/checker/guarantee/group"
)

// A member that was thrown out commits, and the coordinator lets it.
func Example() {
	r := group.Check(group.Run{Topics: map[string][]string{"orders": {"orders-0"}}, Events: []group.Event{
		{Kind: group.Subscribe, Member: "c1", Topics: []string{"orders"}},
		{Kind: group.Assign, Generation: 1, Assignments: []group.Assignment{{Member: "c1", Partitions: []string{"orders-0"}}}},
		{Kind: group.Subscribe, Member: "c2", Topics: []string{"orders"}},
		{Kind: group.Assign, Generation: 2, Assignments: []group.Assignment{{Member: "c2", Partitions: []string{"orders-0"}}}},
		{Kind: group.Commit, Member: "c1", Generation: 1, Partition: "orders-0", Offset: 12},
	}})
	fmt.Println(r.Verdict)
	fmt.Println(r.Reason)
	// Output:
	// violated
	// c1 committed orders-0 in generation 1, and it was generation 2 by then
}
