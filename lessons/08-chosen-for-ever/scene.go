// Package chosen is lesson 8: a proposer that comes later, with a value of its own.
package chosen

import (
	"orrery/lessons/decree"
	"orrery/lessons/stage"
)

// Rule is what the learner writes: which value may be proposed?
type Rule interface {
	// Value is what a proposer proposes when a majority has promised its ballot. promises are in the order in
	// which they came; a promise tells of the acceptor's vote in the highest ballot, if it has voted. own is the value that
	// the proposer would like best.
	Value(promises []decree.P1b, own string) string
}

// Variant is the cluster with this Rule in its proposers.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		decree.Setup{Values: []string{"x", "y", "z"}, Adopt: func(promises []decree.P1b, own string) string {
			return make().Value(promises, own)
		}}.Build(w)
	}}
}

// Scene is three acceptors, and three proposers that want x, y and z.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 8, Seed: 2, Codec: decree.Codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a proposer with a majority proposes what it wants", broken),
			Variant(stage.Fixed, "a proposer with a majority proposes what may have been chosen", fixed),
			Variant("latest", "a proposer proposes the vote that it heard of last", func() Rule { return latest{} }),
		},
	}
}

// latest is what one writes who has read that votes must be adopted, and not which.
type latest struct{}

// Value implements Rule.
func (latest) Value(promises []decree.P1b, own string) string {
	for _, p := range promises {
		if p.Voted != (decree.Ballot{}) {
			own = p.Value
		}
	}
	return own
}

// demo: x is chosen by a1 and a2. Then p2 asks a2 and a3, of which a2 says so.
const demo = `
until 30ms
take timer propose of p1
take P1a 1.p1 by a1 from p1
take P1a 1.p1 by a2 from p1
take end of sync record of a1
take end of sync record of a2
take P1b 1.p1, no vote by p1 from a1
take P1b 1.p1, no vote by p1 from a2
take P2a 1.p1 x by a1 from p1
take P2a 1.p1 x by a2 from p1
take end of sync record of a1
take end of sync record of a2          // x is chosen
take timer propose of p2
take P1a 1.p2 by a2 from p2
take P1a 1.p2 by a3 from p2
take end of sync record of a2
take end of sync record of a3
take P1b 1.p2, voted x in 1.p1 by p2 from a2   // a2 tells p2 of its vote
take P1b 1.p2, no vote by p2 from a3
take P2a 1.p2 y by a2 from p2
take P2a 1.p2 y by a3 from p2
take end of sync record of a2
take end of sync record of a3
`
