package broadcast_test

import (
	"fmt"

	"orrery/checker/guarantee/broadcast"
)

// Two replicas deliver two messages in different orders.
func Example() {
	r := broadcast.Check(broadcast.Run{Events: []broadcast.Event{
		{Kind: broadcast.Broadcast, Process: "n1", Message: "x=1"},
		{Kind: broadcast.Broadcast, Process: "n2", Message: "x=2"},
		{Kind: broadcast.Deliver, Process: "n1", Message: "x=1"},
		{Kind: broadcast.Deliver, Process: "n1", Message: "x=2"},
		{Kind: broadcast.Deliver, Process: "n2", Message: "x=2"},
	}})
	fmt.Println(r.Verdict, r.Findings[0].Anomaly)
	fmt.Println(r.Reason)
	// Output:
	// violated total-order
	// n2 delivered x=2 as number 1, where n1 had delivered x=1
}
