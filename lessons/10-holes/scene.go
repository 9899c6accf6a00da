// Package holes is lesson 10: a replicated log whose slots are not chosen in order.
package holes

import (
	"fmt"
	"strings"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Executor is what the learner writes: which commands may be executed now?
type Executor interface {
	// Chosen is called when the replica hears that command is chosen in a slot, from 1: in any order, and now and then
	// more than once. It returns the commands to execute now, in this order.
	Chosen(slot uint64, command string) []string
}

// commands are what the leader proposes, one slot each: an account of which every replica keeps the balance.
func commands() []string {
	list := []string{"set 100"}
	for i := range 29 {
		list = append(list, []string{"add 10", "double", "sub 30"}[i%3])
	}
	return list
}

// Variant is a leader and two followers with this Executor each.
func Variant(name, about string, make func() Executor) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 8 * time.Millisecond} })
		ids := []nodes.ID{"n1", "n2", "n3"}
		replicas := map[nodes.ID]*replica{}
		for _, id := range ids {
			w.AddServer(id, func() nodes.Node {
				r := &replica{executor: make()}
				if id == "n1" {
					r.leader = &leader{followers: ids[1:], commands: commands()}
				}
				replicas[id] = r
				return r
			})
		}
		w.Always("one order for all", func() error { return prefixes(ids, replicas) })
		w.Done = func() bool {
			for _, id := range ids {
				if r := replicas[id]; r == nil || len(r.done) < len(commands()) {
					return false
				}
			}
			return true
		}
	}}
}

// prefixes: of what two replicas have executed, one is the beginning of the other, and both of what was proposed.
func prefixes(ids []nodes.ID, replicas map[nodes.ID]*replica) error {
	want := commands()
	for _, id := range ids {
		r := replicas[id]
		if r == nil {
			continue
		}
		for i, c := range r.done {
			if i >= len(want) || c != want[i] {
				return fmt.Errorf("%s has executed %s, and holds %d; slots 1 to %d say %s", id, strings.Join(r.done, ", "), r.balance, i+1, strings.Join(want[:min(i+1, len(want))], ", "))
			}
		}
	}
	return nil
}

// Scene is a leader with two followers.
func Scene(broken, fixed func() Executor) *stage.Scene {
	return &stage.Scene{
		Number: 10, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a replica executes what is chosen, when it hears of it", broken),
			Variant(stage.Fixed, "a replica executes the slots in order", fixed),
		},
	}
}

// demo: slots 1, 2 and 3 are proposed, and 3 is chosen before 2.
const demo = `
take timer propose of n1
take timer propose of n1
take timer propose of n1
take P2a slot 1: set 100 by n2 from n1
take P2b slot 1 by n1 from n2
take P2a slot 3: double by n2 from n1
take P2b slot 3 by n1 from n2           // slot 3 is chosen; of slot 2 nobody has heard
`
