package replica_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// A broker gives its manager requests and takes events.
func Example() {
	w := newWorld(nil, 1, replica.Config{}, replica.TopicConfig{})
	b := w.b(1)
	w.create(1)
	b.ask(w.leaderAndISR(1)) // a controller's word

	b.m.Handle(b.env(), 77, replica.Peer{ClientID: "example"}, produce(-1, 8, batch(record.Fields{}, "hello")))
	for {
		e, ok := b.m.Take()
		if !ok {
			break
		}
		if done, ok := e.(replica.Done); ok {
			b.dones[done.Call] = done.Response
		}
	}
	fmt.Println(b.produced(77))

	var call uint64
	b.do(func(env nodes.Env) {
		call = b.m.Append(env, tp, batch(record.Fields{}, "from a coordinator"), time.Second)
	})
	fmt.Printf("%+v\n", b.appended(call)[0])
	p := b.m.View().Partitions[0]
	fmt.Println(p.Role, p.ISR, p.HighWatermark, p.End)
	// Output:
	// offset 0
	// {Call:2 Partition:t-0 Offset:1 Code:NONE}
	// leading [1] 2 2
}
