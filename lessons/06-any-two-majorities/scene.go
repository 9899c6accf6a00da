// Package majority is lesson 6: how many acceptors are enough.
package majority

import (
	"fmt"
	"time"

	"orrery/lessons/decree"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Rule is what the learner writes: how many are enough?
type Rule interface {
	// Enough tells whether a proposer that has this many answers, of so many acceptors, has a quorum. It is asked in both
	// phases.
	Enough(answers, acceptors int) bool
}

// Variant is the cluster with this Rule in its proposers.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: decree.Setup{
		Acceptors: 4, Values: []string{"x", "y"}, Watch: watch,
		Net:    sim.Dist{Min: 5 * time.Millisecond, Mean: 60 * time.Millisecond}, // slow, so that some have heard of one proposer only
		Enough: func(answers, acceptors int) bool { return make().Enough(answers, acceptors) },
	}.Build}
}

// watch compares what the proposers have learnt.
func watch(w *stage.World, _, proposers []nodes.ID) {
	w.Always("agreement", func() error {
		first, by := "", nodes.ID("")
		for _, id := range proposers {
			p, up := w.U.Machine(id).Node().(*decree.Proposer)
			if !up || p.Learnt() == "" {
				continue
			}
			if first != "" && p.Learnt() != first {
				return fmt.Errorf("%s has learnt that %s is chosen, and %s that %s is", by, first, id, p.Learnt())
			}
			first, by = p.Learnt(), id
		}
		return nil
	})
}

// Scene is four acceptors, and two proposers that want x and y.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 6, Seed: 3, Codec: decree.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "half of the acceptors are enough", broken),
			Variant(stage.Fixed, "more than half of the acceptors are enough", fixed),
		},
	}
}

// demo: the network is cut in two halves, and each has a proposer.
const demo = `
until 30ms
cut p1 a3
cut p1 a4
cut p2 a1
cut p2 a2
until 900ms
`
