// Package commit is lesson 25: participants in doubt, and whether they may end a transaction without their coordinator.
package commit

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Rule is what the learner writes: how does a participant end a transaction of whose coordinator it hears nothing?
type Rule interface {
	// Decide is asked when a participant is in doubt, Prepared or PreCommitted, and has asked the others. states are the
	// answers that came: who is dead, slow or cut off is not in it. The coordinator is not among them.
	Decide(mine State, states map[nodes.ID]State) Decision
}

// Decision is the answer of a Rule.
type Decision uint8

// The decisions. Who waits keeps its locks, and asks again later.
const (
	Wait Decision = iota
	Commit
	Abort
)

// Variant is a coordinator and three participants with this Rule.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 5 * time.Millisecond} })
		w.Tolerates, w.Timescale = 1, patience
		ids := []nodes.ID{"p1", "p2", "p3"}
		var c *coordinator
		w.AddServer("c", func() nodes.Node { c = &coordinator{participants: ids}; return c })
		g := &ghost{w: w, outcome: map[uint64]bool{}, first: map[uint64]nodes.ID{}}
		for i, id := range ids {
			others := []nodes.ID{ids[(i+1)%3], ids[(i+2)%3]}
			w.AddServer(id, func() nodes.Node { return &participant{rule: make(), others: others, decided: g.decided} })
		}
		w.Leader = func() (nodes.ID, bool) { return "c", true }
		w.Done = func() bool { return c != nil && c.ended == transactions }
	}}
}

// ghost knows how each transaction has ended where it first did.
type ghost struct {
	w       *stage.World
	outcome map[uint64]bool
	first   map[uint64]nodes.ID
}

// decided holds participants to atomicity: all that end a transaction end it alike.
func (g *ghost) decided(id nodes.ID, t uint64, commit bool) {
	if g.first[t] == "" {
		g.first[t], g.outcome[t] = id, commit
	} else if g.outcome[t] != commit {
		word := map[bool]string{true: "committed", false: "aborted"}
		g.w.U.Violate("atomicity", fmt.Sprintf("%s has %s transaction %d, and %s has %s it", g.first[t], word[!commit], t, id, word[commit]))
	}
}

// Scene is a coordinator and three participants.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 25, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "participants end what their coordinator does not: three-phase commit", broken),
			Variant(stage.Fixed, "participants wait until somebody knows the outcome: two-phase commit's way", fixed),
		},
	}
}

// demo: the third phase has reached p1 when the network breaks in two. Nobody is dead.
const demo = `
take timer begin of c
take Prepare 1 by p1 from c
take Prepare 1 by p2 from c
take Prepare 1 by p3 from c
take Is prepared 1 by c from p1
take Is prepared 1 by c from p2
take Is prepared 1 by c from p3     // all have voted yes
take PreCommit 1 by p1 from c       // p1 knows it
cut c p2
cut c p3
cut p1 p2
cut p1 p3
until 900ms
`
