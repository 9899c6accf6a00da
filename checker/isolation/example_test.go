package isolation_test

import (
	"fmt"
	"os"
	"strings"

	"orrery/checker/isolation"
)

// Two doctors go off call, each because the other is still on: write skew, which snapshot isolation allows.
func Example() {
	h := []isolation.Txn{
		{ID: 1, Process: 0, Type: isolation.OK, Invoke: 1, Return: 4,
			Mops: []isolation.Mop{isolation.Read("alice"), isolation.Append("bob", 1)}},
		{ID: 2, Process: 1, Type: isolation.OK, Invoke: 2, Return: 3,
			Mops: []isolation.Mop{isolation.Read("bob"), isolation.Append("alice", 1)}},
	}
	res := isolation.Check(h, isolation.Options{Level: isolation.Serializable})
	fmt.Println(res.Verdict)
	fmt.Println(res.Reason)
	fmt.Println(isolation.Check(h, isolation.Options{Level: isolation.SnapshotIsolation}).Verdict)
	// Output:
	// violated
	// G2-item: T1 precedes T2, because T1 read alice as [] and did not observe T2's append of 1; but T2 precedes T1, because T2 read bob as [] and did not observe T1's append of 1: a cycle
	// ok
}

// A history from a file, as Jepsen writes micro-operations.
func ExampleReadHistory() {
	h, err := isolation.ReadHistory(strings.NewReader(`
{"process":0,"type":"ok","mops":[["w","x",1]],"invoke":1,"return":2}
{"process":1,"type":"ok","mops":[["r","x",null]],"invoke":3,"return":4}
`), "stale.jsonl")
	if err != nil {
		fmt.Println(err)
		return
	}
	res := isolation.Check(h, isolation.Options{})
	fmt.Println(res.Reason)
	fmt.Println(res.Coverage.String())
	if err := isolation.WriteHistory(os.Stdout, h[1:]); err != nil {
		fmt.Println(err)
	}
	// Output:
	// G-single-item-realtime: T1 precedes T0, because T1 read x as unset, the version before T0's 1; but T0 precedes T1, because T0 had returned at 2 when T1 was invoked at 3: a cycle
	// 2 transactions (2 ok, 0 fail, 0 info), edges 0 ww, 0 wr, 1 rw, 0 process, 1 realtime, 0 without one, version order known of 100 % of 1 keys
	// {"format":"orrery-transactions","version":1}
	// {"id":1,"process":1,"type":"ok","mops":[["r","x",null]],"invoke":3,"return":4}
}
