package lock_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee/lock"
)

// A client pauses past its lease, and the storage behind the lock does not look at tokens.
func Example() {
	h := []lock.Op{
		{Client: "c1", Lock: "file", Kind: lock.Acquire, Token: 33, Status: checker.OK, Call: 1, Ret: 2},
		{Client: "c2", Lock: "file", Kind: lock.Acquire, Token: 34, Status: checker.OK, Call: 40, Ret: 41},
		{Client: "c2", Lock: "file", Kind: lock.Access, Token: 34, Status: checker.OK, Call: 42, Ret: 43},
		{Client: "c1", Lock: "file", Kind: lock.Access, Token: 33, Status: checker.OK, Call: 50, Ret: 51},
	}
	r := lock.Check(h, lock.Options{Fenced: true, Guarded: true})
	fmt.Println(r.Verdict)
	fmt.Println(r.Reason)
	// Output:
	// violated
	// c1 was let in with the token 33 of file, after c2 had been with 34
}
