package election

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
)

// Look makes the server look for a leader, from a new round on. lastZxid is its last logged transaction, or -1 if it may
// have lost its data and must not count; epoch is its current epoch. What it finds is told by [Election.Take]. After a
// NewerConfig that halted the election, Restart comes first: Look panics otherwise.
func (e *Election) Look(env nodes.Env, lastZxid, epoch int64) {
	if e.m.halted {
		panic("election: Look before Restart")
	}
	e.state = Looking
	e.initial = e.candidacy(lastZxid, epoch)
	if !e.voted {
		e.vote = Vote{Leader: e.cfg.Self, Zxid: lastZxid, Epoch: epoch, Round: -1}
		e.voted = true
	}
	e.recvset.clear()
	e.outofelection.clear()
	e.supporters, e.kept.aloof = nil, false
	e.patience = e.cfg.NotificationMin
	e.clock++
	e.propose(e.initial)
	e.broadcast(env)
	e.poll(env, polling, e.patience)
}

// candidacy is the vote that this server begins with: itself, or, of what it does not have, NoServer.
func (e *Election) candidacy(lastZxid, epoch int64) Vote {
	v := Vote{Leader: NoServer, Zxid: lastZxid, Epoch: epoch}
	if e.m.current.IsVoter(e.cfg.Self) {
		v.Leader = e.cfg.Self
	}
	if m, member := e.m.current.Member(e.cfg.Self); member && m.Role == config.Observer {
		v.Zxid, v.Epoch = NoServer, NoServer
	}
	return v
}

// propose makes v this server's vote, in the present round.
func (e *Election) propose(v Vote) {
	e.proposal = v
	e.proposal.Round = e.clock
}

// broadcast tells every voter this server's vote. It is a voter itself, and hears of it like everybody else.
func (e *Election) broadcast(env nodes.Env) {
	for _, sid := range e.voters() {
		e.tell(env, sid, e.proposal)
	}
}

// poll waits for the next notification, for at most d.
func (e *Election) poll(env nodes.Env, p phase, d time.Duration) {
	e.phase = p
	env.SetTimer(e.cfg.stage(tagPoll), d)
	e.wake(env)
}

// repeat is what happens when nobody says anything.
func (e *Election) repeat(env nodes.Env) {
	if e.m.haveDelivered() {
		e.broadcast(env)
	} else {
		e.m.connectAll(env)
	}
	e.kept.held = e.heldBack()
	e.patience = min(2*e.patience, e.cfg.NotificationMax)
	e.poll(env, polling, e.patience)
}

// better tells whether v names a better leader than the vote o.
func (e *Election) better(v, o Vote) bool {
	if e.weight(v.Leader) == 0 {
		return false
	}
	if e.cfg.Quirks.Pred1419 {
		return v.after1419(o)
	}
	return v.After(o)
}

// step takes one notification from the queue.
func (e *Election) step(env nodes.Env) {
	n := e.queue[0]
	e.queue = e.queue[1:]
	if e.phase == draining {
		// Whatever is not better is lost here, in the original too.
		if !e.better(n.vote, e.proposal) {
			e.poll(env, draining, finalizeWait)
			return
		}
		nodes.Reachable(env, "election: a better vote in the last moment")
		e.queue = append(e.queue, n)
		e.poll(env, polling, e.patience)
		return
	}
	if e.isVoter(n.sid) && e.isVoter(n.vote.Leader) {
		switch n.state {
		case Looking:
			e.heardLooking(env, &n)
		case Following, Leading:
			e.heardSettled(env, &n)
		case Observing:
		}
	}
	if e.phase == polling { // and no decision was taken
		e.poll(env, polling, e.patience)
	}
}

// heardLooking: upon a vote of a server that is looking too.
func (e *Election) heardLooking(env nodes.Env, n *notification) {
	if e.initial.Zxid == -1 || n.vote.Zxid == -1 {
		return // who may have lost its data neither elects nor is elected
	}
	switch {
	case n.vote.Round < e.clock:
		return // WorkerReceiver has told it
	case n.vote.Round > e.clock:
		nodes.Reachable(env, "election: falls in with a later round")
		e.clock = n.vote.Round
		e.recvset.clear()
		if e.better(n.vote, e.initial) {
			e.adopts(n.vote, e.initial)
		} else {
			e.propose(e.initial)
		}
		e.broadcast(env)
	case e.better(n.vote, e.proposal):
		e.adopts(n.vote, e.proposal)
		e.broadcast(env)
	}
	e.recvset.put(n.sid, ballot{Vote: n.vote})
	e.supporters = e.count(&e.recvset, ballot{Vote: e.proposal})
	if e.supporters.HasAllQuorums() {
		e.poll(env, draining, finalizeWait)
	}
}

// heardSettled: upon a vote of a server that has found a leader.
func (e *Election) heardSettled(env nodes.Env, n *notification) {
	b := n.ballot()
	if n.vote.Round == e.clock {
		kept, claims := ballot{n.vote, n.state, 0}, &e.recvset
		if e.cfg.Quirks.WrongMap { // ZOOKEEPER-3537: and the state was not kept either
			kept.state, claims = Looking, &e.outofelection
		}
		e.recvset.put(n.sid, kept)
		e.supporters = e.countSettled(&e.recvset, b)
		if e.supporters.HasAllQuorums() && e.checkLeader(claims, n.vote) {
			e.decide(env, n.vote)
			return
		}
		e.kept.unheeded = e.supporters.HasAllQuorums() && n.state == Leading && n.sid == n.vote.Leader
	}
	e.outofelection.put(n.sid, b)
	e.supporters = e.countSettled(&e.outofelection, b)
	if e.supporters.HasAllQuorums() && e.checkLeader(&e.outofelection, n.vote) {
		nodes.Reachable(env, "election: joins an ensemble that has its leader")
		e.kept.usurps = n.vote.Leader == e.cfg.Self && n.vote.Round != e.clock
		e.clock = n.vote.Round
		e.decide(env, n.vote)
		return
	}
	e.kept.aloof = e.isFollowed(b)
}

// count finds who supports the same leader as b, and counts it under the present ensemble, and the next if there is one: whoever is
// elected must have all that may have been committed, and what was proposed may have been.
func (e *Election) count(set *ballots, b ballot) *config.Tracker {
	return set.supporters(b, config.NewTracker(e.m.current, e.m.next), e.cfg.Quirks)
}

// countSettled does so where the leader was elected by others. For whoever only joins it the present ensemble says enough: what this
// server was told of the next one may be lost, the voters of that one then need not follow anybody, and the leader counts by itself
// what it must. If the next one is in force instead, those who are of it say so. The original asks for both here too, and leaves a server
// out that has logged a reconfiguration which was lost, for as long as the leader lasts.
func (e *Election) countSettled(set *ballots, b ballot) *config.Tracker {
	if b.Leader == e.cfg.Self || e.cfg.Quirks.AwaitsLostConfig {
		return e.count(set, b)
	}
	return set.supporters(b, config.NewTracker(e.m.current, nil), e.cfg.Quirks)
}

// supporters counts those who support the same leader as b.
func (set *ballots) supporters(b ballot, t *config.Tracker, q Quirks) *config.Tracker {
	for i, sid := range set.sids {
		if b.same(set.cast[i], q) {
			t.Add(sid)
		}
	}
	return t
}

// checkLeader tells whether a leader that a quorum follows can be believed in: it says itself that it leads, or it is this server
// and the others speak of the round that it is in (ZOOKEEPER-1514). Otherwise those who have not yet noticed
// that their leader is gone would elect it again and again.
func (e *Election) checkLeader(claims *ballots, v Vote) bool {
	if v.Leader != e.cfg.Self {
		return claims.leads(v.Leader)
	}
	return v.Round == e.clock || e.cfg.Quirks.IgnoresRound
}

// decide ends the election.
func (e *Election) decide(env nodes.Env, v Vote) {
	e.stop(env)
	e.queue = nil
	e.vote, e.voted = v, true
	switch m, member := e.m.current.Member(e.cfg.Self); {
	case v.Leader == e.cfg.Self:
		e.state = Leading
	case member && m.Role == config.Observer:
		e.state = Observing
	default:
		e.state = Following
	}
	e.events = append(e.events, Elected{Vote: v, State: e.state, Supporters: e.supporters.Acks()})
	nodes.Sometimes(env, e.state == Leading, "election: leads")
}
