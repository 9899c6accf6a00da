package viewer_test

import (
	"bytes"
	"fmt"
	"time"

	"orrery/trace"
	"orrery/viewer"
)

// A page of a run of three events: whatever made them, one file shows them.
func Example() {
	page := viewer.Page{
		Title: "a lost acknowledgement",
		Events: []trace.Event{
			{Seq: 1, Kind: trace.Boot, Node: "n1", Incarnation: 1},
			{Seq: 2, At: time.Millisecond, Kind: trace.Deliver, Node: "n1", Peer: "c1", Name: "Append"},
			{Seq: 3, At: 2 * time.Millisecond, CauseSeq: 2, Kind: trace.Drop, Node: "c1", Peer: "n1", Name: "Ack", Text: "lost"},
		},
	}
	var html bytes.Buffer
	if err := page.Write(&html); err != nil {
		panic(err)
	}
	fmt.Println(bytes.HasPrefix(html.Bytes(), []byte("<!doctype html>")), html.Len() < 400_000)
	// Output: true true
}
