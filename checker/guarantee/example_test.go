package guarantee_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// A set that lost an acknowledged element.
func Example() {
	r := guarantee.Set([]guarantee.SetOp{
		{Client: "c1", Element: "7", Status: checker.OK, Call: 1, Ret: 2},
		{Client: "c1", Element: "8", Status: checker.OK, Call: 3, Ret: 4},
		{Client: "c2", Read: true, Seen: []string{"8"}, Status: checker.OK, Call: 5, Ret: 6},
	}, guarantee.SetOptions{})
	fmt.Println(r.Verdict)
	fmt.Println(r.Reason)
	fmt.Println(r.Coverage)
	// Output:
	// violated
	// 7 was there at 2, but c2 read 1 elements [5,6] ok did not see it, and nobody saw it later
	// 2 acknowledged adds, 1 reads, 1 reads after the last acknowledged add, 0 adds with an unknown end that were seen
}

// A check of one's own: balances must never be odd.
func ExampleNewReport() {
	balances := []int{2, 4, 5}
	r := guarantee.NewReport("even")
	for i, b := range balances {
		if b%2 != 0 {
			ops := guarantee.Cite(func(i int) string { return fmt.Sprint("balance ", balances[i]) }, i)
			r.Found("odd", "", ops, "the balance was %d", b)
		}
	}
	r.Measure("balances", len(balances), 1)
	done := r.Done()
	fmt.Println(done.Verdict, done.Findings[0].Ops[0].Text)
	// Output: violated balance 5
}
