package commit_test

import (
	"fmt"

	"orrery/checker/guarantee/commit"
)

// Three-phase commit in a partition: one side had heard of the precommit and commits, the other gives up.
func Example() {
	both := []string{"n1", "n2"}
	r := commit.Check(commit.Run{Events: []commit.Event{
		{Kind: commit.Begin, Txn: "t7", Participants: both},
		{Kind: commit.Vote, Txn: "t7", Process: "n1", Yes: true},
		{Kind: commit.Vote, Txn: "t7", Process: "n2", Yes: true},
		{Kind: commit.Fault},
		{Kind: commit.Decide, Txn: "t7", Process: "n1", Yes: true},
		{Kind: commit.Decide, Txn: "t7", Process: "n2"},
	}})
	fmt.Println(r.Verdict, r.Findings[0].Anomaly)
	fmt.Println(r.Reason)
	// Output:
	// violated AC1
	// n1 decides to commit t7, but n2 decides to abort t7
}
