package commit

import (
	"slices"
	"strconv"
	"time"

	"orrery/nodes"
)

// Paxos Commit (Gray and Lamport, "Consensus on Transaction Commit", TODS 2006): each participant's vote is the value of a Paxos instance. The
// participant proposes it itself, in ballot 0, and the coordinator counts. Whoever is tired of waiting leads a higher ballot of all
// instances, and proposes Aborted where nothing was accepted. The transaction commits if every instance has chosen Prepared.

// lead is a ballot that this machine leads.
type lead struct {
	id       TxnID
	peers    []nodes.ID
	ballot   Ballot
	phase    int // 0: was outbid; 1: wants promises; 2: wants votes
	outbid   uint64
	again    time.Duration // when the next may begin: a ballot needs two round trips, and two that lead at once part by chance
	promises []nodes.ID
	values   []Instance   // of each instance: the highest vote that was heard of, then what is proposed
	votes    [][]nodes.ID // by instance of peers: who has voted
}

// proposeOwn proposes this participant's vote in its own instance.
func (n *Node) proposeOwn(env nodes.Env, vote *Message) {
	m := &Message{Type: P2a, Txn: vote.Txn, Items: vote.Items, Instances: []Instance{{RM: n.cfg.Self, Prepared: vote.Yes}}}
	n.tellAll(env, n.cfg.Acceptors, m)
}

func (n *Node) leading(id TxnID) *lead {
	for _, l := range n.leads {
		if l.id == id {
			return l
		}
	}
	return nil
}

func (n *Node) dropLead(id TxnID) {
	n.leads = slices.DeleteFunc(n.leads, func(l *lead) bool { return l.id == id })
}

// lead begins a ballot that nobody has ever used, for the name in it has this machine's epoch; but not before the last one had its time.
func (n *Node) lead(env nodes.Env, id TxnID, peers []nodes.ID) {
	l := n.leading(id)
	if l == nil {
		l = &lead{id: id, peers: peers}
		n.leads = append(n.leads, l)
	}
	if l.ballot.Round > 0 && env.Monotonic() < l.again {
		return
	}
	l.again = env.Monotonic() + 4*n.cfg.Retry + time.Duration(env.Rand().Int64N(int64(4*n.cfg.Retry)))
	name := string(n.cfg.Self) + "." + strconv.FormatUint(n.epoch, 10)
	l.ballot = Ballot{Round: max(l.ballot.Round, l.outbid) + 1, Node: nodes.ID(name)}
	l.phase, l.promises, l.values, l.votes = 1, nil, nil, make([][]nodes.ID, len(peers))
	nodes.Reachable(env, markLeadsBallot)
	note(env, id, "gets a leader in ballot "+l.ballot.String())
	n.tellAll(env, n.cfg.Acceptors, &Message{Type: P1a, Txn: id, Ballot: l.ballot})
}

func (n *Node) quorum() int { return len(n.cfg.Acceptors)/2 + 1 }

// answers tells whether an answer is to the ballot that is led; a refusal ends it.
func (l *lead) answers(m *Message, phase int) bool {
	if l == nil || l.phase != phase || m.Ballot != l.ballot {
		return false
	}
	if m.Ballot.Less(m.Promised) {
		l.outbid, l.phase = max(l.outbid, m.Promised.Round), 0
		return false
	}
	return true
}

// onP1b counts a promise. With a quorum of them every instance gets the value of the highest vote for it; only where there is none
// it gets Aborted.
func (n *Node) onP1b(env nodes.Env, from nodes.ID, m *Message) {
	l := n.leading(m.Txn)
	if !l.answers(m, 1) || slices.Contains(l.promises, from) {
		return
	}
	l.promises = append(l.promises, from)
	for _, i := range m.Instances {
		at := slices.IndexFunc(l.values, func(j Instance) bool { return j.RM == i.RM })
		switch {
		case at < 0:
			l.values = append(l.values, i)
		case l.values[at].Ballot.Less(i.Ballot):
			l.values[at] = i
		}
	}
	if len(l.promises) < n.quorum() {
		return
	}
	l.phase = 2
	for _, rm := range l.peers {
		if !slices.ContainsFunc(l.values, func(i Instance) bool { return i.RM == rm }) {
			l.values = append(l.values, Instance{RM: rm})
		}
	}
	n.tellAll(env, n.cfg.Acceptors, &Message{Type: P2a, Txn: l.id, Ballot: l.ballot, Instances: l.values})
}

// onP2b counts votes. An instance that has chosen Aborted ends the transaction; Prepared must be chosen in all.
func (n *Node) onP2b(env nodes.Env, from nodes.ID, m *Message) {
	t, l := n.txn(m.Txn), n.leading(m.Txn)
	if m.Ballot == (Ballot{}) && l == nil && t != nil && t.state == None {
		l = &lead{id: t.id, peers: t.peers, phase: 2, votes: make([][]nodes.ID, len(t.peers))}
		n.leads = append(n.leads, l)
	}
	if !l.answers(m, 2) {
		return
	}
	if t != nil && m.Ballot == (Ballot{}) {
		t.hear(m.Items)
	}
	for _, i := range m.Instances {
		at := slices.Index(l.peers, i.RM)
		if at < 0 || slices.Contains(l.votes[at], from) {
			continue
		}
		l.votes[at] = append(l.votes[at], from)
		if len(l.votes[at]) < n.quorum() {
			continue
		}
		if !i.Prepared {
			n.chosen(env, l, Aborted)
			return
		}
	}
	if !slices.ContainsFunc(l.votes, func(v []nodes.ID) bool { return len(v) < n.quorum() }) {
		n.chosen(env, l, Committed)
	}
}

// hear takes what a participant has read, once.
func (t *txn) hear(items []Item) {
	for _, i := range items {
		if !slices.ContainsFunc(t.reads, func(j Item) bool { return j.Key == i.Key }) {
			t.reads = append(t.reads, i)
		}
	}
}

// chosen: this machine has learnt what the acceptors have chosen.
func (n *Node) chosen(env nodes.Env, l *lead, s State) {
	n.dropLead(l.id)
	if t := n.txn(l.id); t != nil && t.state == None {
		n.conclude(env, t, s)
		return
	}
	m := endMessage(l.id, s == Committed)
	n.tellAll(env, l.peers, m)
	env.Send(l.id.Coord, m)
}

// conclude ends a transaction at its coordinator. Nothing is written down: the acceptors know.
func (n *Node) conclude(env nodes.Env, t *txn, s State) {
	n.dropLead(t.id)
	if s == Aborted {
		n.refused(env, t)
		return
	}
	t.state, t.durable = Committed, true
	n.tellCommit(env, t)
}
