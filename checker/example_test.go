package checker_test

import (
	"fmt"
	"os"
	"strings"

	"orrery/checker"
)

// A client reads back an old value after a new one was acknowledged to another client.
func Example() {
	rec := checker.NewRecorder(nil) // nil: time is a counter of events

	for _, v := range []string{"1", "2"} {
		put := rec.Invoke("c1", checker.Op{F: checker.Put, Key: "x", In: checker.Val(v)})
		rec.OK(put, checker.Value{})
	}
	get := rec.Invoke("c2", checker.Op{F: checker.Get, Key: "x"})
	rec.OK(get, checker.Val("1"))

	h := rec.History()
	res := checker.Linearizable(h, checker.KV, checker.Options{})
	fmt.Println(res.Verdict)
	fmt.Println(checker.Explain(h, checker.KV, res, checker.Options{}).Sentence)
	// Output:
	// violated
	// client c2 read x=1 at [5,6], although c1's put x=2, called at 3, had been acknowledged at 4, and no later write of 1 exists (x=1 is c1's put at [1,2])
}

// An operation without an answer may have happened; the check allows for both.
func ExampleRecorder_Maybe() {
	rec := checker.NewRecorder(nil)
	put := rec.Invoke("c1", checker.Op{F: checker.Put, Key: "x", In: checker.Val("1")})
	rec.OK(put, checker.Value{})
	lost := rec.Invoke("c1", checker.Op{F: checker.Put, Key: "x", In: checker.Val("2")})
	rec.Maybe(lost) // timed out
	for _, seen := range []string{"1", "2"} {
		get := rec.Invoke("c2", checker.Op{F: checker.Get, Key: "x"})
		rec.OK(get, checker.Val(seen))
	}
	res := checker.Linearizable(rec.History(), checker.KV, checker.Options{})
	fmt.Println(res.Verdict, "-", res.Coverage.String())
	// Output:
	// ok - 4 operations (3 ok, 1 maybe, 0 fail, 0 mismatch), 2 telling answers, 0 forced, 0 concurrent pairs
}

func ExampleWriteHistory() {
	h, err := checker.ReadHistory(strings.NewReader(`{"type":"invoke","process":0,"f":"write","key":"x","value":3}
{"type":"info","process":0,"f":"write","key":"x","value":3}
`), "jepsen.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := checker.WriteHistory(os.Stdout, h); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"format":"orrery-history","version":1}
	// {"id":0,"client":"0","f":"write","key":"x","in":"3","call":1,"ret":2,"status":"maybe"}
}

// The ghost of agreement objects at the very event that breaks it.
func ExampleAgreement() {
	ghost := checker.NewAgreement(checker.Nodes{"n1", "n2", "n3"}, checker.Majority(3))
	old, young := checker.Ballot{Round: 1, Node: 1}, checker.Ballot{Round: 2, Node: 2}
	fmt.Println(ghost.Accepted(0, old, 7, 0xa))
	fmt.Println(ghost.Accepted(1, old, 7, 0xa)) // two of three: chosen
	fmt.Println(ghost.Proposed(young, 7, 0xb))
	// Output:
	// <nil>
	// <nil>
	// chosen-is-for-ever: ballot 2.2 proposes #000000000000000b for slot 7, although ballot 1.1 chose #000000000000000a
}
