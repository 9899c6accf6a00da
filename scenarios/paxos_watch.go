package scenarios

import (
	"errors"
	"fmt"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/paxos"
	"orrery/sim"
	"orrery/trace"
)

// paxosWatch feeds the invariants of Paxos with what replicas send and do. It believes
// what leaves a machine, not what a replica thinks of itself: a vote counts when it is
// told, and must be durable by then.
type paxosWatch struct {
	held      *uint64 // how often hold was asked
	w         *trial.World
	index     map[nodes.ID]int
	machines  []int // by a machine's own index: the replica's
	last      paxos.Ballot
	lastAs    checker.Ballot // the last, as the checker has it
	agreement *checker.Agreement
	acceptors *checker.Acceptors
	state     []watched // of each replica

	// isQuorum tells whether acceptors (bit i is the i-th replica) are a quorum of phase 1 or 2 of
	// the configuration that governs a slot.
	isQuorum func(phase int, slot, acceptors uint64) bool
	promises map[paxos.Ballot]uint64 // who has told a promise of it
	// learn takes note of the memberships that a replica knows, for isQuorum.
	learn func(*paxos.Replica)
	alpha paxos.Slot // the window; 0 if the membership does not change
	reads *readWatch
	votes *phaseOne
	// patience is how long a follower must have heard nothing of a leader before it campaigns.
	patience time.Duration
	lease    time.Duration // how long an acceptor keeps to one; 0 if there are none
	newest   paxos.Ballot  // the highest whose leader has sent anything

	chain   []uint64 // by slot: the hash of everything that was applied up to it
	chainBy []nodes.ID
}

// watched is what was last seen of a replica.
type watched struct {
	incarnation uint32
	known       bool // its state after this incarnation's Boot was checked
	applied     paxos.Slot
	base        paxos.Slot
	ballot      paxos.Ballot  // that it led when its own votes were last counted,
	own         paxos.Slot    // and how far they went
	governs     paxos.Slot    // from which on the newest membership that it knows governs
	leads       paxos.Ballot  // the last that it has led
	founded     bool          // its identity was seen to be durable
	follows     paxos.Ballot  // the ballot whose leader's heartbeat it has answered, when none was higher,
	heard       time.Duration // and when, by its own clock
	campaigns   paxos.Ballot  // the last for which it asked for promises
}

func watchPaxos(cluster *paxosWorld, names []nodes.ID) *paxosWatch {
	w := cluster.w
	p := &paxosWatch{w: w, index: map[nodes.ID]int{}, isQuorum: cluster.isQuorum, promises: map[paxos.Ballot]uint64{},
		learn: cluster.learnConfigurations, patience: cluster.config.ElectionMin, lease: cluster.config.Lease,
		state: make([]watched, len(names)), chain: make([]uint64, 1, 1024), chainBy: make([]nodes.ID, 1, 1024)}
	if len(cluster.spares) > 0 {
		p.alpha = paxos.Slot(cluster.config.Alpha)
	}
	var list checker.Nodes
	for i, id := range names {
		p.index[id] = i
		list = append(list, string(id))
		at := w.U.Machine(id).Index()
		for len(p.machines) <= at {
			p.machines = append(p.machines, -1)
		}
		p.machines[at] = i
	}
	p.held = w.Asking("of acceptors and of what is chosen")
	p.agreement = checker.NewAgreement(list, func(slot, acceptors uint64) bool { return p.isQuorum(2, slot, acceptors) })
	p.acceptors = checker.NewAcceptors(list)
	p.reads, p.votes = newReadWatch(p), newPhaseOne(p)
	w.U.Observe(sim.Observer{Sent: p.sent, After: p.after})
	return p
}

// number is the number of a machine's replica.
func (p *paxosWatch) number(m *sim.Machine) int { return p.machines[m.Index()] }

// hold turns a broken invariant into a violation of the run.
func (p *paxosWatch) hold(err error) {
	*p.held++
	if err == nil {
		return
	}
	var broken *checker.InvariantError
	if errors.As(err, &broken) {
		p.w.U.Violate(broken.Property, broken.Detail)
		return
	}
	p.w.U.Violate("invariant", err.Error())
}

func (p *paxosWatch) ballot(b paxos.Ballot) checker.Ballot {
	if b != p.last {
		p.last, p.lastAs = b, p.convert(b)
	}
	return p.lastAs
}

func (p *paxosWatch) convert(b paxos.Ballot) checker.Ballot {
	return checker.Ballot{Round: b.Round, Node: uint32(p.index[b.Node]) + 1} // so that 3.2 is ballot 3 of n2
}

// sent looks at what a replica tells another.
func (p *paxosWatch) sent(from *sim.Machine, to nodes.ID, m nodes.Message) {
	p.reads.sent(from, to, m)
	if r, ok := from.Node().(*paxos.Replica); ok {
		p.countOwnVotes(from, r, &p.state[p.number(from)]) // what it tells may rest on them
	}
	switch m := m.(type) {
	case *paxos.P1a:
		p.toldDurably(from, m) // else a crash could have the same ballot used twice
		p.campaigns(from, m.Ballot)
		p.waitsOut(from, m.Ballot)
		p.votes.asks(from, m.Ballot)
	case *paxos.P2a:
		p.leads(m.Ballot)
		p.proposed(from, m)
	case *paxos.Heartbeat:
		p.leads(m.Ballot)
	case *paxos.P1b:
		if m.Promised == m.Ballot {
			p.toldDurably(from, m)
			p.promises[m.Ballot] |= 1 << p.number(from)
			p.votes.promises(from, m)
			p.waitsOut(from, m.Ballot)
			p.hold(p.acceptors.Promised(p.number(from), p.ballot(m.Ballot)))
		}
	case *paxos.P2b:
		if m.Promised == m.Ballot && m.First <= m.Last {
			p.toldDurably(from, m)
			p.votesTold(from, m.Ballot, m.First, m.Last)
		}
	case *paxos.HeartbeatAck:
		if s := &p.state[p.number(from)]; m.Promised == m.Ballot && m.Ballot == p.newest {
			s.follows, s.heard = m.Ballot, from.Monotonic()
		}
	}
}

// proposed: upon P2a, its sender leads the ballot, and proposes a value for each slot. Before
// that a quorum must have promised it that ballot, and no other.
func (p *paxosWatch) proposed(from *sim.Machine, m *paxos.P2a) {
	b := p.ballot(m.Ballot)
	promises := p.promises[m.Ballot] | 1<<p.number(from) // its own it tells to nobody
	p.w.Asked("promises-before-proposal")
	if !p.isQuorum(1, uint64(m.First), promises) {
		p.w.U.Violate("promises-before-proposal", fmt.Sprintf("%s proposes slot %d in ballot %v, which only %s have promised",
			from.ID(), m.First, m.Ballot, p.names(promises)))
	}
	p.hold(p.agreement.Leads(p.number(from), b))
	for i, value := range m.Values {
		hash := paxos.ValueHash(value)
		p.hold(p.agreement.Proposed(b, uint64(m.First)+uint64(i), hash))
		p.votes.proposes(from, m.Ballot, m.First+paxos.Slot(i), hash)
	}
}

// votesTold counts the votes of an acceptor that it has told, or, of a leader's own, relies on.
func (p *paxosWatch) votesTold(m *sim.Machine, b paxos.Ballot, first, last paxos.Slot) {
	r := m.Node().(*paxos.Replica)
	i := p.number(m)
	for s := max(first, r.SnapshotBase()+1); s <= last; s++ {
		at, value, ok := r.Vote(s)
		if !ok || at != b {
			// It has accepted something else since, but its vote of before is a vote.
			if value, ok := p.agreement.Proposal(p.ballot(b), uint64(s)); ok {
				p.hold(p.agreement.Accepted(i, p.ballot(b), uint64(s), value))
			}
			continue
		}
		p.hold(p.acceptors.Accepted(i, p.ballot(b), uint64(s), value))
		p.hold(p.agreement.Accepted(i, p.ballot(b), uint64(s), value))
	}
}

// after looks at a replica on which something has happened.
func (p *paxosWatch) after(m *sim.Machine, _ trace.Kind) {
	r, ok := m.Node().(*paxos.Replica)
	if !ok {
		return
	}
	i := p.number(m)
	s := &p.state[i]
	if s.incarnation != m.Incarnation() {
		*s = watched{incarnation: m.Incarnation()}
		p.restarted(m, r, s)
	}
	if base := r.SnapshotBase(); base > s.base {
		p.acceptors.SnapshotCovers(i, uint64(base))
		if file, size, ok := r.SnapshotFile(); ok {
			p.durable(m, file, size, "has its log name a snapshot")
		}
		s.base = base
	}
	p.countOwnVotes(m, r, s)
	if applied, chain := r.Applied(); applied != s.applied {
		for slot := s.applied + 1; slot <= applied; slot++ {
			if value, ok := r.Value(slot); ok {
				p.hold(p.agreement.Learned(i, uint64(slot), value))
			}
		}
		p.applied(m.ID(), applied, chain)
		p.governed(m, r, s, applied)
		s.applied = applied
		p.reads.applied = max(p.reads.applied, applied)
	}
	if b, leads := r.Leading(); leads && b != s.leads {
		s.leads = b
		p.elected(m, b)
	}
}

// countOwnVotes counts a leader's own votes as soon as it counts them itself.
func (p *paxosWatch) countOwnVotes(m *sim.Machine, r *paxos.Replica, s *watched) {
	b, last, ok := r.OwnVotes()
	if !ok {
		return
	}
	if b != s.ballot {
		s.ballot, s.own = b, r.SnapshotBase()
	}
	for ; s.own < last; s.own++ {
		// What others have chosen meanwhile it passes over, though its own vote is not yet durable.
		if slot := s.own + 1; slot > r.SnapshotBase() && r.VoteIsDurable(slot) {
			p.votesTold(m, b, slot, slot)
		}
	}
}

// elected: while a leader has a lease, nobody else is elected.
func (p *paxosWatch) elected(winner *sim.Machine, b paxos.Ballot) {
	for _, m := range p.w.U.Machines() {
		r, ok := m.Node().(*paxos.Replica)
		if !ok || m == winner || !r.HoldsLease(m.Monotonic(), m.Wall()) {
			continue
		}
		p.w.Asked("one-lease")
		if other, _ := r.Leading(); other.Less(b) {
			p.w.U.Violate("one-lease", fmt.Sprintf("%s leads ballot %v, while %s counts on its lease for ballot %v", winner.ID(), b, m.ID(), other))
		}
	}
}

// names lists the replicas of a set.
func (p *paxosWatch) names(set uint64) string {
	var ids []nodes.ID
	for _, m := range p.w.U.Machines() {
		if i, ok := p.index[m.ID()]; ok && set&(1<<i) != 0 {
			ids = append(ids, m.ID())
		}
	}
	return list(ids)
}

// restarted: what the replica has told before it must find on its disk.
func (p *paxosWatch) restarted(m *sim.Machine, r *paxos.Replica, s *watched) {
	s.base = r.SnapshotBase()
	// Of a slot that it knows to be chosen an acceptor need not keep its vote: it says so in P1b.
	p.hold(p.acceptors.Restarted(p.number(m), p.ballot(r.Promised()), uint64(max(s.base, r.CommitIndex())),
		func(slot uint64) (checker.Ballot, uint64, bool) {
			b, value, ok := r.Vote(paxos.Slot(slot))
			return p.ballot(b), value, ok
		}))
}

// applied: the sequences that replicas apply are prefixes of one. chain is a hash of the
// whole sequence up to the slot, so it is enough to compare that.
func (p *paxosWatch) applied(id nodes.ID, slot paxos.Slot, chain uint64) {
	for uint64(len(p.chain)) <= uint64(slot) {
		p.chain, p.chainBy = append(p.chain, 0), append(p.chainBy, "")
	}
	if p.chainBy[slot] == "" {
		p.chain[slot], p.chainBy[slot] = chain, id
		return
	}
	if p.chain[slot] != chain {
		p.hold(&checker.InvariantError{Property: checker.PropertyPrefix,
			Detail: fmt.Sprintf("%s and %s have applied different commands in the slots up to %d", id, p.chainBy[slot], slot)})
	}
}

// governed: a change of membership that is chosen in slot s governs from slot s+alpha on, and no
// earlier: up to there its leader may have proposed already ("Paxos Made Simple", section 3). Until
// then the replica knows who governs.
func (p *paxosWatch) governed(m *sim.Machine, r *paxos.Replica, s *watched, applied paxos.Slot) {
	if p.alpha == 0 {
		return
	}
	list := r.Configurations()
	for _, c := range list {
		if c.From > max(s.governs, 1) && (c.From <= s.applied+p.alpha || c.From > applied+p.alpha) {
			p.w.U.Violate("membership-waits-for-the-window", fmt.Sprintf("%s has applied slots %d to %d, and has a new membership govern from slot %d on; the window is %d",
				m.ID(), s.applied+1, applied, c.From, p.alpha))
		}
		s.governs = max(s.governs, c.From)
	}
	if list[0].From > r.SnapshotBase()+1 {
		p.w.U.Violate("membership-waits-for-the-window", fmt.Sprintf("%s does not know any more who governs slot %d", m.ID(), r.SnapshotBase()+1))
	}
}
