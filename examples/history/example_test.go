package history_test

import (
	"fmt"

	"orrery/checker"
	"orrery/examples/history"
)

// A reader is between its two steps while a writer does both of its own.
func Example() {
	c := history.New()
	c.NoLeases = true
	rec := checker.NewRecorder(nil)
	put := func(client, value string) {
		op := rec.Invoke(client, checker.Op{F: checker.Put, Key: "x", In: checker.Val(value)})
		c.Write("x", value)
		rec.OK(op, checker.Value{})
	}

	put("writer", "1")
	slow := rec.Invoke("slow", checker.Op{F: checker.Get, Key: "x"})
	reading := c.Begin("x")
	put("writer", "2")
	v, _ := reading.Finish() // fills the cache with 1
	rec.OK(slow, checker.Val(v))
	late := rec.Invoke("late", checker.Op{F: checker.Get, Key: "x"})
	v, _ = c.Begin("x").Finish()
	rec.OK(late, checker.Val(v))

	h := rec.History()
	res := checker.Linearizable(h, checker.KV, checker.Options{})
	fmt.Println(res.Verdict)
	fmt.Println(checker.Explain(h, checker.KV, res, checker.Options{}).Sentence)
	// Output:
	// violated
	// client late read x=1 at [7,8], although writer's put x=2, called at 4, had been acknowledged at 5, and no later write of 1 exists (x=1 is writer's put at [1,2])
}
