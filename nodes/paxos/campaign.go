package paxos

import (
	"fmt"
	"time"

	"orrery/nodes"
)

// Phase 1: a replica that hears no leader asks for promises, for all slots at once, and
// becomes the leader of its ballot when a quorum has promised ("Paxos Made Simple",
// section 3).

// leadership is what a candidate or leader knows of its ballot. It is forgotten when
// a higher one is seen.
type leadership struct {
	ballot   Ballot
	lsn      uint64 // the record of this replica's own promise
	asked    bool   // P1a was sent, once that record was durable
	from     Slot   // P1a's From
	promises set    // who has promised ballot
	known    Slot   // the highest commit index that a promise told of,
	knownAt  nodes.ID
	adopted  slots // of each slot, the reported vote with the highest ballot
	askedAt  time.Duration

	next    Slot // the next slot to propose
	start   Slot // the slot of the no-op with which this leader began; 0 before
	pad     Slot // propose no-ops up to here, so that a change of membership comes to govern
	counted Slot // this replica's own votes are counted up to here
	open    []proposal
	queue   queue
	expiry  []byte // a value that expires sessions, to be proposed

	probe     uint64 // the number of the last round of messages
	confirmed uint64 // the last that a quorum has answered
	sentAt    [16]time.Duration
	contact   []contact // by number in peers
	reads     []read
	checkedAt time.Duration // when sessions were last looked through
}

// contact is what a leader knows of another replica.
type contact struct {
	probe   uint64        // the last round that it has answered
	sent    time.Duration // when something was last sent to it
	heard   time.Duration // when it last answered
	granted time.Duration // when the heartbeat was sent for which it granted a lease
	leased  bool
	knew    Slot // the commit index of its promise: of the slots up to it that tells no votes
}

// hear notes that the leader of ballot b is alive.
func (r *Replica) hear(env nodes.Env, b Ballot) {
	if b.Less(r.leader) {
		return
	}
	if r.leader != b {
		r.leader = b
		if nodes.Noting(env) {
			nodes.Note(env, "follows "+b.String())
		}
	}
	r.heardAt = env.Monotonic()
	r.duels = 0
	if r.role != Follower && r.lead.ballot.Less(b) {
		r.stepDown(env)
	}
}

// drawPatience decides anew how long to wait for a leader, and waits.
func (r *Replica) drawPatience(env nodes.Env) {
	spread := r.cfg.ElectionMax - r.cfg.ElectionMin
	r.patience = r.cfg.ElectionMin
	if spread > 0 {
		r.patience += time.Duration(env.Rand().Int64N(int64(spread)))
	}
	if r.duels > 0 {
		back := min(r.cfg.ElectionMax<<min(r.duels-1, 16), r.cfg.BackOffMax)
		if back > 0 {
			r.patience += time.Duration(env.Rand().Int64N(int64(back)))
		}
	}
	env.SetTimer(nodes.Tag{Name: tagElection}, r.patience)
}

// onElectionTimeout campaigns if no leader was heard for long enough. The timer is not
// reset at each message, but when it fires.
func (r *Replica) onElectionTimeout(env nodes.Env) {
	if r.role == Booting || r.role == Leader {
		return
	}
	waited := env.Monotonic() - r.heardAt
	if waited < r.patience {
		env.SetTimer(nodes.Tag{Name: tagElection}, r.patience-waited)
		return
	}
	r.sealIdleLog(env)
	if r.mayLead() && !r.leased(env, Ballot{Round: r.maxRound + 1, Node: r.cfg.Self}) {
		r.campaign(env)
	} else {
		nodes.Sometimes(env, len(r.machine.configs) > 1, markRetired)
	}
	r.heardAt = env.Monotonic()
	r.drawPatience(env)
}

// campaign begins phase 1 in a ballot higher than any seen. The ballot is this
// replica's promise, too, and P1a goes out once that is durable: so no ballot is used twice,
// whatever a crash forgets.
func (r *Replica) campaign(env nodes.Env) {
	if r.role == Candidate {
		r.duels++
	}
	r.maxRound = max(r.maxRound, r.promised.Round) + 1
	b := Ballot{Round: r.maxRound, Node: r.cfg.Self}
	if r.cfg.Quirks.BallotWithoutNode {
		b.Node = ""
	}
	r.role = Follower // so that the promise does not depose the ballot that it is for
	r.promise(env, b)
	r.newLeadership(env, b)
	r.role = Candidate
	nodes.Sometimes(env, r.duels > 1, markBackOff)
	if nodes.Noting(env) {
		nodes.Note(env, "campaigns with ballot "+b.String())
	}
	r.flush(env)
	r.askForPromises(env)
}

// newLeadership forgets the last ballot and keeps its memory.
func (r *Replica) newLeadership(env nodes.Env, b Ballot) {
	old := &r.lead
	l := leadership{ballot: b, lsn: r.promiseLSN, from: r.commit + 1, open: old.open, contact: old.contact[:0], reads: old.reads[:0]}
	l.adopted.base, l.adopted.last = r.commit, r.commit
	l.next, l.counted = r.commit+1, r.commit
	l.queue = queue{buf: old.queue.buf[:0], commands: old.queue.commands[:0]}
	now := env.Monotonic()
	for range r.peers.ids {
		l.contact = append(l.contact, contact{heard: now})
	}
	l.checkedAt = now
	*old = l
}

// askForPromises sends P1a to every acceptor of a slot above the commit index that
// has not promised, once this replica's own promise is durable.
func (r *Replica) askForPromises(env nodes.Env) {
	l := &r.lead
	if l.lsn > r.wal.Durable() && !r.cfg.Quirks.RoundNotDurable {
		return
	}
	first := !l.asked
	l.asked = true
	l.askedAt = env.Monotonic()
	if first {
		env.SetTimer(nodes.Tag{Name: tagHeartbeat}, r.cfg.Heartbeat)
		r.fillP1b(&r.out.p1b, l.ballot, l.from)
	}
	for _, id := range r.members() {
		if i := r.peers.index(id); i != r.self && !l.promises.has(i) {
			r.out.p1a = P1a{Ballot: l.ballot, From: l.from}
			env.Send(id, &r.out.p1a)
		}
	}
	switch {
	case first && r.cfg.Quirks.SkipsPhaseOne:
		l.promises = ^set(0)
		r.startLeading(env)
	case first:
		r.countPromise(env, r.cfg.Self, &r.out.p1b)
	}
}

// onP1b: upon P1b, collect the promises of distinct acceptors for exactly this ballot.
func (r *Replica) onP1b(env nodes.Env, from nodes.ID, m *P1b) {
	r.maxRound = max(r.maxRound, m.Promised.Round)
	l := &r.lead
	if r.role != Candidate && r.role != Leader || !l.asked {
		return
	}
	if m.Ballot != l.ballot && !(r.cfg.Quirks.CountsStalePromises && m.Ballot.Node == r.cfg.Self) {
		nodes.Reachable(env, markStalePromise)
		return
	}
	if m.Promised != m.Ballot {
		r.outbid(env, m.Promised)
		return
	}
	r.countPromise(env, from, m)
}

// outbid gives way to a higher ballot.
func (r *Replica) outbid(env nodes.Env, b Ballot) {
	r.maxRound = max(r.maxRound, b.Round)
	if !r.lead.ballot.Less(b) {
		return
	}
	nodes.Reachable(env, markOutbid)
	r.duels++
	r.stepDown(env)
}

// countPromise takes a promise, and leads when there are enough.
func (r *Replica) countPromise(env nodes.Env, from nodes.ID, m *P1b) {
	l := &r.lead
	i := r.peers.index(from)
	if i < 0 || l.promises.has(i) {
		return
	}
	l.promises = l.promises.with(i)
	r.touch(from).knew = m.Commit
	if m.Commit > l.known {
		l.known, l.knownAt = m.Commit, from
	}
	for k := range m.Votes {
		r.adopt(env, &m.Votes[k])
	}
	if r.role == Leader { // a late one, wanted for a new configuration
		r.propose(env)
		return
	}
	r.tryToLead(env)
}

// adopt keeps a reported vote if its ballot is the highest of those reported for its slot.
func (r *Replica) adopt(env nodes.Env, v *Vote) {
	l := &r.lead
	if v.Slot < l.next || v.Slot <= r.commit || v.Slot-l.adopted.base > maxAhead || len(v.Value) == 0 {
		return
	}
	c := l.adopted.reach(v.Slot)
	if c.value == nil || c.ballot.Less(v.Ballot) || r.cfg.Quirks.AdoptsLastAnswer {
		nodes.Sometimes(env, c.value != nil, markAdoptedHigher)
		c.ballot, c.value = v.Ballot, r.arena.copy(v.Value)
	}
}

// promisedBy tells whether a quorum of phase 1 of that configuration has promised.
func (r *Replica) promisedBy(m *membership) bool {
	return (r.lead.promises & m.mask).size() >= r.q1(m)
}

// vouchedBy tells whether a quorum of phase 1 of that configuration has told its votes in slot s: who
// knew it to be chosen when he promised has told nothing, and may be alone in knowing.
func (r *Replica) vouchedBy(m *membership, s Slot) bool {
	l := &r.lead
	told := l.promises & m.mask
	if s <= l.known {
		for i := range l.contact {
			if l.contact[i].knew >= s {
				told &^= 1 << i
			}
		}
	}
	return told.size() >= r.q1(m)
}

func (r *Replica) q1(m *membership) int {
	if r.cfg.Quirks.SmallQuorum {
		return max(1, len(m.members)/2)
	}
	return m.q1
}

func (r *Replica) q2(m *membership) int {
	if r.cfg.Quirks.SmallQuorum {
		return max(1, len(m.members)/2)
	}
	return m.q2
}

// tryToLead ends phase 1 if a quorum has promised, and this replica knows every slot
// that the promises say is chosen: what they did not repeat, it must fetch first, lest it
// propose something else there ("Paxos Made Moderately Complex", section 4.2).
func (r *Replica) tryToLead(env nodes.Env) {
	l := &r.lead
	if r.role != Candidate || !r.promisedBy(r.machine.configs.at(r.commit+1)) {
		return
	}
	if r.commit < l.known {
		nodes.Reachable(env, markFetchFirst)
		r.askCatchUp(env, l.knownAt)
		return
	}
	r.startLeading(env)
}

// startLeading begins phase 2.
func (r *Replica) startLeading(env nodes.Env) {
	l := &r.lead
	r.role = Leader
	r.leader = l.ballot
	l.next, l.counted = r.commit+1, r.commit
	l.adopted.trim(r.commit)
	now := env.Monotonic()
	for _, s := range r.machine.sessions.list {
		s.seen = now
	}
	env.StopTimer(nodes.Tag{Name: tagElection})
	env.SetTimer(nodes.Tag{Name: tagHeartbeat}, r.cfg.Heartbeat)
	nodes.Sometimes(env, l.adopted.last > r.commit, markAdopted)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("leads ballot %v from slot %d", l.ballot, l.next))
	}
	r.propose(env)
}

// stepDown ends candidacy or leadership. What was proposed may yet be chosen, by others:
// nobody is told anything about it. What only waited is given back.
func (r *Replica) stepDown(env nodes.Env) {
	if r.role != Candidate && r.role != Leader {
		panic("paxos: a " + r.role.String() + " steps down")
	}
	if nodes.Noting(env) {
		nodes.Note(env, "gives up ballot "+r.lead.ballot.String())
	}
	was := r.role
	r.role = Follower
	r.refuseWaiting(env)
	env.StopTimer(nodes.Tag{Name: tagHeartbeat})
	if was == Leader {
		r.heardAt = env.Monotonic()
	}
	r.drawPatience(env)
}
