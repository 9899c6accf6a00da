package lock

import (
	"slices"
	"time"

	"orrery/nodes"
)

// onCaches is a client's side of a lock on caches that know nothing of each other: it holds the lock if it has set
// its key on a majority of them, for as long as the first of these keys lives. One cache is a majority of one.
type onCaches struct {
	c     *Client
	value uint64 // of the present attempt: random, and never 0
	doing Type   // SetNX or ExtendIf; 0 if no answer is waited for
	asked time.Duration
	seq   uint64
	heard []nodes.ID
	ok    int
	token uint64
}

var (
	tagAttempt = nodes.Tag{Name: "attempt"} // has lasted long enough
	tagAgain   = nodes.Tag{Name: "again"}
)

func (s *onCaches) majority() int {
	n := len(s.c.cfg.Nodes)
	if s.c.cfg.Quirks.SmallMajority {
		return max(n/2, 1)
	}
	return n/2 + 1
}

func (s *onCaches) acquire(env nodes.Env) {
	s.value, s.token = env.Rand().Uint64()|1, 0
	s.ask(env, SetNX)
}

func (s *onCaches) extend(env nodes.Env) {
	if s.doing == 0 {
		s.ask(env, ExtendIf)
	}
}

func (s *onCaches) release(env nodes.Env) {
	s.ok = 0
	env.StopTimer(tagAttempt)
	env.StopTimer(tagAgain)
	s.doing = 0
	s.send(env, DeleteIf)
}

func (s *onCaches) ask(env nodes.Env, t Type) {
	s.doing, s.asked, s.heard = t, env.Monotonic(), s.heard[:0]
	if !s.c.cfg.Quirks.CountsStaleAnswers {
		s.ok = 0
	}
	s.send(env, t)
	s.seq = s.c.seq
	env.SetTimer(tagAttempt, s.c.cfg.TTL/3)
}

func (s *onCaches) send(env nodes.Env, t Type) {
	s.c.seq++
	for _, id := range s.c.cfg.Nodes {
		env.Send(id, &Message{Type: t, N: s.c.n, Seq: s.c.seq, Value: s.value, TTL: uint64(s.c.cfg.TTL)})
	}
}

func (s *onCaches) fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case tag == tagAgain && s.c.phase == Acquiring:
		s.acquire(env)
	case tag == tagAttempt:
		s.failed(env)
	}
}

// failed ends an attempt. The keys that were set, and those that will yet be, are given back, and others may come first.
func (s *onCaches) failed(env nodes.Env) {
	doing := s.doing
	s.doing = 0
	env.StopTimer(tagAttempt)
	if doing == SetNX {
		s.send(env, DeleteIf)
		env.SetTimer(tagAgain, s.c.between(env, s.c.cfg.Rest))
	}
}

func (s *onCaches) deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	m, is := message.(*Message)
	if !is || m.Type != Cached || s.doing == 0 || m.Seq != s.seq {
		return
	}
	if slices.Contains(s.heard, from) && !s.c.cfg.Quirks.CountsDuplicates {
		return
	}
	s.heard = append(s.heard, from)
	if m.OK {
		s.ok++
		s.token = max(s.token, m.Token)
	}
	switch {
	case s.ok >= s.majority():
		doing := s.doing
		s.doing = 0
		env.StopTimer(tagAttempt)
		if doing == SetNX {
			s.c.granted(env, s.token, s.asked)
		} else {
			s.c.extended(env, s.asked)
		}
	case len(s.heard) == len(s.c.cfg.Nodes):
		s.failed(env)
	}
}
