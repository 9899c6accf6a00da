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

	n := election.Notification{State: election.Looking, Vote: new, Config: "version=0"}
	again, err := election.ParseNotification(n.Append(nil))
	fmt.Println(again.State, again.Vote, err)
	// Output:
	// true false
	// LOOKING 1 (zxid 100000009, epoch 2, round 0) <nil>
}
