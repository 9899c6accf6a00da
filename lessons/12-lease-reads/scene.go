// Package leases is lesson 12: a leader that answers reads from its own memory.
package leases

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Rule is what the learner writes: may the leader answer a read alone?
type Rule interface {
	// MayAnswer is asked for each read. now is the leader's own monotonic clock, and confirmed is what it showed when the
	// newest heartbeat was sent that a majority, the leader itself included, has answered. Who has answered a heartbeat
	// votes for nobody else for Patience after he has received it, by his own clock.
	MayAnswer(now, confirmed time.Duration) bool
}

// The times of the protocol. Clocks differ in rate by up to two parts in a hundred.
const (
	HeartbeatEvery = 20 * time.Millisecond
	Patience       = 100 * time.Millisecond
)

const putsWanted = 25

// Variant is three replicas with this Rule, a client that writes 1, 2, 3, … and one that reads.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 2 * time.Millisecond}
			c.Clocks.DriftPPM = 10_000
		})
		ids := []nodes.ID{"r1", "r2", "r3"}
		for i, id := range ids {
			peers := []nodes.ID{ids[(i+1)%3], ids[(i+2)%3]}
			w.AddServer(id, func() nodes.Node { return &replica{rule: make(), peers: peers} })
		}
		g := &ghost{w: w}
		w.AddClient("w", func() nodes.Node { return &writer{client{ghost: g, replicas: ids}} })
		w.AddClient("r", func() nodes.Node { return &reader{client: client{ghost: g, replicas: ids}} })
		w.Leader = func() (nodes.ID, bool) { return leader(w, ids) }
		w.Timescale = 2 * Patience
		w.Done = func() bool { return g.written >= putsWanted && g.reads >= putsWanted }
	}}
}

// leader is who leads the highest epoch.
func leader(w *stage.World, ids []nodes.ID) (id nodes.ID, ok bool) {
	highest := uint64(0)
	for _, i := range ids {
		if r, up := w.U.Machine(i).Node().(*replica); up && r.leads && r.epoch > highest {
			id, ok, highest = i, true, r.epoch
		}
	}
	return id, ok
}

// ghost knows what clients have been told.
type ghost struct {
	w       *stage.World
	written uint64 // the highest value of which the writer knows that it is in force
	reads   int    // that were answered
}

// read is told of an answer: a read sees what was in force before it began.
func (g *ghost) read(from nodes.ID, value, before uint64) {
	g.reads++
	if value < before {
		g.w.U.Violate("fresh reads", fmt.Sprintf("%s answers a read with %d, though the writer had been told that %d is in force before the read began", from, value, before))
	}
}

// Scene is three replicas and two clients.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 12, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a leader answers reads until it hears of another one", broken),
			Variant(stage.Fixed, "a leader answers reads while its lease runs", fixed),
		},
	}
}

// demo: r3 leads. The others cannot reach it any more, and elect another leader; the clients still can.
const demo = `
until 260ms
cut r1 r3
cut r2 r3
until 600ms
`
