package paxos

import (
	"fmt"

	"orrery/nodes"
)

// applyChosen applies what is chosen, strictly in the order of the slots: a slot that is not
// known holds up all behind it.
func (r *Replica) applyChosen(env nodes.Env) {
	before := r.commit
	for {
		s := r.commit + 1
		c := r.log.at(s)
		if c == nil || !c.chosen {
			if !r.cfg.Quirks.SkipsGaps {
				break
			}
			for s <= r.log.last && (c == nil || !c.chosen) {
				s++
				c = r.log.at(s)
			}
			if c == nil || !c.chosen {
				break
			}
		}
		r.apply(env, s, c.value)
	}
	if r.commit > before {
		r.afterApply(env)
	}
}

// apply executes one slot and, as the leader that proposed it, answers.
func (r *Replica) apply(env nodes.Env, s Slot, value []byte) {
	m := &r.machine
	m.apply(s, value)
	r.commit = s
	if nodes.Noting(env) && !isNoOp(value) {
		nodes.Note(env, fmt.Sprintf("applies slot %d", s))
	}
	var waiters []waiter
	l := &r.lead
	switch {
	case r.role == Leader && s < l.next:
		waiters = r.proposal(s).waiters
	case r.role == Leader: // learnt to be chosen before its turn came to be proposed again
		l.next = s + 1
	}
	now := env.Monotonic()
	for i := range m.outcomes {
		o := &m.outcomes[i]
		nodes.Sometimes(env, o.doubled, markDoubled)
		nodes.Sometimes(env, o.status == StatusExpired, markExpired)
		if o.changed {
			r.reconfigured(env, s)
		}
		if session := m.sessions.find(o.session); session != nil {
			session.seen = now
		}
		if i < len(waiters) {
			r.answer(env, waiters[i], o.session, o.status, m.results[o.from:o.to])
		}
	}
}

// afterApply does what an advance of the commit index allows.
func (r *Replica) afterApply(env nodes.Env) {
	r.maybeSnapshot(env)
	if r.role == Leader {
		r.answerReads(env)
	}
	if r.role == Candidate {
		r.lead.next = max(r.lead.next, r.commit+1)
		r.tryToLead(env)
	}
}

// reconfigured takes note of a change of membership that was chosen in slot s.
func (r *Replica) reconfigured(env nodes.Env, s Slot) {
	h := r.machine.configs
	newest := &h[len(h)-1]
	r.knowPeers()
	if r.role == Leader {
		r.lead.pad = max(r.lead.pad, newest.from-1)
	}
	nodes.Reachable(env, markReconfigured)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("slot %d makes %v the acceptors from slot %d on", s, newest.members, newest.from))
	}
}

// answer tells a client what has become of its command.
func (r *Replica) answer(env nodes.Env, w waiter, session uint64, status Status, result []byte) {
	if w.client == "" {
		return
	}
	r.out.reply = Reply{Session: session, Seq: w.seq, Status: status, Leader: r.cfg.Self, Result: result}
	env.Send(w.client, &r.out.reply)
}

// answerEarly is the quirk AnswersBeforeChosen.
func (r *Replica) answerEarly(env nodes.Env, p *proposal) {
	if !r.cfg.Quirks.AnswersBeforeChosen {
		return
	}
	in := reader{p: r.log.at(r.lead.next - 1).value}
	if in.byte() != entryBatch {
		return
	}
	for i := range in.count(3) {
		session, _, command := in.uint(), in.uint(), in.bytes()
		if c, err := readCommand(command, &r.names); err == nil && session > 0 && (c.kind == OpPut || c.kind == OpAppend) && i < len(p.waiters) {
			r.answer(env, p.waiters[i], session, StatusOK, appendAnswer(nil, true, nil))
			p.waiters[i].client = ""
		}
	}
}
