package group_test

import (
	"fmt"
	"testing"
	"time"

	"orrery/nodes/kafka/group"
)

// A consumer joins a group, is given what it assigns itself, commits, and finds its offset where another broker coordinates.
func Example() {
	w := newWorld(&testing.T{}, group.Config{Partitions: 1})
	c := w.consumer("readers")
	joining := c.join()
	w.pass(3 * time.Second) // group.initial.rebalance.delay.ms
	r, _ := c.joined(joining)
	assignment, code, _ := c.synced(c.sync(map[string]string{c.id: "orders-0"}))
	fmt.Println("generation", r.Generation, assignment, code)

	code, _ = w.committedCode(c.commit(0, 42))
	fmt.Println("commit", code)

	w.failover()
	offset, code := w.fetch("readers", 0, false)
	fmt.Println("offset", offset, code, "heartbeat", c.heartbeat())
	// Output:
	// generation 1 orders-0 NONE
	// commit NONE
	// offset 42 NONE heartbeat NONE
}
