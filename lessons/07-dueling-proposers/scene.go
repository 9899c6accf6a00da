// Package dueling is lesson 7: two proposers that outbid each other for ever.
package dueling

import (
	"fmt"
	"math/rand/v2"
	"time"

	"orrery/lessons/decree"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Patience is what the learner writes: how long does a proposer wait that was outbid?
type Patience interface {
	// Wait is how long to wait before the next ballot, after attempt ballots that were refused, from 1. chance is the
	// proposer's own.
	Wait(attempt int, chance *rand.Rand) time.Duration
}

// BallotsMost is how many ballots two proposers may need until one of them has learnt what is chosen.
const BallotsMost = 30

// Variant is the cluster with this Patience in its proposers. Messages take 10 ms, and disks always the same time, which
// is another one in each universe. p2 begins just when p1 is about to propose: a bad moment, and all that it takes.
func Variant(name, about string, make func() Patience) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		const message = 10 * time.Millisecond
		disk := []time.Duration{1, 2, 4, 8, 16, 20}[w.U.Draw("world/disk", 0, 6)] * 10 * time.Millisecond
		ready := 2*disk + message
		exactly := func(d time.Duration) sim.Dist { return sim.Dist{Min: d, Mean: 20 * time.Microsecond} }
		decree.Setup{
			Values: []string{"x", "y"}, Starts: []time.Duration{ready, ready + 2*message + disk*3/4},
			Net: exactly(message), Disk: exactly(disk), Watch: watch,
			Wait: func(attempt int, chance *rand.Rand) time.Duration { return make().Wait(attempt, chance) },
		}.Build(w)
	}}
}

// watch demands an end of the duel.
func watch(w *stage.World, _, proposers []nodes.ID) {
	w.Always("liveness: a value is chosen", func() error {
		begun := 0
		for _, id := range proposers {
			p, up := w.U.Machine(id).Node().(*decree.Proposer)
			if !up || p.Learnt() != "" {
				return nil
			}
			begun += p.Begun()
		}
		if begun > BallotsMost {
			return fmt.Errorf("%d ballots were begun, and nobody has learnt of a value that is chosen", begun)
		}
		return nil
	})
}

// Scene is three acceptors, and two proposers that want x and y.
func Scene(broken, fixed func() Patience) *stage.Scene {
	return &stage.Scene{
		Number: 7, Seed: 1, Codec: decree.Codec(), Demo: "until 9s",
		Variants: []stage.Variant{
			Variant(stage.Broken, "who is outbid tries again after a millisecond", broken),
			Variant(stage.Fixed, "who is outbid waits by chance, and longer each time", fixed),
		},
	}
}
