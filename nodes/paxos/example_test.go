package paxos_test

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/paxos"
)

// A replica is a nodes.Node: a runtime starts it, the simulator or live. What
// it may do wrong is switched on by name.
func Example() {
	members := []nodes.ID{"n1", "n2", "n3"}
	bug, _ := paxos.BugNamed("promise-not-durable")
	var node nodes.Node = paxos.New(paxos.Config{Self: "n1", Members: members, Quirks: bug.Quirks()})

	_, keepsItsMessages := node.(nodes.ConnHandler)
	fmt.Println("speaks over connections:", keepsItsMessages)
	fmt.Println("breaks:", bug.Breaks)
	// Output:
	// speaks over connections: false
	// breaks: agreement
}

// Flexible quorums let fewer acceptors decide, if more are asked when a leader is made.
func ExampleConfig_Validate() {
	cfg := paxos.Config{Self: "n1", Members: []nodes.ID{"n1", "n2", "n3", "n4", "n5"}, Q1: 4, Q2: 2}
	fmt.Println(cfg.Validate())
	cfg.Q1 = 3
	fmt.Println(cfg.Validate())
	// Output:
	// <nil>
	// paxos: Q1 3 + Q2 2 must exceed the 5 members: two quorums could miss each other
}
