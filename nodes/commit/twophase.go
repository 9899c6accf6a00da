package commit

import (
	"orrery/nodes"
)

// What two-phase commit does when a participant waits: it asks the coordinator; with cooperative termination also the
// others. Nobody who is prepared may decide by himself.

// inquire asks how a transaction has ended.
func (n *Node) inquire(env nodes.Env, p *part) {
	m := &Message{Type: Inquiry, Txn: p.id}
	env.Send(p.id.Coord, m)
	nodes.Reachable(env, markInquires)
	for _, id := range p.peers {
		switch {
		case id == n.cfg.Self:
		case n.cfg.Protocol == Cooperative:
			env.Send(id, m)
		case n.cfg.Protocol == ThreePhase:
			env.Send(id, &Message{Type: Report, Txn: p.id, State: p.state, Frozen: true})
		}
	}
}

// onInquiry says how a transaction has ended, if this machine knows.
func (n *Node) onInquiry(env nodes.Env, from nodes.ID, m *Message) {
	if m.Txn.Coord == n.cfg.Self {
		n.onInquiryOfCoordinator(env, from, m)
		return
	}
	o, known := n.done[m.Txn]
	switch {
	case known:
		env.Send(from, endMessage(m.Txn, o.commit))
	case n.part(m.Txn) != nil:
		// As uncertain as who asks.
	case n.cfg.Protocol == Cooperative:
		n.abortUnvoted(env, from, m.Txn)
	}
}

// onInquiryOfCoordinator: of what is not known a commit would be in the log, so it was aborted, or will be.
func (n *Node) onInquiryOfCoordinator(env nodes.Env, from nodes.ID, m *Message) {
	t := n.txn(m.Txn)
	switch {
	case t == nil && n.cfg.Protocol != PaxosCommit:
		nodes.Reachable(env, markPresumesAbort)
		env.Send(from, &Message{Type: Abort, Txn: m.Txn})
	case t == nil || t.id != m.Txn:
	case t.state == Committed && t.durable:
		env.Send(from, &Message{Type: Commit, Txn: m.Txn})
	case t.frozen:
		env.Send(from, &Message{Type: Report, Txn: m.Txn, State: t.state, Frozen: true})
	}
}

// abortUnvoted: this machine has not voted, and now never will, so that whoever asks may abort. Of what has ended everywhere it does
// not know any more whether it had voted: then the question is an old one, or the coordinator has the answer.
func (n *Node) abortUnvoted(env nodes.Env, asks nodes.ID, id TxnID) {
	if n.stale(id) {
		return
	}
	m := &Message{Type: Abort, Txn: id}
	n.remember(id, outcome{})
	n.logThenTell(recordAborted, m, asks, m)
	nodes.Reachable(env, markHelpsToAbort)
}

func endMessage(id TxnID, commit bool) *Message {
	if commit {
		return &Message{Type: Commit, Txn: id}
	}
	return &Message{Type: Abort, Txn: id}
}

// coordinatorLearns: others have decided a transaction of this coordinator, which could not.
func (n *Node) coordinatorLearns(env nodes.Env, t *txn, s State) {
	switch {
	case n.cfg.Protocol == PaxosCommit && t.state == None:
		n.conclude(env, t, s)
	case !t.frozen:
	case s == Committed:
		n.commit(env, t)
	default:
		n.abort(env, t)
	}
}
