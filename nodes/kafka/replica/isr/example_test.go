package isr_test

import (
	"fmt"
	"time"

	"orrery/nodes/kafka/replica/isr"
)

// A leader counts what its followers have, and lets those back into the ISR who have everything.
func Example() {
	rules := isr.Rules{LagTime: 30 * time.Second, MinISR: 2}
	l := isr.Lead(1, 5, 10, []int32{1, 2, 3}, []int32{1, 2}, 0, 0)
	end := int64(12)
	l.Fetched(rules, isr.Fetch{Broker: 2, Offset: 12, LeaderEpoch: 5}, end, time.Second)
	hw := l.HighWatermark(rules, 10, end, time.Second)
	fmt.Println("high watermark", hw)

	l.Fetched(rules, isr.Fetch{Broker: 3, Offset: 11, LeaderEpoch: 5}, end, 2*time.Second)
	fmt.Println("3 may join at 11:", l.MayJoin(rules, 3, hw))
	l.Fetched(rules, isr.Fetch{Broker: 3, Offset: 12, LeaderEpoch: 5}, end, 3*time.Second)
	fmt.Println("3 may join at 12:", l.MayJoin(rules, 3, hw))

	l.Propose(l.With(3))
	fmt.Println("waits for", l.Maximal(rules.Quirks))
	// Output:
	// high watermark 12
	// 3 may join at 11: false
	// 3 may join at 12: true
	// waits for [1 2 3]
}
