// Package forgotten is lesson 9: an acceptor that promises before its promise is on the disk.
package forgotten

import (
	"time"

	"orrery/lessons/decree"
	"orrery/lessons/stage"
	"orrery/sim"
)

// Teller is what the learner writes: when does an acceptor tell what it has written?
type Teller = decree.Teller

// Variant is the cluster with this Teller in its acceptors. make is called for each life of each of them.
func Variant(name, about string, make func() Teller) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: decree.Setup{
		Values: []string{"x", "y"}, Teller: make, After: 200 * time.Millisecond,
		Disk: sim.Dist{Min: 5 * time.Millisecond, Mean: 40 * time.Millisecond}, // slow, so that much happens meanwhile
	}.Build}
}

// Scene is three acceptors, and two proposers that want x and y.
func Scene(broken, fixed func() Teller) *stage.Scene {
	return &stage.Scene{
		Number: 9, Seed: 1, Codec: decree.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "acceptors answer at once, and the disk catches up", broken),
			Variant(stage.Fixed, "acceptors answer when the disk has caught up", fixed),
		},
	}
}

// demo: a2 promises 1.p2 not to take part in anything lower, loses its power, and votes for 1.p1.
const demo = `
until 190ms
take timer propose of p1
take P1a 1.p1 by a1 from p1
take P1a 1.p1 by a2 from p1
take P1b 1.p1, no vote by p1 from a1
take P1b 1.p1, no vote by p1 from a2    // p1 may propose x
take timer propose of p2
take P1a 1.p2 by a2 from p2
take P1a 1.p2 by a3 from p2
crash a2                                // its promise was on its way to the disk
start a2
take end of sync what was found of a2
take end of sync directory of a2
take P2a 1.p1 x by a1 from p1
take P2a 1.p1 x by a2 from p1           // which has forgotten
take P1b 1.p2, no vote by p2 from a2    // p2 has the promise that a2 has forgotten
take P1b 1.p2, no vote by p2 from a3
take P2a 1.p2 y by a2 from p2
take P2a 1.p2 y by a3 from p2
`
