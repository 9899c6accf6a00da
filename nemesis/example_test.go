package nemesis_test

import (
	"fmt"
	"time"

	"orrery/nemesis"
	"orrery/nodes"
	"orrery/sim"
)

func ExampleParsePlan() {
	plan, err := nemesis.ParsePlan("leader.txt", []byte(`
		300ms  isolate(following leader, way=in)  until 1.2s
		1s     crash(minority, power=torn)
		2s     hunt-leader(by=pause, times=3)     until 5s
	`))
	fmt.Printf("%v%v\n", plan, err)

	_, err = nemesis.ParsePlan("leader.txt", []byte("300ms isolat(leader)"))
	fmt.Println(err)
	// Output:
	// 300ms isolate(following leader, way=in) until 1.2s
	// 1s crash(minority, power=torn)
	// 2s hunt-leader(by=pause, times=3) until 5s
	// <nil>
	// leader.txt:1:7: unknown fault "isolat"; did you mean isolate?
}

// heart is a node that tells the next one every 10 ms that it lives.
type heart struct{ next nodes.ID }

type beat struct{}

func (beat) Kind() string { return "beat" }

func (h *heart) Codec() nodes.Codec { return nodes.JSONCodec(beat{}) }
func (h *heart) Boot(env nodes.Env) error {
	h.Fire(env, nodes.Tag{})
	return nil
}

func (h *heart) Fire(env nodes.Env, _ nodes.Tag) {
	env.Send(h.next, beat{})
	env.SetTimer(nodes.Tag{Name: "beat"}, 10*time.Millisecond)
}

func (h *heart) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (h *heart) Synced(nodes.Env, nodes.Tag, error)         {}

func ExamplePlan_Install() {
	u := sim.New(sim.Config{Seed: 7})
	ids := []nodes.ID{"n1", "n2", "n3"}
	for i, id := range ids {
		u.Add(id, func() nodes.Node { return &heart{ids[(i+1)%3]} }).Start(0)
	}
	plan, _ := nemesis.ParsePlan("", []byte(`
		100ms  isolate(n1)      until 195ms
		150ms  pause(n2)        until 9s
		200ms  duplicate(n1 -> n2, 100%) until 250ms
		200ms  crash(one)       until 300ms
		300ms  disk-full(n1)    until 400ms
	`))
	n := plan.Install(u, &nemesis.Cluster{Nodes: ids, Timescale: 100 * time.Millisecond})
	u.Run(time.Second)
	for _, o := range n.Report() {
		fmt.Println(o)
	}
	n.HealAll()
	fmt.Println(u.ActiveFaults(), "faults in force")
	// Output:
	// 100ms isolate(n1) until 195ms: hit n1; 20 effects
	// 150ms pause(n2) until 9s: hit n2; 2 effects
	// 200ms duplicate(n1 -> n2, 100%) until 250ms: hit n1 n2; 5 effects
	// 200ms crash(one) until 300ms: hit n2; 1 effect
	// 300ms disk-full(n1) until 400ms: hit n1; no effect
	// 0 faults in force
}
