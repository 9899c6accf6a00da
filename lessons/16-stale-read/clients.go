package staleread

import (
	"fmt"
	"strconv"
	"time"

	"orrery/lessons/ensemble"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Look tells c2, past ZooKeeper, that there is something new.
type Look struct{ N int }

// Seen says what c2 has read.
type Seen struct{ N, Value int }

// Kind is the message's name.
func (Look) Kind() string { return "Look" }

// Kind is the message's name.
func (Seen) Kind() string { return "Seen" }

// String says what the message says.
func (m Look) String() string { return fmt.Sprintf("%d is written, look", m.N) }

// String says what the message says.
func (m Seen) String() string { return fmt.Sprintf("I see %d", m.Value) }

func codec() nodes.Codec { return nodes.JSONCodec(Look{}, Seen{}) }

const path = "/x"

// writer writes 1, 2, … through z2 or z3, and after each acknowledgement calls c2.
func writer(e *ensemble.Ensemble, g *ghost) nodes.Node {
	return task.New(codec(), func(t *task.T) {
		s := e.Open(t, "z2", "z3")
		for n := 0; n <= rounds; {
			s = e.Standing(t, s, "z2", "z3")
			d := s.Do(client.Set(path, []byte(strconv.Itoa(n)), -1))
			if d.Err == proto.CodeNoNode {
				d = s.Do(client.Create(path, []byte("0"), nil, proto.ModePersistent))
			}
			if d.Err != proto.CodeOK {
				s.Sleep(pace)
				continue // the same value once more, which changes nothing if it was written
			}
			if g.acked = n; n > 0 {
				ensemble.Note(t, "%d is written", n)
				for g.told < n {
					t.Request("c2", Look{n}, 2*pace, func(m nodes.Message) bool { a, ok := m.(Seen); return ok && a.N == n })
				}
			}
			n++
			s.Sleep(pace)
		}
		s.Sleep(time.Hour)
	})
}

// reader has its session with z1, and reads when it is told to.
func reader(e *ensemble.Ensemble, g *ghost, r Reader) nodes.Node {
	return task.New(codec(), func(t *task.T) {
		s := e.Open(t, "z1")
		for {
			from, m, ok := t.Recv(pace / 10)
			look, is := m.(Look)
			s = e.Standing(t, s, "z1")
			if !ok || !is || look.N <= g.told {
				s.Sleep(time.Millisecond)
				continue
			}
			acked := g.acked
			value, ok := r.Read(server{s})
			if !ok {
				continue // c1 calls again
			}
			ensemble.Note(t, "reads %d", value)
			g.reads(acked, value)
			g.told = look.N
			t.Send(from, Seen{look.N, value})
		}
	})
}

// server is c2's session, as a Server.
type server struct{ s *client.Session }

// Get implements Server.
func (s server) Get() (value int, ok bool) {
	d := s.s.Do(client.Get(path, false))
	if d.Err != proto.CodeOK {
		return 0, false
	}
	value, err := strconv.Atoi(string(d.Response.(*proto.GetDataResponse).Data))
	return value, err == nil
}

// Sync implements Server.
func (s server) Sync() bool { return s.s.Do(client.Sync(path)).Err == proto.CodeOK }
