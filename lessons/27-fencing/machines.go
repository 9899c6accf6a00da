package fencing

import (
	"fmt"
	"time"

	"orrery/nodes"
)

// Acquire asks for the lock.
type Acquire struct{}

// Granted gives it, for TTL.
type Granted struct{ Token uint64 }

// Release gives it back.
type Release struct{ Token uint64 }

// Write asks the store to take a write.
type Write struct {
	Token uint64
	N     int // in its section
}

// Taken says that the store has taken it, or has refused.
type Taken struct {
	Token   uint64
	N       int
	Refused bool
}

// Kind is the message's name.
func (Acquire) Kind() string { return "Acquire" }

// Kind is the message's name.
func (Granted) Kind() string { return "Granted" }

// Kind is the message's name.
func (Release) Kind() string { return "Release" }

// Kind is the message's name.
func (Write) Kind() string { return "Write" }

// Kind is the message's name.
func (Taken) Kind() string { return "Taken" }

// String says what the message says.
func (m Acquire) String() string { return "Acquire" }

// String says what the message says.
func (m Granted) String() string { return fmt.Sprintf("Granted, number %d", m.Token) }

// String says what the message says.
func (m Release) String() string { return fmt.Sprintf("Release number %d", m.Token) }

// String says what the message says.
func (m Write) String() string { return fmt.Sprintf("Write %d with number %d", m.N, m.Token) }

// String says what the message says.
func (m Taken) String() string {
	if m.Refused {
		return fmt.Sprintf("Refused %d with number %d", m.N, m.Token)
	}
	return fmt.Sprintf("Taken %d with number %d", m.N, m.Token)
}

func codec() nodes.Codec {
	return nodes.JSONCodec(Acquire{}, Granted{}, Release{}, Write{}, Taken{})
}

var (
	tagNext = nodes.Tag{Name: "next"} // ask for the lock
	tagSend = nodes.Tag{Name: "send"} // the write is prepared
	tagIdle = nodes.Tag{Name: "idle"} // nobody has answered
)

// holder takes the lock, writes, and gives it back, again and again.
type holder struct {
	token    uint64 // 0: it has no lock
	until    time.Duration
	n        int // writes of this section
	sections int // that are done
}

// Codec implements nodes.Node.
func (h *holder) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (h *holder) Boot(env nodes.Env) error { env.SetTimer(tagNext, 30*time.Millisecond); return nil }

// Fire implements nodes.Node.
func (h *holder) Fire(env nodes.Env, tag nodes.Tag) {
	switch {
	case tag == tagSend && h.token != 0:
		env.Send("store", Write{h.token, h.n})
		env.SetTimer(tagIdle, TTL)
	case h.sections < sectionMost:
		h.token = 0
		env.Send("lock", Acquire{})
		env.SetTimer(tagNext, 40*time.Millisecond)
	}
}

// Deliver implements nodes.Node.
func (h *holder) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Granted:
		if h.token == 0 && h.sections < sectionMost {
			h.token, h.n, h.until = m.Token, 1, env.Monotonic()+TTL
			nodes.Note(env, fmt.Sprintf("has the lock, number %d", m.Token))
			env.StopTimer(tagNext)
			h.prepare(env)
		}
	case Taken:
		if m.Token != h.token || m.N != h.n {
			return
		}
		if h.n++; m.Refused || h.n > writesEach {
			h.leave(env, !m.Refused)
			return
		}
		h.prepare(env)
	}
}

// prepare looks at the clock, as a careful holder does, and makes the next write.
func (h *holder) prepare(env nodes.Env) {
	if env.Monotonic() >= h.until {
		nodes.Note(env, "sees that its lock has run out")
		h.leave(env, false)
		return
	}
	env.SetTimer(tagSend, prepareFor)
}

func (h *holder) leave(env nodes.Env, done bool) {
	if done {
		h.sections++
	}
	env.Send("lock", Release{h.token})
	h.token = 0
	env.StopTimer(tagIdle)
	env.SetTimer(tagNext, 20*time.Millisecond)
}

// Synced implements nodes.Node.
func (h *holder) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the holder believes.
func (h *holder) Inspect() any {
	return struct {
		Lock     uint64 `json:"lock"`
		Write    int    `json:"write"`
		Sections int    `json:"sections"`
	}{h.token, h.n, h.sections}
}

// service gives the lock to one after the other. It is never down, and its clock is right.
type service struct {
	holder nodes.ID
	token  uint64
	until  time.Duration
}

// Codec implements nodes.Node.
func (s *service) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (s *service) Boot(nodes.Env) error { return nil }

// Deliver implements nodes.Node.
func (s *service) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Acquire:
		if s.holder == "" || s.holder == from || env.Monotonic() >= s.until {
			s.holder, s.token, s.until = from, s.token+1, env.Monotonic()+TTL
			env.Send(from, Granted{s.token})
		}
	case Release:
		if m.Token == s.token {
			s.holder = ""
		}
	}
}

// Fire implements nodes.Node.
func (s *service) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (s *service) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows who has the lock.
func (s *service) Inspect() any {
	return struct {
		Holder nodes.ID `json:"holder"`
		Number uint64   `json:"number"`
	}{s.holder, s.token}
}

// store is what the lock protects.
type store struct {
	gate  Gate
	ghost *ghost
	taken int
}

// Codec implements nodes.Node.
func (s *store) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (s *store) Boot(nodes.Env) error { return nil }

// Deliver implements nodes.Node.
func (s *store) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	w, ok := m.(Write)
	if !ok {
		return
	}
	accepted := s.gate.Accept(w.Token)
	if accepted {
		s.taken++
		nodes.Note(env, fmt.Sprintf("takes write %d of %s", w.N, from))
		s.ghost.takes(from, w)
	}
	env.Send(from, Taken{w.Token, w.N, !accepted})
}

// Fire implements nodes.Node.
func (s *store) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node.
func (s *store) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows how much was taken.
func (s *store) Inspect() any {
	return struct {
		Taken int `json:"taken"`
	}{s.taken}
}
