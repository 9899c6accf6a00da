package memory_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee/memory"
)

// Alice posts, Bob answers, and Carol sees the answer without the post.
func Example() {
	post, answer := checker.Val("lost my ring"), checker.Val("found it")
	h := checker.History{
		{ID: 1, Client: "alice", F: checker.Write, Key: "post", In: post, Status: checker.OK, Call: 1, Ret: 2},
		{ID: 2, Client: "bob", F: checker.Read, Key: "post", Out: post, Status: checker.OK, Call: 3, Ret: 4},
		{ID: 3, Client: "bob", F: checker.Write, Key: "answer", In: answer, Status: checker.OK, Call: 5, Ret: 6},
		{ID: 4, Client: "carol", F: checker.Read, Key: "answer", Out: answer, Status: checker.OK, Call: 7, Ret: 8},
		{ID: 5, Client: "carol", F: checker.Read, Key: "post", Out: checker.Unset, Status: checker.OK, Call: 9, Ret: 10},
	}
	r := memory.Causal(h, memory.Options{})
	fmt.Println(r.Verdict, r.Findings[0].Anomaly)
	fmt.Println(r.Reason)
	fmt.Println(memory.PRAM(h, memory.Options{}).Verdict)
	// Output:
	// violated WriteCOInitRead
	// client carol read post=unset, although client alice wrote post="lost my ring" is before it
	// ok
}
