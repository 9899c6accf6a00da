package paxos

import (
	"encoding/binary"

	"orrery/nodes"
)

// onRequest: a client wants a command executed.
func (r *Replica) onRequest(env nodes.Env, from nodes.ID, m *Request) {
	w := waiter{client: from, seq: m.Seq}
	if r.role != Leader {
		nodes.Reachable(env, markRedirect)
		r.refuse(env, w, m.Session)
		return
	}
	if m.Session == 0 {
		r.enqueue(env, w, 0, nil)
		return
	}
	c, err := readCommand(m.Command, &r.names)
	switch {
	case err != nil:
		r.answer(env, w, m.Session, StatusBad, nil)
	case c.kind.Reads():
		r.onRead(env, w, m)
	case r.admit(env, w, m):
		r.enqueue(env, w, m.Session, m.Command)
	}
}

// admit looks whether the command was executed before, or is under way. That spares a slot;
// what makes it safe is that the table is looked up again when the slot is applied.
func (r *Replica) admit(env nodes.Env, w waiter, m *Request) bool {
	s := r.machine.sessions.find(m.Session)
	switch {
	case s == nil:
		return true // whether there is such a session only its slot can tell: this leader may be behind
	case m.Seq == s.seq:
		nodes.Reachable(env, markAnsweredAgain)
		r.answer(env, w, m.Session, s.status, s.answer)
		return false
	case m.Seq < s.seq:
		r.answer(env, w, m.Session, StatusStale, nil)
		return false
	case m.Seq == s.proposed && s.leads == r.lead.ballot:
		return false // under way: its slot will answer
	}
	if r.lead.queue.len() < r.cfg.MaxQueue {
		s.proposed, s.leads = m.Seq, r.lead.ballot
	}
	return true
}

// caughtUp tells whether this leader has applied everything that was chosen before it led:
// it has once a slot of its own ballot is chosen.
func (r *Replica) caughtUp() bool {
	return r.role == Leader && r.lead.start > 0 && r.commit >= r.lead.start
}

func (r *Replica) enqueue(env nodes.Env, w waiter, session uint64, command []byte) {
	if r.lead.queue.len() >= r.cfg.MaxQueue {
		nodes.Reachable(env, markBusy)
		r.answer(env, w, session, StatusBusy, nil)
		return
	}
	r.lead.queue.add(w.client, session, w.seq, command)
	r.propose(env)
}

// refuse sends a client elsewhere.
func (r *Replica) refuse(env nodes.Env, w waiter, session uint64) {
	r.out.reply = Reply{Session: session, Seq: w.seq, Status: StatusNotLeader, Leader: r.hint(env)}
	env.Send(w.client, &r.out.reply)
}

// hint is who leads, as far as this replica knows; "" if it has heard of no one lately.
func (r *Replica) hint(env nodes.Env) nodes.ID {
	if r.role == Leader || r.leader.Node == r.cfg.Self || env.Monotonic()-r.heardAt > r.cfg.ElectionMax {
		return ""
	}
	return r.leader.Node
}

// refuseWaiting sends away those whose commands and reads were not yet begun.
func (r *Replica) refuseWaiting(env nodes.Env) {
	q := &r.lead.queue
	for _, w := range q.commands[q.head:] {
		r.refuse(env, w, 0)
	}
	*q = queue{buf: q.buf[:0], commands: q.commands[:0]}
	for i := range r.lead.reads {
		r.refuse(env, r.lead.reads[i].waiter, r.lead.reads[i].session)
	}
	r.lead.reads = r.lead.reads[:0]
}

// expireSessions proposes to forget the sessions that were idle for too long by this
// leader's clock. When a session ends is decided by the slot, not by any clock; and
// not if it has been used since.
func (r *Replica) expireSessions(env nodes.Env) {
	l, now := &r.lead, env.Monotonic()
	if now-l.checkedAt < r.cfg.SessionTTL/4 || l.expiry != nil || !r.caughtUp() {
		return
	}
	l.checkedAt = now
	var n uint64
	var idle []byte
	for _, s := range r.machine.sessions.list {
		if now-s.seen > r.cfg.SessionTTL && n < 1000 {
			idle = binary.AppendUvarint(binary.AppendUvarint(idle, s.id), s.seq)
			n++
		}
	}
	if n > 0 {
		nodes.Reachable(env, markExpires)
		l.expiry = append(binary.AppendUvarint([]byte{entryExpire}, n), idle...)
	}
}
