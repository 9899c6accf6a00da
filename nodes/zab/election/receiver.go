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
		nodes.Reachable(env, "election: a notification is dropped for a newer one")
		return
	}
	l := e.m.inbox[0]
	e.m.inbox = slices.Delete(e.m.inbox, 0, 1)
	n, err := parseNotification(l.sid, l.body)
	if err != nil || e.m.halted || e.newer(env, n.config) {
		return
	}
	switch {
	case !e.isVoter(n.sid):
		e.answerObserver(env, &n)
	case n.state < Looking || n.state > Observing:
	case e.state == Looking:
		if e.phase == idle && len(e.queue) == receivePlace { // nobody looks at it before the next Look
			e.queue = e.queue[1:]
		}
		e.queue = append(e.queue, n)
		e.wake(env)
		if n.state == Looking && n.vote.Round < e.clock {
			e.tell(env, n.sid, e.proposal)
		}
	case n.state == Looking:
		e.answerLate(env, &n)
	}
}

// newer follows a configuration that is newer than this server's, and tells whether the election now stands still.
func (e *Election) newer(env nodes.Env, text string) bool {
	if e.state != Looking || !e.cfg.Reconfig || text == e.text {
		return false
	}
	q, err := config.ParseQuorum("notification", []byte(text))
	if err != nil || q.Version() <= e.m.current.Version() || len(q.Voters()) == 0 {
		return false
	}
	halted := !q.SameMembers(e.m.current)
	nodes.Sometimes(env, halted, "election: hears of other members")
	e.events = append(e.events, NewerConfig{Quorum: q, Halted: halted})
	if halted {
		e.halt(env)
	} else {
		e.SetQuorums(q, e.m.next)
	}
	return halted
}

// outdated tells whether a notification comes from a server with an older configuration.
func (e *Election) outdated(n *notification) bool {
	if n.config == e.text {
		return false
	}
	q, err := config.ParseQuorum("notification", []byte(n.config))
	return err == nil && q.Version() < e.m.current.Version()
}

// answerObserver tells a server that has no vote at once what this one knows. Two servers of which
// only one has a vote would so go on answering each other for as long as the other is looking; the original does
// that. Here one without a vote answers only if it knows a newer configuration.
func (e *Election) answerObserver(env nodes.Env, n *notification) {
	if !e.isVoter(e.cfg.Self) && !e.outdated(n) {
		return
	}
	if !e.voted {
		return // this server has only just begun, and knows nothing
	}
	v := e.vote
	v.Round = e.clock
	e.tell(env, n.sid, v)
}

// answerLate tells a voter that looks for a leader whom this server has found. The same rule as in answerObserver
// keeps an observer and a voter from talking for ever.
func (e *Election) answerLate(env nodes.Env, n *notification) {
	if !e.isVoter(e.cfg.Self) && !e.outdated(n) {
		return
	}
	if e.state == Leading {
		e.kept.lookers++
		if !e.cfg.Quirks.NoLookingReport {
			e.kept.reported++
			e.events = append(e.events, LookingVoter{n.sid})
		}
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
