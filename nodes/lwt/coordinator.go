package lwt

import "orrery/nodes"

// begin takes the next request, if none is under way.
func (r *Replica) begin(env nodes.Env) {
	if r.now != nil || len(r.queue) == 0 {
		return
	}
	next := r.queue[0]
	r.queue = r.queue[1:]
	r.prepare(env, next)
}

// prepare begins a ballot of a request.
func (r *Replica) prepare(env nodes.Env, q request) {
	if q.ballots == r.cfg.Attempts {
		r.reply(env, q, false, false)
		return
	}
	q.ballots++
	r.time++
	r.now = &attempt{request: q, ballot: Ballot{r.time, r.cfg.Self}, phase: Prepare}
	r.broadcast(env, Message{Type: Prepare, Ballot: r.now.ballot})
}

// onAnswer counts what a replica answers to the present phase of the present ballot.
func (r *Replica) onAnswer(env nodes.Env, from nodes.ID, m *Message) {
	a := r.now
	if a == nil || m.Ballot != a.ballot || int(m.Type) != a.phase+1 || !a.heardFrom(from) {
		return
	}
	if !m.OK {
		a.phase = 0
		r.prepare(env, a.request) // the next ballot is above the one that was promised
		return
	}
	switch a.phase {
	case Prepare:
		if m.InProgress.Ballot.Compare(a.inProgress.Ballot) > 0 {
			a.inProgress = m.InProgress
		}
		if m.Recent.Ballot.Compare(a.recent.Ballot) > 0 {
			a.recent = m.Recent
		}
		if len(a.heard) == r.quorum() {
			r.prepared(env, a)
		}
	case Propose:
		if len(a.heard) == r.quorum() {
			a.phase, a.heard = CommitIt, nil
			r.broadcast(env, Message{Type: CommitIt, Ballot: a.ballot, Value: a.value})
		}
	case CommitIt:
		if len(a.heard) == r.cfg.CommitAcks {
			r.ended(env, a)
		}
	}
}

// prepared goes on with a quorum of promises. An update that was accepted and not committed
// may have been chosen: it is finished first, in this ballot.
func (r *Replica) prepared(env nodes.Env, a *attempt) {
	switch {
	case a.inProgress.Ballot.Compare(a.recent.Ballot) > 0:
		a.value, a.finishing = a.inProgress.Value, true
	case a.recent.Value != a.expect:
		r.reply(env, a.request, false, true)
		return
	default:
		a.value = a.request.value
	}
	a.phase, a.heard = Propose, nil
	r.broadcast(env, Message{Type: Propose, Ballot: a.ballot, Value: a.value})
}

// ended is the end of a ballot whose update is committed.
func (r *Replica) ended(env nodes.Env, a *attempt) {
	if a.finishing {
		r.prepare(env, a.request) // now for the request's own
		return
	}
	r.reply(env, a.request, true, true)
}

func (r *Replica) reply(env nodes.Env, q request, set, known bool) {
	r.now = nil
	env.Send(q.client, &Message{Type: Reply, OK: set, Known: known, Value: q.value})
	r.begin(env)
}
