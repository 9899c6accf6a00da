// Package zombie is lesson 14: a leader that is cut off and does not know it, and the epoch that must be over.
package zombie

import (
	"fmt"
	"strconv"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/proto"
)

// Memory is what the learner writes: what does a server remember of the epochs that it was offered?
type Memory interface {
	// LastAccepted is asked whenever a server must say which epoch it has accepted last: a new leader chooses one that is above what
	// a majority says. file is what its file acceptedEpoch holds; the server writes that whenever it accepts an epoch, and syncs it
	// before it says so. zxid is its last transaction, whose upper 32 bits are the epoch in which that was proposed.
	LastAccepted(file, zxid int64) int64
	// Accepts is asked when a leader offers an epoch: does this server follow it?
	Accepts(epoch, lastAccepted int64) bool
}

// writes is how many values the client wants to write.
const writes = 8

// Variant is an ensemble that remembers like this, and a client.
func Variant(name, about string, make func() Memory) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		g := &ghost{primaries: map[int64]string{}}
		g.e = ensemble.New(w, 3, func(c *zab.Config) {
			c.Choices, c.Probe = choices{m: make()}, g.on
		})
		w.AddClient("c1", func() nodes.Node { return writer(g) })
		w.Done = func() bool { return g.written >= writes }
	}}
}

// choices are ZooKeeper's, but for what the learner chooses.
type choices struct {
	zab.Standard
	m Memory
}

// LastAccepted implements zab.Choices.
func (c choices) LastAccepted(file, zxid int64) int64 { return c.m.LastAccepted(file, zxid) }

// Accepts implements zab.Choices.
func (c choices) Accepts(epoch, lastAccepted int64) bool { return c.m.Accepts(epoch, lastAccepted) }

// ghost knows who has led which epoch.
type ghost struct {
	e         *ensemble.Ensemble
	primaries map[int64]string
	written   int
}

// on: a majority has accepted an epoch of this server's. Nobody else may ever lead that epoch, for zxids begin with it.
func (g *ghost) on(s *zab.Server, m zab.Milestone) {
	id := g.e.On(s, m)
	if m.Kind != zab.EpochEstablished {
		return
	}
	who := fmt.Sprintf("%s (process %d)", id, g.e.W.U.Machine(id).Incarnation())
	if other, led := g.primaries[m.Epoch]; led {
		g.e.W.U.Violate("one leader an epoch", fmt.Sprintf("a majority follows %s into epoch %d, and one has followed %s into it: zxid %x will be the name of two transactions", who, m.Epoch, other, proto.MakeZxid(m.Epoch, 1)))
		return
	}
	g.primaries[m.Epoch] = who
}

// writer writes 1, 2, …
func writer(g *ghost) nodes.Node {
	return task.New(nodes.JSONCodec(), func(t *task.T) {
		s := g.e.Open(t)
		for n := 1; n <= writes; {
			s = g.e.Standing(t, s)
			if ensemble.Put(s, "/x", strconv.Itoa(n)) {
				ensemble.Note(t, "%d is written", n)
				g.written = n
				n++
			}
			s.Sleep(150 * time.Millisecond)
		}
		s.Close()
	})
}

// Scene is three servers and a client.
func Scene(broken, fixed func() Memory) *stage.Scene {
	return ensemble.Scene(14, 1, nodes.JSONCodec(), demo,
		Variant(stage.Broken, "the last transaction says which epoch it is", broken),
		Variant(stage.Fixed, "an epoch counts from when it was accepted", fixed))
}

// demo: z3 has just become leader of epoch 1, and is cut off before anything was written.
const demo = `
until 280ms
cut z1 z3
cut z2 z3
until 1100ms
`
