package election

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/zab/config"
)

// receive is a turn of WorkerReceiver, which looks at one message, in whatever state the server is. A message that cannot be read is
// dropped, as in the original; a configuration in it that cannot be read is ignored.
func (e *Election) receive(env nodes.Env) {
	if len(e.m.inbox) == 0 {
		return // the message was dropped for a newer one
	}
	l := e.m.inbox[0]
	e.m.inbox = slices.Delete(e.m.inbox, 0, 1)
	n, err := ParseNotification(l.body)
	if err != nil || e.m.halted {
		return
	}
	n.sid = l.sid
	if n.Config != "" {
		if n.quorum, err = config.ParseQuorum("notification", []byte(n.Config)); err != nil {
			n.quorum = nil
		} else if e.newer(env, n.quorum) {
			return
		}
	}
	switch {
	case !e.isVoter(n.sid):
		e.answerObserver(env, &n)
	case n.State < Looking || n.State > Observing:
	case e.state == Looking:
		e.queue = append(e.queue, n)
		e.wake(env)
		if n.State == Looking && n.Vote.Round < e.clock {
			e.tell(env, n.sid, e.proposal)
		}
	case n.State == Looking:
		e.answerLate(env, &n)
	}
}

// newer follows a configuration that is newer than this server's, and tells whether the election now stands still.
func (e *Election) newer(env nodes.Env, q *config.Quorum) bool {
	if e.state != Looking || !e.cfg.Reconfig || q.Version() <= e.m.current.Version() {
		return false
	}
	halted := !q.SameMembers(e.m.current)
	e.events = append(e.events, NewerConfig{Quorum: q, Halted: halted})
	if halted {
		e.halt(env)
	} else {
		e.m.current = q
	}
	return halted
}

// answerObserver tells a server that has no vote at once what this one knows. Two servers of which
// only one has a vote would so go on answering each other for as long as the other is looking; the original does
// that. Here one without a vote answers only if it knows a newer configuration.
func (e *Election) answerObserver(env nodes.Env, n *Notification) {
	if !e.isVoter(e.cfg.Self) && (n.quorum == nil || n.quorum.Version() >= e.m.current.Version()) {
		return
	}
	v := e.vote
	v.Round = e.clock
	e.tell(env, n.sid, v)
}

// answerLate tells a voter that looks for a leader whom this server has found. The same rule as in answerObserver
// keeps an observer and a voter from talking for ever.
func (e *Election) answerLate(env nodes.Env, n *Notification) {
	if !e.isVoter(e.cfg.Self) && (n.quorum == nil || n.quorum.Version() >= e.m.current.Version()) {
		return
	}
	if e.state == Leading && !e.cfg.Quirks.NoLookingReport {
		e.events = append(e.events, LookingVoter{n.sid})
	}
	e.tell(env, n.sid, e.vote)
}

// wake has the election's stage run.
func (e *Election) wake(env nodes.Env) {
	if e.phase != idle && len(e.queue) > 0 && !e.waking {
		e.waking = true
		env.Post(e.cfg.stage(stageLook), turn{})
	}
}
