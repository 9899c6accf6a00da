package checker_test

import (
	"fmt"
	"math/rand/v2"
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

// Any object with a Model: here a queue, out of which the second element came before the first.
func ExampleLinearizable() {
	rec := checker.NewRecorder(nil)
	for _, v := range []string{"a", "b"} {
		rec.OK(rec.Invoke("producer", checker.Op{F: checker.Enqueue, In: checker.Val(v)}), checker.Value{})
	}
	rec.OK(rec.Invoke("consumer", checker.Op{F: checker.Dequeue}), checker.Val("b"))
	res := checker.Linearizable(rec.History(), checker.FIFOQueue, checker.Options{})
	fmt.Println(res.Verdict)
	fmt.Println(res.Reason)
	// Output:
	// violated
	// the queue: client consumer dequeued b at [5,6], although a, which producer had enqueued by 2, before the enqueue of b was called at 3, had not been dequeued
}

// A store that numbers its changes needs no search: here the numbers are right, and the answers are.
func ExampleInOrder() {
	rec := checker.NewRecorder(nil)
	first := rec.Invoke("c1", checker.Op{F: checker.Put, Key: "x", In: checker.Val("1")})
	second := rec.Invoke("c2", checker.Op{F: checker.Put, Key: "x", In: checker.Val("2")})
	rec.OK(second, checker.Value{})
	rec.OK(first, checker.Value{})
	rec.OK(rec.Invoke("c3", checker.Op{F: checker.Get, Key: "x"}), checker.Val("1"))
	revision := []int64{8, 7, 8} // the put of 1 came second; the get saw revision 8
	w := checker.InOrder(rec.History(), checker.KV, func(i int) (int64, bool) { return revision[i], true }, checker.Options{})
	fmt.Println(w.Order, w.Verdict)
	// Output:
	// ok ok
}

// Would the check have noticed? Ask it of histories that are wrong.
func ExampleMutator_MutationTest() {
	rec := checker.NewRecorder(nil)
	for _, v := range []string{"1", "2", "3"} {
		rec.OK(rec.Invoke("c1", checker.Op{F: checker.Put, Key: "x", In: checker.Val(v)}), checker.Value{})
		rec.OK(rec.Invoke("c2", checker.Op{F: checker.Get, Key: "x"}), checker.Val(v))
	}
	u := checker.NewMutator(rec.History(), checker.KV, rand.New(rand.NewPCG(1, 1)))
	for _, s := range u.MutationTest(10, checker.Options{}) {
		fmt.Printf("%s: %d of %d noticed\n", s.Kind, s.Caught, s.Certain)
	}
	// Output:
	// stale read: 10 of 10 noticed
	// swapped results: 10 of 10 noticed
	// lost write: 10 of 10 noticed
	// duplicate: 10 of 10 noticed
	// reorder: 10 of 10 noticed
}
