package paxos

import (
	"bytes"
	"fmt"

	"orrery/nodes"
)

// The acceptor: "Paxos Made Simple", section 2.2, for all slots at once. Nothing of what it
// promises or accepts is told before it is durable: the handlers log it, and tell what
// has become durable.

// telling is an answer that waits for a record.
type telling struct {
	lsn         uint64 // the record
	to          nodes.ID
	ballot      Ballot
	promise     bool // P1b, else P2b
	from        Slot // of P1b
	first, last Slot // of P2b
	probe       uint64
}

// onP1a: upon P1a(b), promise b if it is the highest ballot seen.
func (r *Replica) onP1a(env nodes.Env, from nodes.ID, m *P1a) {
	b := m.Ballot
	if !r.owns(b, from) || r.leased(env, b) {
		return
	}
	r.maxRound = max(r.maxRound, b.Round)
	if b.Less(r.promised) {
		r.out.p1b = P1b{Ballot: b, Promised: r.promised, Commit: r.commit, Base: r.base, Last: r.log.last, Votes: r.out.p1b.Votes[:0]}
		env.Send(from, &r.out.p1b)
		return
	}
	if r.promised.Less(b) {
		r.promise(env, b)
	}
	r.tellings = append(r.tellings, telling{lsn: r.wal.Last(), to: from, ballot: b, promise: true, from: m.From})
	r.flush(env)
	r.tell(env)
}

// promise raises the promise to b and logs it.
func (r *Replica) promise(env nodes.Env, b Ballot) {
	if !r.promised.Less(b) {
		panic(fmt.Sprintf("paxos: promise of %v after %v", b, r.promised))
	}
	r.lastPromise, r.promised = r.promised, b
	r.logPromise()
	if nodes.Noting(env) {
		nodes.Note(env, "promises "+b.String())
	}
	if r.role != Follower && r.lead.ballot.Less(b) {
		nodes.Reachable(env, markDuel)
		r.stepDown(env)
	}
}

// onP2a: upon P2a(b, slots, values), accept unless a higher ballot was promised.
func (r *Replica) onP2a(env nodes.Env, from nodes.ID, m *P2a) {
	b := m.Ballot
	if !r.owns(b, from) || from == r.cfg.Self {
		return
	}
	r.maxRound = max(r.maxRound, b.Round)
	last := m.First + Slot(len(m.Values)) - 1
	if b.Less(r.promised) && !r.cfg.Quirks.AcceptsLowerBallot {
		r.out.p2b = P2b{Ballot: b, Promised: r.promised, Probe: m.Probe, First: m.First, Last: last, Commit: r.commit}
		env.Send(from, &r.out.p2b)
		return
	}
	r.hear(env, b)
	if r.promised.Less(b) && !r.cfg.Quirks.VoteDoesNotPromise {
		r.promise(env, b)
	}
	r.vote(env, from, m)
	r.commitUpTo(env, from, b, m.Commit)
	r.flush(env)
	r.tell(env)
}

// vote accepts the values of m that can be accepted, and has the votes told once they are
// durable.
func (r *Replica) vote(env nodes.Env, from nodes.ID, m *P2a) {
	t := telling{to: from, ballot: m.Ballot, first: max(m.First, r.base+1), probe: m.Probe}
	t.last = t.first - 1
	t.lsn = r.wal.Durable()
	for i, value := range m.Values {
		s := m.First + Slot(i)
		if s <= r.base {
			continue // chosen, and in the snapshot: P2b's Commit tells the leader so
		}
		if len(value) == 0 || s-r.log.base > maxAhead || !r.accept(env, m.Ballot, s, value) {
			break
		}
		t.last = s
		t.lsn = max(t.lsn, r.log.at(s).lsn)
	}
	if t.last > r.commit {
		r.logCommit()
	}
	r.tellings = append(r.tellings, t)
}

// accept makes (b, value) this acceptor's vote in slot s. It declines if it knows another
// value to be chosen there: then b is not the ballot of a leader any more.
func (r *Replica) accept(env nodes.Env, b Ballot, s Slot, value []byte) bool {
	if c := r.log.at(s); c != nil {
		same := bytes.Equal(c.value, value)
		switch {
		case c.ballot == b && !same && !r.cfg.Quirks.MixesBallots:
			panic(fmt.Sprintf("paxos: two values for slot %d in ballot %v", s, b))
		case c.ballot == b:
			return true // repeated
		case c.chosen && !same:
			return false
		case same:
			value = c.value
		default:
			value = r.arena.copy(value)
		}
		c.ballot, c.value = b, value
		r.logVote(s, c)
	} else {
		c := r.log.reach(s)
		c.ballot, c.value, c.chosen = b, r.arena.copy(value), false
		r.logVote(s, c)
	}
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("accepts slot %d in %v", s, b))
	}
	return true
}

// tell sends the answers whose records are durable.
func (r *Replica) tell(env nodes.Env) {
	durable, q := r.wal.Durable(), &r.cfg.Quirks
	kept := r.tellings[:0]
	for i := 0; i < len(r.tellings); i++ {
		t := &r.tellings[i]
		early := t.promise && q.PromiseNotDurable || !t.promise && q.VoteNotDurable
		switch {
		case t.lsn > durable && !early:
			kept = append(kept, *t)
		case t.promise:
			if lsn := r.tellPromise(env, t); lsn > durable && !early {
				again := *t
				again.lsn = lsn
				kept = append(kept, again)
			}
		default:
			for i+1 < len(r.tellings) && follows(t, &r.tellings[i+1]) && (early || r.tellings[i+1].lsn <= durable) {
				i++
				next := &r.tellings[i]
				next.first = t.first
				t = next
			}
			r.out.p2b = P2b{Ballot: t.ballot, Promised: t.ballot, Probe: t.probe, First: t.first, Last: t.last, Commit: r.commit}
			env.Send(t.to, &r.out.p2b)
		}
	}
	r.tellings = kept
}

// follows tells whether one P2b can answer for both.
func follows(t, next *telling) bool {
	return !next.promise && next.to == t.to && next.ballot == t.ballot && next.first == t.last+1 && next.probe >= t.probe
}

// tellPromise sends P1b, with every vote that it must report. If one of them is not
// durable it sends nothing and returns its record.
func (r *Replica) tellPromise(env nodes.Env, t *telling) (lsn uint64) {
	if r.promised != t.ballot {
		return 0 // a higher one was promised since; its candidate will win
	}
	lsn = r.fillP1b(&r.out.p1b, t.ballot, t.from)
	if lsn <= r.wal.Durable() || r.cfg.Quirks.PromiseNotDurable {
		env.Send(t.to, &r.out.p1b)
	}
	return lsn
}

// fillP1b makes the promise of ballot b to a candidate that knows the slots below from, and
// returns the last record that it rests on.
func (r *Replica) fillP1b(m *P1b, b Ballot, from Slot) (lsn uint64) {
	*m = P1b{Ballot: b, Promised: b, Commit: r.commit, Base: r.base, Last: r.log.last, Votes: m.Votes[:0]}
	lsn = r.promiseLSN
	q := &r.cfg.Quirks
	first := max(from, r.commit+1)
	if q.TruncatedForgotten {
		first = max(from, r.base+1)
	}
	for s := first; s <= r.log.last; s++ {
		c := r.log.at(s)
		if c == nil {
			continue
		}
		if c.ballot.IsZero() && !q.TruncatedForgotten {
			panic(fmt.Sprintf("paxos: slot %d above the commit index %d was learnt, not voted for", s, r.commit))
		}
		v := Vote{Slot: s, Ballot: c.ballot, Value: c.value}
		if q.OneBallot && v.Ballot.Less(r.lastPromise) {
			v.Ballot = r.lastPromise
		}
		lsn = max(lsn, c.lsn)
		m.Votes = append(m.Votes, v)
	}
	if q.PromiseHidesChosen || q.TruncatedForgotten {
		m.Commit, m.Base = from-1, 0
	}
	return lsn
}

// owns tells whether ballot b can come from that node: only its own node uses it.
func (r *Replica) owns(b Ballot, from nodes.ID) bool {
	return !b.IsZero() && (b.Node == from || r.cfg.Quirks.BallotWithoutNode)
}

// Evidence tells, of a P1a, P1b or P2b that is about to be sent, in which file and up to which
// byte the record lies that must be durable before it is told: the promises and votes that
// it reports; and of a P1a the candidate's own promise, by which no ballot is
// used twice. ok is false for messages that claim nothing.
func (r *Replica) Evidence(m nodes.Message) (file string, end int64, ok bool) {
	var lsn uint64
	switch m := m.(type) {
	case *P1a:
		if m.Ballot == r.lead.ballot {
			lsn = r.lead.lsn
		}
	case *P1b:
		if m.Promised != m.Ballot || m.Ballot != r.promised {
			return "", 0, false
		}
		lsn = r.promiseLSN
		for i := range m.Votes {
			if c := r.log.at(m.Votes[i].Slot); c != nil {
				lsn = max(lsn, c.lsn)
			}
		}
	case *P2b:
		if m.Promised != m.Ballot {
			return "", 0, false
		}
		for s := max(m.First, r.log.base+1); s <= m.Last; s++ {
			if c := r.log.at(s); c != nil && c.ballot == m.Ballot {
				lsn = max(lsn, c.lsn)
			}
		}
	}
	if lsn == 0 {
		return "", 0, false
	}
	file, end = r.wal.Where(lsn)
	return file, end, true
}
