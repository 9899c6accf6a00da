package expired

import (
	"fmt"
	"time"

	"orrery/lessons/ensemble"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/recipes"
)

// Write asks the store to take a write.
type Write struct {
	Section, N int // the holder's own numbers
	Token      int64
}

// Answer says what became of it.
type Answer struct {
	Section, N int
	Refused    bool
}

// Kind is the message's name.
func (Write) Kind() string { return "Write" }

// Kind is the message's name.
func (Answer) Kind() string { return "Answer" }

// String says what the message says.
func (m Write) String() string { return fmt.Sprintf("write %d, token %x", m.N, m.Token) }

// String says what the message says.
func (m Answer) String() string {
	if m.Refused {
		return fmt.Sprintf("write %d refused", m.N)
	}
	return fmt.Sprintf("write %d taken", m.N)
}

func codec() nodes.Codec { return nodes.JSONCodec(Write{}, Answer{}) }

// patience is for the lock, and for the store.
const (
	lockPatience  = 2 * time.Second
	storePatience = 60 * time.Millisecond
)

// holder takes the lock, writes, and gives it back, until it has done so often enough. It is a careful one: before each write it looks
// whether its session stands.
func holder(id nodes.ID, e *ensemble.Ensemble, g *ghost, f Fence) nodes.Node {
	return task.New(codec(), func(t *task.T) {
		s := e.Open(t)
		for g.done[id] < sectionMost {
			if s.Client().State().Over() {
				ensemble.Note(t, "its session is over, and it begins a new one")
				s = e.Open(t)
			}
			lock := &recipes.Lock{Party: recipes.Party{T: t, S: s, Name: string(id)}, Path: "/lock"}
			hold, err := lock.Acquire(recipes.Exclusive, lockPatience)
			if err != nil {
				s.Sleep(10 * time.Millisecond)
				continue
			}
			g.begun++
			sec := section{id, g.begun}
			g.grants[sec] = hold.Token
			ensemble.Note(t, "has the lock, by zxid %x", hold.Token)
			token := f.Token(Node{Path: hold.Node, Session: s.Client().Session(), Czxid: hold.Token})
			if writes(t, s, sec, token) {
				g.done[id]++
			}
			lock.Release(hold)
			s.Sleep(20 * time.Millisecond)
		}
		s.Close()
	})
}

// writes is what is done under the lock. ok is false if the store has refused something, or the holder knows that it has lost the lock.
func writes(t *task.T, s *client.Session, sec section, token int64) (ok bool) {
	for n := 1; n <= writesEach; {
		if s.Client().State() != client.Connected {
			return false
		}
		s.Sleep(prepareFor)
		m, ok := t.Request("store", Write{sec.n, n, token}, storePatience, func(m nodes.Message) bool {
			a, is := m.(Answer)
			return is && a.Section == sec.n && a.N == n
		})
		if !ok {
			continue // whether it was taken it does not know; to write the same twice does no harm
		}
		if m.(Answer).Refused {
			return false
		}
		n++
	}
	return true
}

// store is what the lock protects.
type store struct {
	fence Fence
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
	accepted := s.fence.Accept(w.Token)
	if accepted {
		s.taken++
		s.ghost.takes(from, w)
	}
	env.Send(from, Answer{w.Section, w.N, !accepted})
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
