package commit

import (
	"slices"

	"orrery/nodes"
)

// onPrepare votes: yes if every key is free and every amount suffices, and once PREPARED is durable.
func (n *Node) onPrepare(env nodes.Env, from nodes.ID, m *Message) {
	n.raise(m.Txn, m.Floor)
	if p := n.part(m.Txn); p != nil {
		if p.voted {
			n.vote(env, p)
		}
		return
	}
	if o, known := n.done[m.Txn]; known && !n.cfg.Quirks.PreparesAfterAbort {
		if !o.yes && !o.commit {
			n.refuse(env, m.Txn) // once more: the first record may not be durable yet
		}
		return
	}
	if n.stale(m.Txn) {
		return
	}
	if !n.can(m.Ops) {
		n.refuse(env, m.Txn)
		return
	}
	n.serial++
	p := &part{id: m.Txn, serial: n.serial, ops: m.Ops, peers: m.Peers, state: Prepared, since: env.Monotonic(), reads: n.read(m.Ops)}
	n.parts = append(n.parts, p)
	n.log(recordPrepared, m, stepVote)
	if n.cfg.Quirks.VoteBeforeDurable {
		n.vote(env, p)
	}
}

// refuse votes no, and never otherwise: once that is durable it is told.
func (n *Node) refuse(env nodes.Env, id TxnID) {
	n.remember(id, outcome{})
	n.log(recordAborted, &Message{Type: Vote, Txn: id}, stepRefused)
}

// refusedDurably tells a vote against a transaction.
func (n *Node) refusedDurably(env nodes.Env, id TxnID) {
	m := &Message{Type: Vote, Txn: id}
	if n.cfg.Protocol == PaxosCommit {
		n.proposeOwn(env, m)
		return
	}
	env.Send(id.Coord, m)
}

// prepared: PREPARED is durable, and the vote may be told.
func (n *Node) prepared(env nodes.Env, id TxnID) {
	p := n.part(id)
	if p == nil || p.ends != None {
		return // an Abort was faster
	}
	p.voted = true
	n.vote(env, p)
	env.SetTimer(nodes.Tag{Name: timerPart, N: p.serial}, n.cfg.InquireAfter)
}

// vote votes yes.
func (n *Node) vote(env nodes.Env, p *part) {
	m := &Message{Type: Vote, Txn: p.id, Yes: true, Items: p.reads}
	if n.cfg.Protocol == PaxosCommit {
		n.proposeOwn(env, m)
		return
	}
	env.Send(p.id.Coord, m)
}

// onCommit ends the transaction with its effects.
func (n *Node) onCommit(env nodes.Env, from nodes.ID, m *Message) {
	if t := n.txn(m.Txn); t != nil {
		n.coordinatorLearns(env, t, Committed)
	}
	if !n.isShard() {
		return
	}
	p := n.part(m.Txn)
	if p == nil {
		n.acknowledge(env, m.Txn)
		return
	}
	n.decide(env, p, Committed)
}

// onAbort ends the transaction without effects. If its Prepare is still to come, it will be refused: otherwise it
// would lock keys of a transaction that is over.
func (n *Node) onAbort(env nodes.Env, from nodes.ID, m *Message) {
	p := n.part(m.Txn)
	switch _, known := n.done[m.Txn]; {
	case p != nil:
		n.decide(env, p, Aborted)
	case !known && !n.stale(m.Txn) && n.isShard():
		n.remember(m.Txn, outcome{})
		n.log(recordAborted, &Message{Type: Abort, Txn: m.Txn}, 0)
		nodes.Reachable(env, markAbortFirst)
	}
	if t := n.txn(m.Txn); t != nil {
		n.coordinatorLearns(env, t, Aborted)
	}
}

func (n *Node) isShard() bool { return slices.Contains(n.cfg.Shards, n.cfg.Self) }

// decide writes down how a transaction ends here. The first word counts; locks are held until it is durable.
func (n *Node) decide(env nodes.Env, p *part, s State) {
	if p.ends != None {
		return
	}
	p.ends = s
	env.StopTimer(nodes.Tag{Name: timerPart, N: p.serial})
	kind := recordAborted
	if s == Committed {
		kind = recordCommitted
	}
	note(env, p.id, s.String()+" here")
	n.log(kind, &Message{Type: Ack, Txn: p.id, Heuristic: p.heuristic, Yes: p.voted}, stepEnd)
}

// ends: the end of a transaction is durable. Its effects are there and its locks are free.
func (n *Node) ends(env nodes.Env, id TxnID) {
	p := n.part(id)
	if p == nil {
		return
	}
	n.longest = max(n.longest, env.Monotonic()-p.since)
	n.end(p, outcome{commit: p.ends == Committed, heuristic: p.heuristic, yes: p.voted})
	n.dropLead(id)
	if p.steps > 0 || p.frozen && n.cfg.Protocol == ThreePhase {
		n.tellEnd(env, p)
	}
	if p.ends == Committed {
		n.acknowledge(env, id)
	}
}

// acknowledge tells the coordinator that the commit is durable here. Of what is not known any more it was: the record
// of an end is forgotten only when the coordinator says that everybody has acknowledged.
func (n *Node) acknowledge(env nodes.Env, id TxnID) {
	o := n.done[id]
	damage := o.heuristic && !o.commit
	if damage && n.cfg.Quirks.HidesHeuristics {
		damage = false
	}
	env.Send(id.Coord, &Message{Type: Ack, Txn: id, Heuristic: damage})
}

// participantWaits: a transaction has been open for long, and nobody has said how it ends.
func (n *Node) participantWaits(env nodes.Env, p *part) {
	p.waits++
	switch {
	case n.cfg.Quirks.AbortsAlone && p.state == Prepared:
		n.decide(env, p, Aborted)
		return
	case n.cfg.Protocol == ThreePhase && (!p.frozen || n.cfg.Quirks.RecoveredTakesPart):
		n.terminate(env, p)
		return
	case n.cfg.HeuristicAfter > 0 && env.Monotonic()-p.since >= n.cfg.HeuristicAfter:
		p.heuristic = true
		n.decide(env, p, Aborted)
		nodes.Reachable(env, markHeuristic)
		return
	case n.cfg.Protocol == PaxosCommit:
		n.lead(env, p.id, p.peers)
	default:
		n.inquire(env, p)
	}
	wait := n.cfg.Retry * 1 << min(p.waits, 3)
	env.SetTimer(nodes.Tag{Name: timerPart, N: p.serial}, wait)
}
