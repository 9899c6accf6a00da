package election_test

import (
	"fmt"

	"orrery/nodes/zab/election"
)

// Votes are ordered by epoch, then zxid, then the server's number.
func ExampleVote_After() {
	old := election.Vote{Leader: 3, Zxid: 0x1_00000009, Epoch: 1}
	new := election.Vote{Leader: 1, Zxid: 0x1_00000009, Epoch: 2}
	fmt.Println(new.After(old), old.After(new))
	// Output:
	// true false
}
