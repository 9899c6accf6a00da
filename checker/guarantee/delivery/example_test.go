package delivery_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee/delivery"
)

// A worker wrote its output, was killed before it committed its offsets, and its successor did the same work again.
func Example() {
	r := delivery.Messages([]delivery.Op{
		{Client: "producer", Message: "order 7", Status: checker.OK, Call: 1, Ret: 2},
		{Client: "w1", Effect: true, Message: "order 7", Status: checker.OK, Call: 3, Ret: 4},
		{Client: "w2", Effect: true, Message: "order 7", Status: checker.OK, Call: 8, Ret: 9},
	}, delivery.ExactlyOnce, true)
	fmt.Println(r.Verdict)
	fmt.Println(r.Reason)
	// Output:
	// violated
	// w1 processed order 7 [3,4] ok, and w2 processed order 7 [8,9] ok
}
