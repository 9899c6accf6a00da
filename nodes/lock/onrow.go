package lock

import (
	"time"

	"orrery/nodes"
)

// onRow is a client's side of a Row. It asks again and again whether it is its turn; an answer counts from when its
// question was asked.
type onRow struct {
	c     *Client
	asked []question // the last few
}

type question struct {
	seq uint64
	at  time.Duration
}

const maxQuestions = 8 // that are remembered; the answers to older ones come too late to be of use

var tagAsk = nodes.Tag{Name: "ask"}

func (s *onRow) acquire(env nodes.Env) { s.ask(env, Lock) }

func (s *onRow) extend(env nodes.Env) { s.ask(env, Renew) }

func (s *onRow) release(env nodes.Env) {
	env.StopTimer(tagAsk)
	s.send(env, Unlock) // if it is lost, the lease runs out
}

func (s *onRow) send(env nodes.Env, t Type) {
	s.c.seq++
	env.Send(s.c.cfg.Nodes[0], &Message{Type: t, N: s.c.n, Seq: s.c.seq, TTL: uint64(s.c.cfg.TTL)})
}

func (s *onRow) ask(env nodes.Env, t Type) {
	s.send(env, t)
	if len(s.asked) == maxQuestions {
		s.asked = s.asked[1:]
	}
	s.asked = append(s.asked, question{s.c.seq, env.Monotonic()})
	if t == Lock {
		env.SetTimer(tagAsk, s.c.cfg.TTL/4)
	}
}

func (s *onRow) fire(env nodes.Env, _ nodes.Tag) {
	if s.c.phase == Acquiring {
		s.ask(env, Lock)
	}
}

func (s *onRow) deliver(env nodes.Env, _ nodes.ID, message nodes.Message) {
	m, is := message.(*Message)
	switch {
	case !is || m.N != s.c.n || s.c.phase == Resting:
	case m.Type == Turn && s.c.phase == Acquiring:
		s.ask(env, Lock)
	case m.Type == Answered && m.OK:
		for _, q := range s.asked {
			if q.seq == m.Seq {
				s.granted(env, m, q.at)
				return
			}
		}
	}
}

func (s *onRow) granted(env nodes.Env, m *Message, asked time.Duration) {
	if s.c.phase == Holding {
		s.c.extended(env, asked)
		return
	}
	env.StopTimer(tagAsk)
	s.c.granted(env, m.Token, asked)
}
