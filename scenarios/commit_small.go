package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/explore/smallscope"
	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/sim"
	"orrery/trace"
)

// CommitScope says how large the small world of two-phase commit is: one coordinator, and one transaction, which a client has asked for once.
type CommitScope struct {
	Participants int
	Refuses      bool // the first of them has not got what the transaction would take from it, and must vote no
	Attempts     int  // of the coordinator, at a transaction that was refused
	TimeOuts     int  // how often anybody loses patience, in one execution
	Cooperative  bool // who waits asks the other participants, too
}

// CommitWorld is the small world of two-phase commit. It begins when the coordinator has asked for votes. The end of a sync, and a
// start, happen at once; a crash may nevertheless come before the sync of what was just written. Any timer may end at any time, as
// often as the scope allows in all: a coordinator that has waited gives up, a participant that has waited asks.
func CommitWorld(s CommitScope, q commit.Quirks) *smallscope.World {
	return &smallscope.World{Build: func(u *sim.Universe) *smallscope.Instance {
		g := &commitGhost{u: u, left: s.TimeOuts}
		f := commit.Config{Coordinators: []nodes.ID{"c1"}, Attempts: uint64(s.Attempts), VoteTimeout: 1, Initial: 1, Quirks: q}
		if s.Cooperative {
			f.Protocol = commit.Cooperative
		}
		for i := range s.Participants {
			f.Shards = append(f.Shards, nodes.ID(fmt.Sprintf("s%d", i+1)))
		}
		for _, id := range slices.Concat(f.Coordinators, f.Shards) {
			c := f
			c.Self = id
			g.ids = append(g.ids, id)
			u.Add(id, func() nodes.Node { return commit.New(c) }).Start(0)
		}
		g.facts = make([]commitFacts, s.Participants)
		ops := commitEach(&f)
		if s.Refuses {
			ops[slices.IndexFunc(ops, func(o commit.Op) bool { return f.ShardOf(o.Key) == f.Shards[0] })].N = -2
		}
		u.Add("client", func() nodes.Node { return &oneRequest{ops: ops} }).Start(time.Second)
		u.Observe(sim.Observer{Sent: g.sent, After: g.after})
		return &smallscope.Instance{Ready: g.ready, Eager: g.eager, Check: g.check, State: g.state, Ghost: g.append, Event: g.event, Crashable: g.ids}
	}}
}

// commitEach adds 1 to one key of each participant.
func commitEach(f *commit.Config) (ops []commit.Op) {
	for i := uint64(0); len(ops) < len(f.Shards); i++ {
		if k := account(i); !hasShard(f, ops, k) {
			ops = append(ops, commit.Op{Kind: commit.OpAdd, Key: k, N: 1})
		}
	}
	return ops
}

// commitGhost knows what machines have told each other, which no crash takes back, and what has become of the transaction on each.
type commitGhost struct {
	u       *sim.Universe
	ids     []nodes.ID // the coordinator, and the participants
	begun   bool
	left    int // time-outs that are still allowed
	attempt uint64
	facts   []commitFacts // of the participants
	commits nodes.ID      // who has told somebody that the last attempt has committed; "" for nobody
	aborts  nodes.ID      // who has told that it is aborted

	property string
	err      error
}

// commitFacts are what is known of a participant, in the last attempt.
type commitFacts struct {
	yes  bool         // it has told that it votes yes
	ends commit.State // how the transaction has ended there
}

func (g *commitGhost) node(id nodes.ID) *commit.Node {
	n, _ := g.u.Machine(id).Node().(*commit.Node)
	return n
}

func (g *commitGhost) ready() bool { return g.begun }

// eager are the ends of syncs and starts: they concern one machine alone.
func (g *commitGhost) eager(p sim.Pending) bool {
	return p.Kind == trace.Synced || p.Kind == trace.Boot
}

func (g *commitGhost) violate(property, format string, args ...any) {
	if g.err == nil {
		g.property, g.err = property, fmt.Errorf(format, args...)
	}
}

func (g *commitGhost) at(id nodes.ID) int { return slices.Index(g.ids, id) - 1 }

// sent sees what is told. What is told of an attempt before the last one is over, for it was aborted.
func (g *commitGhost) sent(from *sim.Machine, to nodes.ID, message nodes.Message) {
	m := message.(*commit.Message)
	if m.Type < commit.Prepare {
		return
	}
	if m.Txn.Attempt > g.attempt {
		g.begun, g.attempt, g.commits, g.aborts = true, m.Txn.Attempt, "", ""
		clear(g.facts)
	}
	if m.Txn.Attempt < g.attempt {
		return
	}
	who := g.at(from.ID())
	switch m.Type {
	case commit.Vote:
		g.facts[who].yes = g.facts[who].yes || m.Yes
	case commit.Commit:
		g.decides(from.ID(), commit.Committed)
	case commit.Abort:
		if i := g.at(to); i < 0 || g.facts[i].ends == commit.None { // else it is presumed, and told to one who knows better
			g.decides(from.ID(), commit.Aborted)
		}
	case commit.Ack:
		if e, known := g.node(from.ID()).Knows(m.Txn); who >= 0 && g.facts[who].ends != commit.Committed && (!known || !e.Commit) {
			g.violate("AC3", "%s acknowledges the commit, and does not have it: what it had voted for is lost", from.ID())
		}
	}
}

// decides: somebody tells a decision, or acts upon it.
func (g *commitGhost) decides(who nodes.ID, s commit.State) {
	if s == commit.Committed {
		g.commits = who
		for i, f := range g.facts {
			if !f.yes {
				g.violate("AC3", "%s commits, and %s has not voted for it", who, g.ids[i+1])
			}
		}
	} else {
		g.aborts = who
	}
	if g.commits != "" && g.aborts != "" {
		g.violate("AC1", "%s commits, and %s aborts", g.commits, g.aborts)
	}
}

// after counts time-outs, and looks at what has ended on a participant.
func (g *commitGhost) after(m *sim.Machine, kind trace.Kind) {
	who := g.at(m.ID())
	if kind == trace.Fire && who >= -1 && g.begun {
		g.left--
	}
	n, up := m.Node().(*commit.Node)
	if who < 0 || !up || !n.Ready() {
		return
	}
	e, known := n.Knows(commit.TxnID{Coord: "c1", Epoch: 1, N: 1, Attempt: g.attempt})
	if !known || !e.Voted && !e.Commit {
		return
	}
	s := commit.Aborted
	if e.Commit {
		s = commit.Committed
	}
	switch f := &g.facts[who]; f.ends {
	case s:
	case commit.None:
		f.ends = s
		g.decides(m.ID(), s)
	default:
		g.violate("AC2", "%s had it %v, and has it %v now", m.ID(), f.ends, s)
	}
}

func (g *commitGhost) check() (string, error) { return g.property, g.err }

func (g *commitGhost) append(b []byte) []byte {
	b = append(b, byte(g.left), byte(g.attempt))
	for _, f := range g.facts {
		b = append(b, byte(f.ends))
		if f.yes {
			b = append(b, 'y')
		}
	}
	b = append(append(b, g.commits...), 0)
	return append(b, g.aborts...)
}

func (g *commitGhost) state(b []byte, m *sim.Machine) []byte {
	n, up := m.Node().(*commit.Node)
	if !up {
		return append(b, "down"...)
	}
	h := m.Disk().Hash()
	for range 8 {
		b, h = append(b, byte(h)), h>>8
	}
	return n.AppendState(b)
}

// event leaves out what the client does, which has had its part, and timers when patience is at an end.
func (g *commitGhost) event(b []byte, p sim.Pending) []byte {
	if g.at(p.Node) < -1 || p.Node == "client" || p.Kind == trace.Fire && g.left <= 0 {
		return b
	}
	return smallscope.AppendEvent(b, g.u, p)
}

// commitSmall is two-phase commit.
func commitSmall() *Small {
	return &Small{
		Name:  "commit",
		About: "two-phase commit: one coordinator, a few participants, one transaction",
		Sizes: []Size{
			{"participants", "machines with a key each, all of which the transaction touches", 2, 1, 3},
			{"refuses", "1: the first participant cannot do its part, and votes no", 0, 0, 1},
			{"attempts", "of the coordinator, at a transaction that was refused", 1, 1, 3},
			{"timeouts", "how often anybody may lose patience, in one execution", 2, 0, 4},
		},
		Variants: []string{commit.TwoPhase.String(), commit.Cooperative.String()},
		Bugs:     []string{"commit-before-durable", "vote-before-durable", "aborts-alone", "forgets-before-acks", "recovery-drops-locks"},
		make: func(z map[string]int, variant, bug string) Searcher {
			b, _ := commit.BugNamed(bug)
			return CommitWorld(CommitScope{Participants: z["participants"], Refuses: z["refuses"] == 1, Attempts: z["attempts"], TimeOuts: z["timeouts"],
				Cooperative: variant == commit.Cooperative.String()}, b.Quirks)
		},
	}
}
