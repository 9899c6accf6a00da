package lock_test

import (
	"fmt"

	"orrery/nodes/lock"
)

// The token grows whenever the lock changes hands, and the queue keeps its order.
func ExampleLedger() {
	var l lock.Ledger
	a, b := lock.Claim{Owner: "a", N: 1}, lock.Claim{Owner: "b", N: 1}
	l.Join(a, lock.Quirks{})
	l.Join(b, lock.Quirks{})
	fmt.Println(l.Token, l.Queue)
	l.Leave(a, lock.Quirks{})
	fmt.Println(l.Token, l.Queue)
	// Output:
	// 1 [a#1 b#1]
	// 2 [b#1]
}
