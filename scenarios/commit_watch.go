package scenarios

import (
	"fmt"
	"slices"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee"
	judge "orrery/checker/guarantee/commit"
	"orrery/checker/isolation"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/sim"
	"orrery/trace"
)

// The properties of atomic commitment, as they are asked inside of the run.
const (
	propertyAC1       = "AC1 agreement"
	propertyAC2       = "AC2 stability"
	propertyAC3       = "AC3 a commit needs every vote"
	propertyDurable   = "what is told is durable"
	propertyHeuristic = "heuristic decisions are reported"
)

// commitWatch follows every transaction by what machines tell, and by what becomes of it on them.
type commitWatch struct {
	c        *commitWorld
	w        *trial.World
	txns     map[commit.TxnID]*watchedTxn
	order    []*watchedTxn
	events   []judge.Event
	seen     map[nodes.ID]*watchedShard
	news     []commit.Ended
	fault    bool // something was broken at some time
	repaired bool // and everything was repaired
	damaged  bool // a heuristic decision was against the others
}

// watchedTxn is what is known of a transaction.
type watchedTxn struct {
	id        commit.TxnID
	name      string
	peers     []nodes.ID
	votes     []bool // by peer: has told yes
	ended     []commit.State
	refused   []bool       // by peer: has ended it without having voted for it
	life      []uint32     // by peer: its incarnation at either
	decided   commit.State // by anybody
	by        nodes.ID
	heuristic bool
}

// watchedShard is what was last seen of a machine.
type watchedShard struct {
	life    uint32
	endings int
}

func watchCommit(c *commitWorld) *commitWatch {
	p := &commitWatch{c: c, w: c.w, txns: map[commit.TxnID]*watchedTxn{}, seen: map[nodes.ID]*watchedShard{},
		events: make([]judge.Event, 0, 512)}
	for _, id := range c.config.Shards {
		p.seen[id] = &watchedShard{}
	}
	c.w.U.Observe(sim.Observer{Sent: p.sent, After: p.after})
	return p
}

func (p *commitWatch) event(k judge.Kind, t *watchedTxn, who nodes.ID, yes bool) {
	p.events = append(p.events, judge.Event{Kind: k, Txn: t.name, Process: string(who), Yes: yes})
}

// begin takes note of a transaction when its coordinator first asks for votes, which is his own vote.
func (p *commitWatch) begin(m *commit.Message) {
	if p.txns[m.Txn] != nil {
		return
	}
	n := len(m.Peers)
	t := &watchedTxn{id: m.Txn, name: m.Txn.String(), peers: m.Peers, votes: make([]bool, n), ended: make([]commit.State, n), refused: make([]bool, n), life: make([]uint32, n)}
	p.txns[m.Txn], p.order = t, append(p.order, t)
	var who []string
	for _, id := range m.Peers {
		who = append(who, string(id))
	}
	p.events = append(p.events, judge.Event{Kind: judge.Begin, Txn: t.name, Participants: append(who, string(m.Txn.Coord))})
	p.event(judge.Vote, t, m.Txn.Coord, true)
}

// sent looks at what a machine tells another.
func (p *commitWatch) sent(from *sim.Machine, to nodes.ID, message nodes.Message) {
	m := message.(*commit.Message)
	n, server := from.Node().(*commit.Node)
	if !server {
		return
	}
	if m.Type == commit.Prepare {
		p.begin(m)
	}
	t := p.txns[m.Txn]
	if t == nil {
		return
	}
	at := slices.Index(t.peers, from.ID())
	switch m.Type {
	case commit.Vote:
		p.vote(from, n, t, at, m.Yes)
	case commit.P2a:
		if m.Ballot == (commit.Ballot{}) {
			p.vote(from, n, t, at, m.Instances[0].Prepared)
		}
	case commit.Commit:
		p.tellsCommit(from, n, t, at)
	case commit.Abort:
		if i := slices.Index(t.peers, to); i >= 0 && t.ended[i] != commit.None && at < 0 {
			return // presumed, and told to one who knows better
		}
		p.decide(t, from.ID(), commit.Aborted, "tells Abort")
	case commit.Ack:
		p.acknowledges(n, t, at, m)
	}
}

func (p *commitWatch) violate(property, format string, args ...any) {
	p.w.U.Violate(property, fmt.Sprintf(format, args...))
}

// vote: a participant votes once, durably, and not after it has aborted.
func (p *commitWatch) vote(from *sim.Machine, n *commit.Node, t *watchedTxn, at int, yes bool) {
	if at < 0 {
		return
	}
	p.event(judge.Vote, t, from.ID(), yes)
	if !yes {
		return
	}
	p.w.Asked(propertyDurable)
	p.w.Asked(propertyAC2)
	if (t.ended[at] == commit.Aborted || t.refused[at]) && t.life[at] == from.Incarnation() {
		p.violate(propertyAC2, "%s votes yes on %v, which it has aborted", from.ID(), t.id)
		return
	}
	if !n.Prepared(t.id) {
		p.violate(propertyDurable, "%s votes yes on %v, and its PREPARED record is not durable", from.ID(), t.id)
	}
	t.votes[at] = true
}

// tellsCommit: a coordinator says so when it is durable, a participant when it has committed, or has learnt what was chosen.
func (p *commitWatch) tellsCommit(from *sim.Machine, n *commit.Node, t *watchedTxn, at int) {
	if at < 0 && p.c.config.Protocol != commit.PaxosCommit {
		p.w.Asked(propertyDurable)
		if !n.Decided(t.id) {
			p.violate(propertyDurable, "%s tells Commit of %v, and its COMMIT record is not durable", from.ID(), t.id)
		}
	}
	p.decide(t, from.ID(), commit.Committed, "tells Commit")
}

// decide: somebody tells a decision, or acts upon it.
func (p *commitWatch) decide(t *watchedTxn, who nodes.ID, s commit.State, how string) {
	if t.decided == s {
		return
	}
	p.w.Asked(propertyAC1)
	if t.decided != commit.None && !t.heuristic {
		p.violate(propertyAC1, "%s %s of %v, which %s has %v", who, how, t.id, t.by, t.decided)
		return
	}
	t.decided, t.by = s, who
	if s == commit.Aborted {
		return
	}
	p.w.Asked(propertyAC3)
	for i, yes := range t.votes {
		if !yes {
			p.violate(propertyAC3, "%s %s of %v, on which %s has not voted yes", who, how, t.id, t.peers[i])
		}
	}
}

// acknowledges: who says that a commit is durable has it; or he has decided otherwise by himself, and says so.
func (p *commitWatch) acknowledges(n *commit.Node, t *watchedTxn, at int, m *commit.Message) {
	if at < 0 {
		return
	}
	p.w.Asked(propertyHeuristic)
	switch e, known := n.Knows(t.id); {
	case known && e.Commit || !known && t.ended[at] != commit.None: // what it has forgotten all had acknowledged
	case !e.Heuristic:
		p.violate(propertyAC3, "%s acknowledges the commit of %v, and does not have it: what it had voted for is lost", t.peers[at], t.id)
	case !m.Heuristic:
		p.violate(propertyHeuristic, "%s has aborted %v by itself, and acknowledges its commit", t.peers[at], t.id)
	}
}

// after looks at what has ended on a shard.
func (p *commitWatch) after(m *sim.Machine, _ trace.Kind) {
	if !p.fault && p.w.U.ActiveFaults() > 0 {
		p.fault = true
	}
	s := p.seen[m.ID()]
	n, up := m.Node().(*commit.Node)
	if s == nil || !up || !n.Ready() {
		return
	}
	k := n.Endings()
	if s.life != m.Incarnation() {
		s.life, s.endings = m.Incarnation(), 0
	}
	if k == s.endings {
		return
	}
	p.news = n.LastEnded(p.news[:0], k-s.endings)
	s.endings = k
	for _, e := range p.news {
		p.ends(m, e)
	}
}

// ends: a transaction has ended on a shard, durably.
func (p *commitWatch) ends(m *sim.Machine, e commit.Ended) {
	t := p.txns[e.Txn]
	if t == nil {
		return
	}
	at := slices.Index(t.peers, m.ID())
	if at < 0 {
		return
	}
	s := commit.Aborted
	if e.Commit {
		s = commit.Committed
	}
	if e.Heuristic {
		t.heuristic, p.damaged = true, true
	}
	before := t.ended[at]
	t.life[at] = m.Incarnation()
	if !e.Voted && !e.Commit {
		t.refused[at] = true // told to nobody yet, and perhaps not durable
		return
	}
	t.ended[at] = s
	if before == s {
		return
	}
	p.w.Asked(propertyAC2)
	if before != commit.None {
		p.violate(propertyAC2, "%s has %v %v before, and has %v it now", m.ID(), before, t.id, s)
	}
	p.event(judge.Decide, t, m.ID(), e.Commit)
	if e.Commit {
		p.event(judge.Apply, t, m.ID(), true)
	}
	if !e.Heuristic {
		p.decide(t, m.ID(), s, "has the end")
	}
}

// finally judges what can be told at the end: AC4, all effects or none, and the histories of the clients.
func (c *commitWorld) finally() error {
	p := c.watch
	if p.damaged {
		return nil // atomicity was given up, and whoever had to know was told
	}
	report := judge.Check(p.run())
	c.w.Asked("AC4, and all effects or none")
	if report.Verdict == checker.Violated {
		return fmt.Errorf("%s", report.Reason)
	}
	var bank guarantee.BankOptions
	for i := range c.load.keys {
		bank.Accounts = append(bank.Accounts, account(i))
	}
	bank.Total = int64(c.load.keys) * commitInitial
	c.w.Asked("the money of the bank")
	if r := guarantee.Bank(c.load.reads, bank); r.Verdict == checker.Violated {
		return fmt.Errorf("bank: %s", r.Reason)
	}
	c.load.unfinished()
	c.w.Asked("strict serializability")
	switch r := isolation.Check(c.load.txns, isolation.Options{}); r.Verdict {
	case checker.Violated, checker.Malformed:
		return fmt.Errorf("strict serializability: %s", r.Reason)
	}
	return nil
}

// run is what the checker of atomic commitment judges. Who was never asked for a vote has nothing to decide: he counts as one
// who has aborted, so that everybody has decided.
func (p *commitWatch) run() judge.Run {
	stats := p.w.U.Stats()
	lost := uint64(0)
	for _, n := range stats.Dropped {
		lost += n
	}
	if p.fault || p.c.unsteady || lost > 0 || stats.Crashes > 0 {
		p.events = append(p.events, judge.Event{Kind: judge.Fault})
	}
	for _, t := range p.order {
		if t.decided != commit.None {
			p.event(judge.Decide, t, t.id.Coord, t.decided == commit.Committed)
			if t.decided == commit.Committed {
				p.event(judge.Apply, t, t.id.Coord, true) // it holds no data: to have decided is all
			}
		} else if p.repaired {
			p.event(judge.Decide, t, t.id.Coord, false) // forgotten in a crash: presumed
		}
		for i, id := range t.peers {
			if p.repaired && !t.votes[i] && t.ended[i] == commit.None {
				p.event(judge.Decide, t, id, false)
			}
		}
	}
	return judge.Run{Events: p.events, Repaired: p.repaired, Applies: true}
}

// held is the longest time for which a transaction has held locks on any shard, in the present lives of their processes.
func (c *commitWorld) held() (longest time.Duration) {
	for _, id := range c.config.Shards {
		m := c.w.U.Machine(id)
		if n, up := m.Node().(*commit.Node); up {
			longest = max(longest, n.Longest(), n.Waits(m.Monotonic()))
		}
	}
	return longest
}
