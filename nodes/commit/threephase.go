package commit

import (
	"slices"

	"orrery/nodes"
)

// Three-phase commit (Skeen, SIGMOD 1981): before anybody commits, everybody who is alive knows that all have voted yes. So whoever
// is uncertain knows that nobody has committed, and when a coordinator has stopped the others can go on without him.
//
// They do it without electing another. Whoever has waited for too long tells his state to all others, again in each
// step. Who hears of a precommitted one is precommitted, too, and tells it. After as many steps as there are participants
// everybody who is still alive knows the same, however many have stopped on the way and whomever their last messages have reached
// (this is FloodSet: Lynch, Distributed Algorithms, section 6.2): if nobody is precommitted all abort. Who is precommitted commits one
// step after he has told everybody.
//
// It all rests on messages that arrive within a step. If they do not, one side commits and the other aborts.

// frozenState is what a machine that has crashed and only asks has said of itself.
type frozenState struct {
	id    nodes.ID
	state State
}

// preCommit: that everybody has voted yes is durable, and may be told.
func (n *Node) preCommit(env nodes.Env, id TxnID) {
	t := n.txn(id)
	if t == nil || t.state != Precommitted || t.durable {
		return
	}
	t.durable, t.answers, t.began = true, nil, env.Monotonic()
	n.tellAll(env, t.peers, &Message{Type: PreCommit, Txn: id})
	env.SetTimer(nodes.Tag{Name: timerTxn, N: t.serial}, n.firstWait())
}

// preCommitAgain commits if those that have not answered must have stopped; they will ask when they are back.
func (n *Node) preCommitAgain(env nodes.Env, t *txn) {
	if !t.durable {
		return
	}
	if n.cfg.VoteTimeout > 0 && env.Monotonic()-t.began >= n.cfg.VoteTimeout {
		nodes.Reachable(env, markCommitsWithoutAcks)
		n.commit(env, t)
		return
	}
	for _, id := range t.peers {
		if !slices.Contains(t.answers, id) {
			env.Send(id, &Message{Type: PreCommit, Txn: t.id})
		}
	}
}

// onPreCommit notes that everybody has voted yes.
func (n *Node) onPreCommit(env nodes.Env, from nodes.ID, m *Message) {
	p := n.part(m.Txn)
	if p == nil || p.ends != None || p.frozen || !p.voted {
		return
	}
	if p.known {
		env.Send(from, &Message{Type: PreAck, Txn: p.id})
		return
	}
	n.learnsPrecommit(p)
}

func (n *Node) learnsPrecommit(p *part) {
	if p.state == Prepared {
		p.state = Precommitted
		n.log(recordPrecommitted, &Message{Type: PreCommit, Txn: p.id}, stepPrecommitted)
	}
}

// precommitted: that this participant knows is durable. The coordinator is told; or the others, if they go on without it.
func (n *Node) precommitted(env nodes.Env, id TxnID) {
	p := n.part(id)
	if p == nil || p.ends != None {
		return
	}
	p.known = true
	if p.steps > 0 {
		n.report(env, p)
		return
	}
	env.Send(id.Coord, &Message{Type: PreAck, Txn: id})
	env.SetTimer(nodes.Tag{Name: timerPart, N: p.serial}, n.cfg.InquireAfter)
}

// onPreAck counts who knows. When all do the transaction commits.
func (n *Node) onPreAck(env nodes.Env, from nodes.ID, m *Message) {
	t := n.txn(m.Txn)
	if t == nil || t.state != Precommitted || t.frozen || slices.Contains(t.answers, from) {
		return
	}
	if t.answers = append(t.answers, from); len(t.answers) == len(t.peers) {
		n.commit(env, t)
	}
}

// terminate is a step without the coordinator.
func (n *Node) terminate(env nodes.Env, p *part) {
	switch {
	case p.state == Precommitted && p.told:
		n.decide(env, p, Committed)
		nodes.Reachable(env, markTerminatesCommit)
		return
	case p.state == Prepared && p.steps >= len(p.peers):
		n.decide(env, p, Aborted)
		nodes.Reachable(env, markTerminatesAbort)
		return
	}
	n.report(env, p)
}

// report tells the others how far this participant is, and waits for a step.
func (n *Node) report(env nodes.Env, p *part) {
	if p.steps++; p.steps == 1 {
		note(env, p.id, "goes on without its coordinator")
	}
	if p.state == Prepared || p.known {
		p.told = p.state == Precommitted
		for _, id := range p.peers {
			if id != n.cfg.Self {
				env.Send(id, &Message{Type: Report, Txn: p.id, State: p.state})
			}
		}
	}
	env.SetTimer(nodes.Tag{Name: timerPart, N: p.serial}, n.cfg.Retry)
}

// onReport takes part in the termination. Who has crashed since he voted is no part of it: what he knows might come too late
// for some of the others. He waits to be told.
func (n *Node) onReport(env nodes.Env, from nodes.ID, m *Message) {
	if o, known := n.done[m.Txn]; known {
		env.Send(from, endMessage(m.Txn, o.commit))
		return
	}
	p := n.part(m.Txn)
	switch {
	case p == nil && !n.isShard():
	case p == nil:
		n.abortUnvoted(env, from, m.Txn)
	case p.ends != None || !p.voted:
	case m.Frozen:
		n.allFrozen(env, p, frozenState{from, m.State})
	case p.frozen && !n.cfg.Quirks.RecoveredTakesPart:
	default:
		if m.State == Precommitted {
			n.learnsPrecommit(p)
		}
		if p.steps == 0 {
			n.report(env, p)
		}
	}
}

// allFrozen: somebody else has crashed since he voted. If everybody has, the coordinator too, nothing of what they know changes any
// more, and nobody has decided: then all commit, because the coordinator knows that all have voted yes.
func (n *Node) allFrozen(env nodes.Env, p *part, f frozenState) {
	if !p.frozen || slices.Contains(p.asked, f) {
		return
	}
	p.asked = append(p.asked, f)
	if len(p.asked) == len(p.peers) { // all others, and the coordinator
		nodes.Reachable(env, markAllHaveCrashed)
		n.decide(env, p, Committed)
	}
}

// tellEnd tells the others what was decided without the coordinator.
func (n *Node) tellEnd(env nodes.Env, p *part) {
	for _, id := range p.peers {
		if id != n.cfg.Self {
			env.Send(id, endMessage(p.id, p.ends == Committed))
		}
	}
}
