package lockstep_test

import (
	"fmt"

	"orrery/explore/lockstep"
	"orrery/nodes"
)

// hello is a greeting that is sent once.
type hello struct{}

// Kind implements nodes.Message.
func (hello) Kind() string { return "hello" }

// greeter passes a greeting on to the others, in as many rounds as it is told.
type greeter struct {
	others []nodes.ID
	times  int
	heard  bool
}

func (g *greeter) Codec() nodes.Codec                 { return nodes.JSONCodec(hello{}) }
func (g *greeter) Boot(nodes.Env) error               { return nil }
func (g *greeter) Synced(nodes.Env, nodes.Tag, error) {}
func (g *greeter) Fire(env nodes.Env, _ nodes.Tag)    { g.greet(env) }
func (g *greeter) Deliver(env nodes.Env, from nodes.ID, _ nodes.Message) {
	g.heard = true
	if from == "client" {
		g.greet(env)
	}
}

func (g *greeter) greet(env nodes.Env) {
	for _, id := range g.others {
		env.Send(id, hello{})
	}
	if g.times--; g.times > 0 {
		env.SetTimer(nodes.Tag{Name: "again"}, lockstep.Round)
	}
}

// all wants everybody who is alive to have heard.
type all struct{}

func (all) Sent(nodes.ID, nodes.ID, nodes.Message) {}

func (all) Verdict(r *lockstep.Run) string {
	for _, id := range []nodes.ID{"a", "b"} {
		if g := r.Node(id).(*greeter); !g.heard && !r.Crashed(id) {
			return string(id) + " has heard nothing"
		}
	}
	return ""
}

func world(times int) *lockstep.World {
	w := &lockstep.World{To: "a", First: hello{}, Judge: func() lockstep.Judge { return all{} }}
	for _, id := range []nodes.ID{"a", "b"} {
		others := map[nodes.ID][]nodes.ID{"a": {"b"}, "b": {"a"}}[id]
		w.Machines = append(w.Machines, lockstep.Machine{ID: id, New: func() nodes.Node { return &greeter{others: others, times: times} }})
	}
	return w
}

// A greeting that is sent once can be lost; one that is repeated for longer than messages can be lost cannot.
func Example() {
	b := lockstep.Bounds{EOT: 5, EFF: 3}
	fmt.Println(world(1).Search(b, 1000))
	fmt.Println(world(3).Search(b, 1000))
	// Output:
	// counterexample after 1 executions: hello a→b of round 1 is lost: b has heard nothing
	// none in all 6 executions
}
