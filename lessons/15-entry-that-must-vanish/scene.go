// Package vanish is lesson 15: a leader that comes back with a proposal that was never committed.
package vanish

import (
	"fmt"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/trace"
)

// Trimmer is what the learner writes: what of its log may a follower keep that comes back to a leader?
type Trimmer interface {
	// Keeps is asked of a leader, when the last transaction that a follower has, peer, is not in the leader's history. It returns
	// the zxid up to which the follower keeps its log; all behind it is cut off (TRUNC), and the leader then sends what it has behind
	// it. history are zxids of the leader's history, in order. peer itself means that nothing is cut off (DIFF).
	Keeps(peer int64, history []int64) int64
}

// writes is how many znodes each client makes.
const writes = 25

// Variant is an ensemble whose leaders decide like this, a client of z3, and one of z1 and z2.
func Variant(name, about string, make func() Trimmer) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		g := &ghost{trees: map[int64]tree{}, seen: map[nodes.ID]int64{}, made: map[nodes.ID]int{}}
		g.e = ensemble.New(w, 3, func(c *zab.Config) {
			c.Choices, c.Probe = choices{t: make()}, func(s *zab.Server, m zab.Milestone) { g.e.On(s, m) }
		})
		w.AddClient("c1", func() nodes.Node { return writer("c1", g, "z3") })
		w.AddClient("c2", func() nodes.Node { return writer("c2", g, "z1", "z2") })
		w.U.Observe(sim.Observer{After: func(m *sim.Machine, _ trace.Kind) { g.after(m) }})
		w.Done = func() bool { return g.made["c1"] >= writes && g.made["c2"] >= writes }
	}}
}

// choices are ZooKeeper's, but for what the learner chooses.
type choices struct {
	zab.Standard
	t Trimmer
}

// Keeps implements zab.Choices.
func (c choices) Keeps(peer int64, history []int64) int64 { return c.t.Keeps(peer, history) }

// tree is what the first server held that had come to a zxid.
type tree struct {
	by     nodes.ID
	digest int64
	znodes map[string]bool
}

// ghost compares what servers hold that serve and have come to the same zxid.
type ghost struct {
	e     *ensemble.Ensemble
	trees map[int64]tree
	seen  map[nodes.ID]int64 // at which zxid a server was looked at last
	paths []string           // that clients have tried to make
	made  map[nodes.ID]int
}

func (g *ghost) after(m *sim.Machine) {
	s, ok := m.Node().(*zab.Server)
	if !ok || !s.Booted() || !s.Serves() || !s.Settled() || g.seen[m.ID()] == s.Zxid() {
		return
	}
	zxid := s.Zxid()
	g.seen[m.ID()] = zxid
	first, known := g.trees[zxid]
	if !known {
		g.trees[zxid] = tree{m.ID(), s.Digest(), g.znodes(s)}
		return
	}
	if first.digest == s.Digest() {
		return
	}
	g.e.W.U.Violate("equal trees", fmt.Sprintf("%s and %s have come to zxid %x, and %s", first.by, m.ID(), zxid, difference(g.paths, first, tree{by: m.ID(), znodes: g.znodes(s)})))
}

func (g *ghost) znodes(s *zab.Server) map[string]bool {
	has := map[string]bool{}
	for _, p := range g.paths {
		_, has[p] = s.Znode(p)
	}
	return has
}

// difference says what one has and the other has not.
func difference(paths []string, a, b tree) string {
	for _, p := range paths {
		switch {
		case a.znodes[p] && !b.znodes[p]:
			return fmt.Sprintf("%s has %s, and %s has not", a.by, p, b.by)
		case b.znodes[p] && !a.znodes[p]:
			return fmt.Sprintf("%s has %s, and %s has not", b.by, p, a.by)
		}
	}
	return "their trees differ"
}

// writer makes one znode after the other. Of one whose answer it has not got it does not know, and makes the next.
func writer(id nodes.ID, g *ghost, servers ...nodes.ID) nodes.Node {
	return task.New(nodes.JSONCodec(), func(t *task.T) {
		s := g.e.Open(t, servers...)
		for n := 1; g.made[id] < writes; n++ {
			s = g.e.Standing(t, s, servers...)
			if !s.Connect(ensemble.Session) {
				continue
			}
			path := fmt.Sprintf("/%s-%d", id, n)
			g.paths = append(g.paths, path)
			ensemble.Note(t, "asks for %s", path)
			if s.Do(client.Create(path, nil, nil, proto.ModePersistent)).Err == proto.CodeOK {
				ensemble.Note(t, "%s is made", path)
				g.made[id]++
			}
			s.Sleep(30 * time.Millisecond)
		}
		s.Close()
	})
}

// Scene is three servers and two clients.
func Scene(broken, fixed func() Trimmer) *stage.Scene {
	return ensemble.Scene(15, 1, nodes.JSONCodec(), demo,
		Variant(stage.Broken, "a follower keeps all that it has, and is sent what it lacks", broken),
		Variant(stage.Fixed, "a follower cuts off what its leader does not have", fixed))
}

// demo: z3 leads, is cut off, and logs what c1 asks for. z1 and z2 go on without it. Then it comes back.
const demo = `
until 380ms
cut z1 z3
cut z2 z3
until 1280ms
heal z1 z3
heal z2 z3
until 1380ms
`
