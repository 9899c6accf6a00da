package synod

import (
	"time"

	"orrery/nodes"
)

// Fire begins a ballot.
func (n *Node) Fire(env nodes.Env, _ nodes.Tag) {
	if n.learnt != "" || n.cfg.Attempts > 0 && n.attempts == n.cfg.Attempts {
		return
	}
	n.attempts++
	n.propose(env)
	n.retry(env)
}

// retry begins the next ballot after a while, unless the value is learnt by then.
func (n *Node) retry(env nodes.Env) {
	if n.cfg.Attempts > 0 && n.attempts == n.cfg.Attempts {
		return
	}
	wait := n.backOff/2 + time.Duration(env.Rand().Int64N(int64(n.backOff/2)+1))
	n.backOff *= 2
	env.SetTimer(tagPropose, wait)
}

// propose begins a ballot that this node has never used: its round is durable before anybody hears of
// it, or a restart could use it again for another value.
func (n *Node) propose(env nodes.Env) {
	n.disk.Round = max(n.disk.Round, n.disk.Promised.Round) + 1
	n.ballot = Ballot{Round: n.disk.Round, Node: n.cfg.Self}
	if n.cfg.Quirks.BallotWithoutNode {
		n.ballot.Node = ""
	}
	n.phase, n.promises, n.votes = 1, nil, nil
	n.highest, n.value = Ballot{}, n.cfg.Value
	if n.cfg.Quirks.SkipsPhaseOne {
		n.phase = 2
		n.persist(env, "", Message{Type: P2a, Ballot: n.ballot, Value: n.value})
		return
	}
	n.persist(env, "", Message{Type: P1a, Ballot: n.ballot})
}

// outbid notes the ballot that a refusal names, so that the next attempt is above it.
func (n *Node) outbid(b Ballot) {
	n.disk.Round = max(n.disk.Round, b.Round)
	n.phase = 0
}

// onP1b counts a promise. With a quorum of them the value is that of the highest vote that they
// tell of; it may have been chosen. Only if there is none is it the proposer's own.
func (n *Node) onP1b(env nodes.Env, from nodes.ID, m *Message) {
	if n.phase != 1 || m.Ballot != n.ballot && !n.cfg.Quirks.CountsStalePromises {
		return
	}
	if m.Ballot.Less(m.Promised) && !n.cfg.Quirks.CountsNacks {
		n.outbid(m.Promised)
		return
	}
	n.promises = n.add(n.promises, from)
	if m.Accepted != (Ballot{}) && (n.highest.Less(m.Accepted) || n.cfg.Quirks.AdoptsLastAnswer) {
		n.highest, n.value = m.Accepted, m.Value
	}
	if len(n.promises) < n.quorum() {
		return
	}
	n.phase = 2
	for _, id := range n.cfg.Acceptors {
		env.Send(id, &Message{Type: P2a, Ballot: n.ballot, Value: n.value})
	}
}

// onP2b counts a vote. With a quorum of them the value is chosen.
func (n *Node) onP2b(_ nodes.Env, from nodes.ID, m *Message) {
	if n.phase != 2 || m.Ballot != n.ballot {
		return
	}
	if m.Ballot.Less(m.Promised) && !n.cfg.Quirks.CountsNacks {
		n.outbid(m.Promised)
		return
	}
	n.votes = n.add(n.votes, from)
	if len(n.votes) >= n.quorum() {
		n.learnt, n.phase = n.value, 0
	}
}

// Learnt is the value that this process knows to be chosen; "" if it knows none.
func (n *Node) Learnt() string { return n.learnt }

// Ready tells whether the node takes part: what it found on its disk is durable.
func (n *Node) Ready() bool { return n.ready && n.named }
