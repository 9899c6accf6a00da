package paxos

import (
	"slices"

	"orrery/nodes"
)

// Reads do not go through the log. The leader answers one from its state once a quorum
// has confirmed, after the read came, that it has promised no higher ballot, and
// once a slot of its own ballot is applied: then every write that was acknowledged before
// the read came is in its state (Ongaro's dissertation, section 6.4). One round
// confirms all reads that came before it began.

// read is a read that waits.
type read struct {
	waiter
	session uint64
	command []byte
	probe   uint64 // the first round that began after it came
}

// onRead answers a read, at once if a lease allows it.
func (r *Replica) onRead(env nodes.Env, w waiter, m *Request) {
	if s := r.machine.sessions.find(m.Session); s != nil {
		s.seen = env.Monotonic()
	}
	q := &r.cfg.Quirks
	if q.ReadsWithoutQuorum || r.caughtUp() && r.holdsLease(env) {
		nodes.Sometimes(env, !q.ReadsWithoutQuorum, markLeaseRead)
		r.answerRead(env, w, m.Session, m.Command)
		return
	}
	l := &r.lead
	if len(l.reads) >= r.cfg.MaxQueue {
		r.answer(env, w, m.Session, StatusBusy, nil)
		return
	}
	underWay := l.probe > l.confirmed
	nodes.Sometimes(env, underWay, markReadWaits)
	l.reads = append(l.reads, read{waiter: w, session: m.Session, command: slices.Clone(m.Command), probe: l.probe + 1})
	if !underWay {
		r.confirm(env)
	}
}

// confirm asks for a round of answers: just as many replicas as are needed, those that
// answered last. If one of them is gone, the next heartbeat asks everyone. While two
// configurations overlap, or contact is weak, everyone is asked at once.
func (r *Replica) confirm(env nodes.Env) {
	now := env.Monotonic()
	config := r.machine.configs.at(r.commit + 1)
	if len(r.machine.configs) > 1 || !config.has(r.cfg.Self) || r.silent(now, r.cfg.ElectionMin) {
		r.beat(env, true)
		return
	}
	m := r.newRound(env, true)
	var asked set
	for n := r.q2(config) - 1; n > 0; n-- {
		freshest := -1
		for _, id := range config.members {
			i := r.peers.index(id)
			if i != r.self && !asked.has(i) && (freshest < 0 || r.touch(id).heard > r.lead.contact[freshest].heard) {
				freshest = i
			}
		}
		asked = asked.with(freshest)
		r.lead.contact[freshest].sent = now
		env.Send(r.peers.ids[freshest], m)
	}
	r.answered(env, r.cfg.Self, r.lead.probe)
}

// answered notes that a replica has answered round probe, having promised nothing higher.
func (r *Replica) answered(env nodes.Env, from nodes.ID, probe uint64) {
	l := &r.lead
	c := r.touch(from)
	c.heard = env.Monotonic()
	if probe <= c.probe || probe > l.probe {
		return
	}
	c.probe = probe
	r.touch(r.cfg.Self).probe = l.probe
	if n := r.confirmedProbe(); n > l.confirmed {
		l.confirmed = n
		r.answerReads(env)
	}
}

// confirmedProbe is the last round that a quorum of every configuration that governs an open
// slot has answered.
func (r *Replica) confirmedProbe() uint64 {
	lowest := r.lead.probe
	h := r.machine.configs
	for i := range h {
		if i+1 < len(h) && h[i+1].from <= r.commit+1 {
			continue // it governs nothing any more
		}
		var probes [MaxMembers]uint64
		n := 0
		for _, id := range h[i].members {
			probes[n] = r.touch(id).probe
			n++
		}
		slices.Sort(probes[:n])
		lowest = min(lowest, probes[n-r.q2(&h[i])])
	}
	return lowest
}

// answerReads answers the reads that are confirmed, and begins a round for the others.
func (r *Replica) answerReads(env nodes.Env) {
	l := &r.lead
	if len(l.reads) == 0 || !r.caughtUp() && !r.cfg.Quirks.ReadsBeforeOwnEntry {
		return
	}
	confirmed := l.confirmed
	if len(r.machine.configs) > 1 { // one that has come to govern since then has to confirm it too
		confirmed = min(confirmed, r.confirmedProbe())
	}
	n := 0
	for n < len(l.reads) && l.reads[n].probe <= confirmed {
		rd := &l.reads[n]
		r.answerRead(env, rd.waiter, rd.session, rd.command)
		n++
	}
	l.reads = slices.Delete(l.reads, 0, n)
	if len(l.reads) > 0 && l.confirmed == l.probe {
		r.confirm(env)
	}
}

// answerRead executes a read on the state as it is.
func (r *Replica) answerRead(env nodes.Env, w waiter, session uint64, p []byte) {
	c, err := readCommand(p, &r.names)
	if err != nil || !c.kind.Reads() {
		panic("paxos: a read that is none was let through")
	}
	r.record = r.machine.store.execute(&c, r.record[:0])
	r.answer(env, w, session, StatusOK, r.record)
}
