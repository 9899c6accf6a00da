// Package fencing is lesson 27: a lock, a holder that stands still, and a store that believes whoever writes.
package fencing

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Gate is what the learner writes: which writes does the store take?
type Gate interface {
	// Accept is asked for each write. token is the number that the lock service gave to the holder who writes, with its
	// lock: each time the lock is given to somebody, the number is one higher.
	Accept(token uint64) bool
}

// The times of the lock. A holder asks its clock before each write, and then needs a moment to make it.
const (
	TTL         = 150 * time.Millisecond
	prepareFor  = 8 * time.Millisecond
	writesEach  = 3  // in a section
	sectionMost = 16 // of each holder
)

// Variant is a store with this Gate, a lock service, and two holders.
func Variant(name, about string, make func() Gate) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 3 * time.Millisecond} })
		w.Tolerates, w.Timescale = 1, TTL
		g := &ghost{w: w}
		var holders []*holder
		for _, id := range []nodes.ID{"h1", "h2"} {
			w.AddServer(id, func() nodes.Node { h := &holder{}; holders = append(holders, h); return h })
		}
		w.AddClient("lock", func() nodes.Node { return &service{} })
		w.AddClient("store", func() nodes.Node { return &store{gate: make(), ghost: g} })
		w.Done = func() bool {
			for _, h := range holders {
				if h.sections < sectionMost {
					return false
				}
			}
			return len(holders) == 2
		}
	}}
}

// ghost knows what the store has taken.
type ghost struct {
	w     *stage.World
	token uint64 // the highest
	by    nodes.ID
}

// takes: once the store has taken a write of a holder, it takes none of an earlier one.
func (g *ghost) takes(from nodes.ID, m Write) {
	if m.Token < g.token {
		g.w.U.Violate("one holder at a time", fmt.Sprintf("the store takes write %d of %s, which had lock number %d, after a write of %s with number %d", m.N, from, m.Token, g.by, g.token))
	}
	g.token, g.by = m.Token, from
}

// Scene is a lock service, a store, and two holders.
func Scene(broken, fixed func() Gate) *stage.Scene {
	return &stage.Scene{
		Number: 27, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "the store takes what is written: who writes has the lock", broken),
			Variant(stage.Fixed, "the store takes nothing of who had the lock earlier", fixed),
		},
	}
}

// demo: h1 has looked at its clock and is about to write. Then a collection of garbage takes 200 ms.
const demo = `
take timer next of h1
take Acquire by lock from h1
take Granted, number 1 by h1 from lock
pause h1
until 250ms
resume h1
until 300ms
`
