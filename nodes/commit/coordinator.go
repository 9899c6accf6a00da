package commit

import (
	"slices"
	"time"

	"orrery/nodes"
)

// txn is a transaction that this machine coordinates.
type txn struct {
	id      TxnID
	serial  uint64 // of its timer
	client  nodes.ID
	request uint64
	ops     []Op
	peers   []nodes.ID // the participants
	state   State      // None: wants votes; Precommitted: wants PreAcks; Committed: wants Acks; Aborted: waits for its next attempt
	began   time.Duration
	durable bool       // the decision, or that everybody has voted yes
	frozen  bool       // three-phase commit: found precommitted in the log; others may have decided meanwhile
	answers []nodes.ID // who has voted yes, or sent the PreAck, or the Ack, whichever is wanted
	reads   []Item
}

// session is what a coordinator remembers of a client.
type session struct {
	client  nodes.ID
	request uint64   // the highest that was begun
	reply   *Message // to it, if it has ended
}

// txn is the open transaction of that name, if this machine coordinates it.
func (n *Node) txn(id TxnID) *txn {
	for _, t := range n.txns {
		if t.id == id || n.cfg.Quirks.CountsOldVotes && t.id.Coord == id.Coord && t.id.Epoch == id.Epoch && t.id.N == id.N {
			return t
		}
	}
	return nil
}

// onBegin begins a transaction. A request that names another epoch may have been begun in it, and is not begun again.
func (n *Node) onBegin(env nodes.Env, from nodes.ID, m *Message) {
	if m.Epoch != n.epoch {
		env.Send(from, &Message{Type: Stale, Request: m.Request, Epoch: n.epoch})
		return
	}
	i := slices.IndexFunc(n.clients, func(s session) bool { return s.client == from })
	if i < 0 {
		i = len(n.clients)
		n.clients = append(n.clients, session{client: from})
	}
	s := &n.clients[i]
	if m.Request <= s.request {
		if m.Request == s.request && s.reply != nil {
			env.Send(from, s.reply)
		}
		return
	}
	s.request, s.reply = m.Request, nil
	n.serial++
	t := &txn{id: TxnID{Coord: n.cfg.Self, Epoch: n.epoch, N: n.next}, serial: n.serial, client: from, request: m.Request, ops: m.Ops}
	n.next++
	for _, o := range m.Ops {
		if id := n.cfg.ShardOf(o.Key); !slices.Contains(t.peers, id) {
			t.peers = append(t.peers, id)
		}
	}
	slices.Sort(t.peers)
	n.txns = append(n.txns, t)
	n.attempt(env, t)
}

// attempt begins the next attempt at a transaction.
func (n *Node) attempt(env nodes.Env, t *txn) {
	t.id.Attempt++
	t.state, t.began, t.answers, t.reads = None, env.Monotonic(), nil, nil
	n.prepare(env, t)
	env.SetTimer(nodes.Tag{Name: timerTxn, N: t.serial}, n.firstWait())
}

// firstWait is until votes are asked for once more, or given up.
func (n *Node) firstWait() time.Duration {
	if v := n.cfg.VoteTimeout; v > 0 {
		return min(v, n.cfg.Retry)
	}
	return n.cfg.Retry
}

// prepare asks those who have not voted yet.
func (n *Node) prepare(env nodes.Env, t *txn) {
	oldest := n.next
	for _, o := range n.txns {
		if o.id.Epoch == n.epoch {
			oldest = min(oldest, o.id.N)
		}
	}
	for _, id := range t.peers {
		if slices.Contains(t.answers, id) {
			continue
		}
		m := &Message{Type: Prepare, Txn: t.id, Peers: t.peers, Floor: oldest}
		for _, o := range t.ops {
			if n.cfg.ShardOf(o.Key) == id {
				m.Ops = append(m.Ops, o)
			}
		}
		env.Send(id, m)
	}
}

// onVote counts a vote. With all of them the transaction commits; one that is against it aborts it.
func (n *Node) onVote(env nodes.Env, from nodes.ID, m *Message) {
	t := n.txn(m.Txn)
	if t == nil {
		if m.Yes && m.Txn.Coord == n.cfg.Self && n.cfg.Protocol != PaxosCommit {
			env.Send(from, &Message{Type: Abort, Txn: m.Txn}) // presumed: a commit would be in the log
		}
		return
	}
	if t.state != None || n.cfg.Protocol == PaxosCommit || !slices.Contains(t.peers, from) {
		return
	}
	if !m.Yes {
		n.refused(env, t)
		return
	}
	if slices.Contains(t.answers, from) {
		return
	}
	t.answers = append(t.answers, from)
	t.reads = append(t.reads, m.Items...)
	if len(t.answers) < len(t.peers) {
		return
	}
	if n.cfg.Protocol == ThreePhase {
		t.state = Precommitted
		n.log(recordCoordPre, &Message{Type: PreCommit, Txn: t.id, Peers: t.peers}, stepPreCommit)
		return
	}
	n.commit(env, t)
}

// commit decides to commit: from the moment at which that is durable it is so.
func (n *Node) commit(env nodes.Env, t *txn) {
	t.state, t.durable, t.frozen = Committed, false, false
	n.log(recordCoordCommit, &Message{Type: Commit, Txn: t.id, Peers: t.peers}, stepDecided)
	if n.cfg.Quirks.CommitBeforeDurable {
		n.tellAll(env, t.peers, &Message{Type: Commit, Txn: t.id})
	}
}

// decided: COMMIT is durable, and may be told.
func (n *Node) decided(env nodes.Env, id TxnID) {
	t := n.txn(id)
	if t == nil || t.durable {
		return
	}
	t.durable = true
	note(env, id, "is decided: commit")
	n.tellCommit(env, t)
}

// tellCommit tells everybody, the client too.
func (n *Node) tellCommit(env nodes.Env, t *txn) {
	t.answers = nil
	n.tellAll(env, t.peers, &Message{Type: Commit, Txn: t.id})
	n.reply(env, t, true)
	if n.cfg.Quirks.ForgetsBeforeAcks {
		n.forget(env, t)
		return
	}
	env.SetTimer(nodes.Tag{Name: timerTxn, N: t.serial}, n.cfg.Retry)
}

// refused: somebody has voted no. What failed for a lock may succeed in a while.
func (n *Node) refused(env nodes.Env, t *txn) {
	if t.id.Attempt >= n.cfg.Attempts {
		n.abort(env, t)
		return
	}
	n.tellAll(env, t.peers, &Message{Type: Abort, Txn: t.id})
	t.state = Aborted
	env.SetTimer(nodes.Tag{Name: timerTxn, N: t.serial}, n.cfg.Retry/4+time.Duration(env.Rand().Int64N(int64(n.cfg.Retry/4)+1)))
	nodes.Reachable(env, markTriesAgain)
}

// abort gives the transaction up. Nothing is written down: whoever asks and finds no record is told the same.
func (n *Node) abort(env nodes.Env, t *txn) {
	note(env, t.id, "is given up")
	n.tellAll(env, t.peers, &Message{Type: Abort, Txn: t.id})
	n.reply(env, t, false)
	n.forget(env, t)
}

// forget ends the transaction at the coordinator.
func (n *Node) forget(env nodes.Env, t *txn) {
	if t.state >= Precommitted && n.cfg.Protocol != PaxosCommit {
		n.log(recordCoordEnd, &Message{Type: Ack, Txn: t.id}, 0)
	}
	env.StopTimer(nodes.Tag{Name: timerTxn, N: t.serial})
	n.dropLead(t.id)
	n.txns = slices.DeleteFunc(n.txns, func(u *txn) bool { return u == t })
}

// reply tells the client, if it is still known who that was.
func (n *Node) reply(env nodes.Env, t *txn, yes bool) {
	if t.client == "" {
		return
	}
	i := slices.IndexFunc(n.clients, func(s session) bool { return s.client == t.client })
	m := &Message{Type: Reply, Request: t.request, Txn: t.id, Yes: yes}
	if yes {
		m.Items, m.Whole = t.reads, n.whole(t)
	}
	if s := &n.clients[i]; s.request == t.request {
		s.reply = m
	}
	env.Send(t.client, m)
}

// whole tells whether everything that the client has asked for was read.
func (n *Node) whole(t *txn) bool {
	for _, o := range t.ops {
		if !slices.ContainsFunc(t.reads, func(i Item) bool { return i.Key == o.Key }) {
			return false
		}
	}
	return true
}

// onAck counts a participant's word that the commit is durable there. When all have said so nobody will ever ask.
func (n *Node) onAck(env nodes.Env, from nodes.ID, m *Message) {
	t := n.txn(m.Txn)
	if t == nil || t.state != Committed || slices.Contains(t.answers, from) {
		return
	}
	t.answers = append(t.answers, from)
	if len(t.answers) == len(t.peers) {
		n.forget(env, t)
	}
}

// coordinatorWaits: it is time to send something once more, or to give up.
func (n *Node) coordinatorWaits(env nodes.Env, t *txn) {
	late := n.cfg.VoteTimeout > 0 && env.Monotonic()-t.began >= n.cfg.VoteTimeout
	switch {
	case t.state == Aborted:
		n.attempt(env, t)
		return
	case t.state == None && late && n.cfg.Protocol == PaxosCommit:
		n.lead(env, t.id, t.peers) // it may not decide alone: the acceptors may have every vote
	case t.state == None && late:
		nodes.Reachable(env, markGivesUp)
		n.abort(env, t)
		return
	}
	n.resend(env, t)
}

// resend sends what has had no answer, and comes back for it.
func (n *Node) resend(env nodes.Env, t *txn) {
	switch {
	case t.state == None:
		n.prepare(env, t)
	case t.frozen:
		n.tellAll(env, t.peers, &Message{Type: Inquiry, Txn: t.id})
	case t.state == Precommitted:
		n.preCommitAgain(env, t)
	case t.state == Committed && t.durable:
		for _, id := range t.peers {
			if !slices.Contains(t.answers, id) {
				env.Send(id, &Message{Type: Commit, Txn: t.id})
			}
		}
	}
	env.SetTimer(nodes.Tag{Name: timerTxn, N: t.serial}, n.cfg.Retry)
}
