package kafka_test

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/kafka"
)

// A broker acknowledged three records, and after a failover the second was gone.
func Example() {
	h := []kafka.Op{
		{Process: 1, F: kafka.Work, Status: checker.OK, Mops: []kafka.Mop{kafka.Send("orders-0", 10, 0)}, Invoke: 1, Return: 2},
		{Process: 1, F: kafka.Work, Status: checker.OK, Mops: []kafka.Mop{kafka.Send("orders-0", 11, 1)}, Invoke: 3, Return: 4},
		{Process: 1, F: kafka.Work, Status: checker.OK, Mops: []kafka.Mop{kafka.Send("orders-0", 12, 1)}, Invoke: 5, Return: 6},
		{Process: 2, F: kafka.Work, Status: checker.OK, Mops: []kafka.Mop{
			kafka.Poll("orders-0", kafka.Record{Offset: 0, Value: 10}, kafka.Record{Offset: 1, Value: 12})}, Invoke: 7, Return: 8},
	}
	r := kafka.Check(h, kafka.Options{Final: true})
	fmt.Println(r.Verdict)
	for _, f := range r.Findings {
		fmt.Println(f.Sentence)
	}
	// Output:
	// violated
	// inconsistent-offsets: offset 1 of orders-0 held 12, and it held 11
	// lost-write: 11 at offset 1 of orders-0 was written by process 1, and nobody ever polled it, although 12 at offset 1 was polled
	// offset-below-known: process 1 sent 12 at offset 1 to orders-0 at 5, when offset 1 was known to be written already
	// nonmonotonic-send: process 1 sent to orders-0 what stands at offset 1, and after it what stands at offset 1
}
