package scenarios

import (
	"fmt"

	"orrery/nodes/paxos"
	"orrery/sim"
)

// phaseOne checks P2c of "Paxos Made Simple": a leader proposes a value in a slot only if some
// quorum has promised its ballot of which either nobody had accepted anything there, or
// that value was the one with the highest ballot. It sees an adoption go wrong also where
// nothing had been chosen, so that nobody is harmed yet.
type phaseOne struct {
	p       *paxosWatch
	reports map[paxos.Ballot]*ballotReports
}

// ballotReports is what those who promised a ballot have told, of each slot what was told first: after that
// they accept nothing in a lower one.
type ballotReports struct {
	by      []report   // by replica
	checked paxos.Slot // proposals were looked at up to here
}

type report struct {
	told   bool
	commit paxos.Slot // up to there it told no votes, but that all is chosen
	votes  map[paxos.Slot]reportedVote
}

type reportedVote struct {
	ballot paxos.Ballot
	value  uint64
}

func newPhaseOne(p *paxosWatch) *phaseOne {
	return &phaseOne{p: p, reports: map[paxos.Ballot]*ballotReports{}}
}

// of is where a replica's report for a ballot goes, and whether it is its first.
func (c *phaseOne) of(b paxos.Ballot, m *sim.Machine) (rep *report, first bool) {
	all := c.reports[b]
	if all == nil {
		all = &ballotReports{by: make([]report, len(c.p.state))}
		c.reports[b] = all
	}
	rep = &all.by[c.p.number(m)]
	if rep.told {
		return rep, false
	}
	rep.told, rep.votes = true, map[paxos.Slot]reportedVote{}
	return rep, true
}

// asks: a candidate promises itself its ballot, and reports its votes to itself.
func (c *phaseOne) asks(m *sim.Machine, b paxos.Ballot) {
	r, ok := m.Node().(*paxos.Replica)
	if !ok {
		return
	}
	rep, first := c.of(b, m)
	if !first {
		return
	}
	rep.commit = r.CommitIndex()
	for s := rep.commit + 1; s <= r.LastSlot(); s++ {
		if at, value, ok := r.Vote(s); ok {
			rep.votes[s] = reportedVote{at, value}
		}
	}
}

// promises: an acceptor tells a promise. If it tells one again after a crash, it may know less to
// be chosen than before, and then it tells its votes for those slots.
func (c *phaseOne) promises(m *sim.Machine, p1b *paxos.P1b) {
	rep, first := c.of(p1b.Ballot, m)
	if !first && p1b.Commit >= rep.commit {
		return
	}
	rep.commit = p1b.Commit
	for i := range p1b.Votes {
		v := &p1b.Votes[i]
		if _, told := rep.votes[v.Slot]; !told {
			rep.votes[v.Slot] = reportedVote{v.Ballot, paxos.ValueHash(v.Value)}
		}
	}
}

// proposes: the leader of ballot b proposes a value in slot s.
func (c *phaseOne) proposes(m *sim.Machine, b paxos.Ballot, s paxos.Slot, value uint64) {
	all := c.reports[b]
	if all == nil || s <= all.checked {
		return
	}
	all.checked = s
	highest, found := reportedVote{}, false
	var free uint64
	for i := range all.by {
		rep := &all.by[i]
		if !rep.told || rep.commit >= s {
			continue
		}
		switch v, voted := rep.votes[s]; {
		case !voted:
			free |= 1 << i
		case v.value == value && (!found || highest.ballot.Less(v.ballot)):
			highest, found = v, true
		}
	}
	if c.p.isQuorum(1, uint64(s), free) {
		return
	}
	allowing := free
	for i := range all.by {
		if v, voted := all.by[i].votes[s]; found && voted && all.by[i].commit < s && !highest.ballot.Less(v.ballot) {
			allowing |= 1 << i
		}
	}
	c.p.w.Asked("proposes-the-highest-vote")
	if !c.p.isQuorum(1, uint64(s), allowing) {
		c.p.w.U.Violate("proposes-the-highest-vote", fmt.Sprintf(
			"%s proposes #%016x for slot %d in ballot %v; only %s, of those who promised it, had no vote there above that value's",
			m.ID(), value, s, b, c.p.names(allowing)))
	}
}
