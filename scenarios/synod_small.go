package scenarios

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/explore/smallscope"
	"orrery/nodes"
	"orrery/nodes/synod"
	"orrery/sim"
	"orrery/trace"
)

// SynodScope says how large the small world of single-decree Paxos is.
type SynodScope struct {
	Acceptors int
	Proposers int  // of the acceptors, the first; each has a value of its own
	Attempts  int  // ballots that each of them tries
	Again     bool // a proposer that has crashed tries as many once more
}

// SynodWorld is the small world of single-decree Paxos. Synchronising a disk and telling oneself
// something happen at once; everything else is chosen.
func SynodWorld(s SynodScope, q synod.Quirks) *smallscope.World {
	return &smallscope.World{Build: func(u *sim.Universe) *smallscope.Instance {
		g := &synodGhost{u: u}
		for i := range s.Acceptors {
			g.ids = append(g.ids, nodes.ID(fmt.Sprintf("n%d", i+1)))
		}
		for i, id := range g.ids {
			cfg := synod.Config{Self: id, Acceptors: g.ids, Attempts: s.Attempts, Quirks: q}
			if i < s.Proposers {
				cfg.Value = string(rune('x' + i))
			}
			u.Add(id, func() nodes.Node {
				n := synod.New(cfg)
				if !s.Again {
					cfg.Value = "" // of the next incarnation
				}
				return n
			}).Start(0)
		}
		u.Observe(sim.Observer{Sent: g.sent})
		return &smallscope.Instance{Ready: g.ready, Eager: g.eager, Check: g.check, State: g.state, Ghost: g.append, Event: g.event}
	}}
}

// synodGhost knows which votes were ever told, which no crash takes back.
type synodGhost struct {
	u     *sim.Universe
	ids   []nodes.ID
	votes []synodVote // sorted

	payload []byte
}

type synodVote struct {
	synod.Told
	by nodes.ID
}

func (v synodVote) compare(w synodVote) int {
	return cmp.Or(cmp.Compare(v.Ballot.Round, w.Ballot.Round), cmp.Compare(v.Ballot.Node, w.Ballot.Node),
		cmp.Compare(v.by, w.by), cmp.Compare(v.Value, w.Value))
}

func (g *synodGhost) node(id nodes.ID) *synod.Node {
	n, _ := g.u.Machine(id).Node().(*synod.Node)
	return n
}

func (g *synodGhost) ready() bool {
	for _, id := range g.ids {
		if n := g.node(id); n == nil || !n.Ready() {
			return false
		}
	}
	return true
}

// eager are the ends of syncs, a start, and what a node tells itself: they concern one machine alone.
func (g *synodGhost) eager(p sim.Pending) bool {
	return p.Kind == trace.Synced || p.Kind == trace.Boot || p.From == p.Node
}

func (g *synodGhost) sent(from *sim.Machine, _ nodes.ID, m nodes.Message) {
	if told, ok := synod.ToldBy(m); ok {
		v := synodVote{told, from.ID()}
		if i, known := slices.BinarySearchFunc(g.votes, v, synodVote.compare); !known {
			g.votes = slices.Insert(g.votes, i, v)
		}
	}
}

// check is agreement: of the values that a quorum has voted for in one ballot, and of those that
// proposers have learnt, there is at most one.
func (g *synodGhost) check() (string, error) {
	chosen := ""
	choose := func(v, how string) error {
		if chosen == "" {
			chosen = v
		}
		if v != chosen {
			return fmt.Errorf("%s is chosen, and so is %s, %s", chosen, v, how)
		}
		return nil
	}
	for i := 0; i < len(g.votes); {
		j, by := i, 0
		for ; j < len(g.votes) && g.votes[j].Ballot == g.votes[i].Ballot; j++ {
			if g.votes[j].Value == g.votes[i].Value {
				by++
			}
		}
		if by > len(g.ids)/2 {
			if err := choose(g.votes[i].Value, "in ballot "+g.votes[i].Ballot.String()); err != nil {
				return "agreement", err
			}
		}
		i = j
	}
	for _, id := range g.ids {
		if n := g.node(id); n != nil && n.Learnt() != "" {
			if err := choose(n.Learnt(), "as "+string(id)+" has learnt"); err != nil {
				return "agreement", err
			}
		}
	}
	for i := 1; i < len(g.votes); i++ {
		if a, b := g.votes[i-1], g.votes[i]; a.Ballot == b.Ballot && a.Value != b.Value {
			return "one value a ballot", fmt.Errorf("in ballot %s %s has voted for %s, and %s for %s", a.Ballot, a.by, a.Value, b.by, b.Value)
		}
	}
	return "", nil
}

func (g *synodGhost) append(b []byte) []byte {
	for _, v := range g.votes {
		b = fmt.Appendf(b, "%d.%s %s %s;", v.Ballot.Round, v.Ballot.Node, v.by, v.Value)
	}
	return b
}

func (g *synodGhost) state(b []byte, m *sim.Machine) []byte {
	n, up := m.Node().(*synod.Node)
	if !up {
		return append(b, "down"...)
	}
	b = n.AppendState(b)
	if n.Unsynced() == 0 {
		return b // what it knows is what it would find
	}
	size, _ := m.Disk().Durable(synod.RecordFile)
	p, err := m.Disk().ReadFile(synod.RecordFile)
	if err != nil {
		return b
	}
	return synod.AppendLastRecord(b, p[:size])
}

func (g *synodGhost) event(b []byte, p sim.Pending) []byte {
	if p.Kind == trace.Synced {
		n := g.node(p.Node)
		if n == nil {
			return b
		}
		ahead, ok := n.SyncsRecord(p.Tag)
		if !ok {
			return b
		}
		p.Tag.N = ahead
	}
	before := len(b)
	b = smallscope.AppendEvent(b, g.u, p)
	if p.Kind == trace.Deliver {
		g.payload = g.u.AppendPayload(g.payload[:0], p)
		if n := g.node(p.Node); n != nil && n.Ignores(g.payload) {
			return b[:before]
		}
	}
	return b
}
