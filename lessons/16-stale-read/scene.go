// Package staleread is lesson 16: a read at a follower, after somebody else's write was acknowledged.
package staleread

import (
	"fmt"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Server is the ZooKeeper server that the reader has its session with. A call returns when the server has answered; ok is
// false if the connection was lost first, and then the reader is asked again later.
type Server interface {
	// Get returns the value that this server has. Every server answers reads by itself.
	Get() (value int, ok bool)
	// Sync is sent on to the leader. Its answer comes back behind everything that the leader had committed by then, so this server
	// has that too once Sync has returned.
	Sync() (ok bool)
}

// Reader is what the learner writes: how does c2 read, when it was told that there is something new?
type Reader interface {
	Read(s Server) (value int, ok bool)
}

// rounds is how many values are written.
const rounds = 12

// Variant is an ensemble, c1 who writes, and c2 who reads like this.
func Variant(name, about string, make func() Reader) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		e := ensemble.New(w, 3, nil)
		g := &ghost{u: w.U}
		w.AddClient("c1", func() nodes.Node { return writer(e, g) })
		w.AddClient("c2", func() nodes.Node { return reader(e, g, make()) })
		w.Done = func() bool { return g.told >= rounds }
	}}
}

// ghost knows what has been acknowledged to c1, and what c2 has been answered.
type ghost struct {
	u     *sim.Universe
	acked int // the newest value whose write has returned
	read  int // the newest that c2 has read
	told  int // rounds in which c2 has read
}

// reads: a read that has begun after a write has returned must return that value or a newer one. That is what makes a register
// that only grows, with one writer, linearizable; for sequential consistency it is enough that c2's reads never go back.
func (g *ghost) reads(atCall, value int) {
	if value < g.read {
		g.u.Violate("sequential", fmt.Sprintf("c2 reads %d, and has read %d before", value, g.read))
	}
	if value < atCall {
		g.u.Violate("linearizable", fmt.Sprintf("c2 reads %d, and the write of %d had been acknowledged before c2 asked. (Sequentially consistent it is: what c2 has read so far never went back.)", value, atCall))
	}
	g.read = max(g.read, value)
}

// Scene is three servers, a writer and a reader.
func Scene(broken, fixed func() Reader) *stage.Scene {
	return ensemble.Scene(16, 1, codec(), demo,
		Variant(stage.Broken, "c2 asks its server", broken),
		Variant(stage.Fixed, "c2 has its server catch up with the leader, and then asks it", fixed))
}

// pace is how long c1 waits between two rounds.
const pace = 100 * time.Millisecond

// demo: z1, which c2 has its session with, hears nothing of its leader for a moment.
const demo = `
until 860ms
cut z1 z3
until 1020ms
`
