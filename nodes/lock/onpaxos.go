package lock

import (
	"time"

	"orrery/nodes"
	"orrery/nodes/paxos"
)

// ledgerKey is where a lock on Paxos is kept.
const ledgerKey = "lock"

// onPaxos is a client's side of a Ledger that is a value in Multi-Paxos. Every change is a compare-and-set against what was
// read, so changes are in one order, and a change that rests on old knowledge fails.
type onPaxos struct {
	c      *Client
	client *paxos.Client
	wants  bool // to hold the lock, rather than to leave
	n      uint64
	renews bool // the lease is to begin, or to be lengthened

	known  bool // what follows is what was read last
	raw    string
	exists bool
	ledger Ledger

	doing      string // "read", "renew", "change" or "takeover"
	claim      uint64 // the acquisition for which it is done
	asked      time.Duration
	next       Ledger        // what the ledger will be, if the compare-and-set succeeds
	watched    Ledger        // the generation and beat that is watched
	since      time.Duration // when they were first seen
	generation time.Duration // when the generation was first seen
}

func newOnPaxos(c *Client) *onPaxos {
	t := c.cfg.TTL
	return &onPaxos{c: c, client: paxos.NewClient(paxos.ClientConfig{Servers: c.cfg.Nodes, Timeout: t / 3, Deadline: 3 * t, BackOff: t / 20})}
}

func (s *onPaxos) acquire(env nodes.Env) {
	s.wants, s.n, s.renews, s.known = true, s.c.n, true, false
	s.proceed(env)
}

func (s *onPaxos) extend(env nodes.Env) {
	if s.wants {
		s.renews = true
		s.proceed(env)
	}
}

func (s *onPaxos) release(env nodes.Env) {
	s.wants, s.renews = false, false
	env.StopTimer(tagAsk)
	s.proceed(env)
}

func (s *onPaxos) fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagAsk {
		s.known = false
		s.proceed(env)
		return
	}
	if res, ended := s.client.Fire(env, tag); ended {
		s.ended(env, res)
	}
}

func (s *onPaxos) deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if res, ended := s.client.Deliver(env, from, m); ended {
		s.ended(env, res)
	}
}

// proceed does what comes next, unless an operation is under way.
func (s *onPaxos) proceed(env nodes.Env) {
	claim, q := Claim{env.Self(), s.n}, s.c.cfg.Quirks
	switch {
	case !s.client.Idle() || s.n == 0:
	case !s.known:
		s.start(env, "read", paxos.Op{Kind: paxos.OpGet, Key: ledgerKey})
	case !s.wants:
		if s.ledger.Knows(claim) {
			s.change(env, "change", func(l *Ledger) { l.Leave(claim, q) })
		}
	case !s.ledger.Knows(claim) && s.c.phase == Acquiring:
		s.change(env, "change", func(l *Ledger) { l.Join(claim, q) })
	case s.ledger.Holds(claim):
		if s.renews {
			s.change(env, "renew", func(l *Ledger) { l.Beat++ })
		}
	case s.ledger.Knows(claim):
		s.wait(env)
	}
}

// wait watches the holder, and takes the lock from him when he has not renewed his lease for longer than one.
func (s *onPaxos) wait(env nodes.Env) {
	since, q := s.since, s.c.cfg.Quirks
	if q.IgnoresBeats {
		since = s.generation
	}
	t := s.c.cfg.TTL
	patience := t + t*time.Duration(s.c.cfg.DriftPPM)/1_000_000 + 2*time.Millisecond + s.c.cfg.LockDelay
	if holder, _ := s.ledger.Holder(); env.Monotonic()-since >= patience {
		nodes.Sometimes(env, true, "a lock on Paxos is taken over")
		s.change(env, "takeover", func(l *Ledger) { l.Leave(holder, q) })
		return
	}
	env.SetTimer(tagAsk, t/4)
}

func (s *onPaxos) start(env nodes.Env, doing string, op paxos.Op) {
	s.doing, s.claim, s.asked = doing, s.n, env.Monotonic()
	s.client.Start(env, op)
}

// change begins a compare-and-set of the ledger.
func (s *onPaxos) change(env nodes.Env, doing string, change func(*Ledger)) {
	s.next = s.ledger.Clone()
	change(&s.next)
	op := paxos.Op{Kind: paxos.OpCAS, Key: ledgerKey, Expect: s.raw, Value: string(s.next.Append(nil))}
	if !s.exists {
		op.Kind, op.Expect = paxos.OpCreate, ""
	}
	if doing == "takeover" && s.c.cfg.Quirks.BlindTakeover {
		op.Kind, op.Expect = paxos.OpPut, ""
	}
	s.start(env, doing, op)
}

// ended takes the end of an operation.
func (s *onPaxos) ended(env nodes.Env, res paxos.Result) {
	a := res.Answer
	switch {
	case res.Outcome != paxos.OutcomeOK:
		s.known = false
	case s.doing == "read":
		s.learn(env, a.Value, a.Done)
	case a.Done:
		s.learn(env, string(s.next.Append(nil)), true)
		if s.doing == "renew" && s.wants && (s.n == s.claim || s.c.cfg.Quirks.StaleRenewal) {
			s.renewed(env)
		}
	default:
		s.learn(env, a.Value, a.Held)
	}
	s.proceed(env)
}

func (s *onPaxos) renewed(env nodes.Env) {
	s.renews = false
	if s.c.phase == Holding {
		s.c.extended(env, s.asked)
		return
	}
	s.c.granted(env, s.ledger.Token, s.asked)
}

// learn takes what the ledger is now.
func (s *onPaxos) learn(env nodes.Env, raw string, exists bool) {
	l := Ledger{}
	if exists {
		var err error
		if l, err = ReadLedger([]byte(raw)); err != nil {
			env.Halt(err)
		}
	}
	now := env.Monotonic()
	if l.Token != s.watched.Token || len(s.watched.Queue) == 0 {
		s.generation = now
	}
	if l.Token != s.watched.Token || l.Beat != s.watched.Beat || len(s.watched.Queue) == 0 {
		s.since = now
	}
	s.known, s.raw, s.exists, s.ledger, s.watched = true, raw, exists, l, l
}
