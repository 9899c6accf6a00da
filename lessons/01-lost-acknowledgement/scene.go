// Package lostack is lesson 1: a client that does not hear of its success, and tries again.
package lostack

import (
	"fmt"
	"slices"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Filter is what the learner writes: has this request been carried out already?
type Filter interface {
	// New tells whether the request is one that the server has not carried out yet. Each client numbers its requests
	// from 1, and begins the next when it has heard of the last; it sends a request again until it does.
	New(client nodes.ID, seq uint64) bool
}

// Append asks the server to append an item to its log.
type Append struct {
	Seq  uint64
	Item string
}

// Ack tells that it has been.
type Ack struct{ Seq uint64 }

// Kind is the message's name.
func (Append) Kind() string { return "Append" }

// Kind is the message's name.
func (Ack) Kind() string { return "Ack" }

// String says what the message says.
func (m Append) String() string { return fmt.Sprintf("Append #%d %s", m.Seq, m.Item) }

// String says what the message says.
func (m Ack) String() string { return fmt.Sprintf("Ack #%d", m.Seq) }

func codec() nodes.Codec { return nodes.JSONCodec(Append{}, Ack{}) }

// retryAfter is how long a client waits for an answer.
const retryAfter = 60 * time.Millisecond

// itemsEach is how many items a client appends, and thinkFor how long it waits between two.
const (
	itemsEach = 20
	thinkFor  = 40 * time.Millisecond
)

// Variant is the server with this Filter, and two clients.
func Variant(name, about string, make func() Filter) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		ms := time.Millisecond
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: 5 * ms, Mean: 10 * ms} })
		var s *server
		w.AddServer("s", func() nodes.Node { s = &server{filter: make()}; return s })
		var clients []*client
		for i := range 2 {
			c := &client{items: string(rune('a' + i))}
			clients = append(clients, c)
			w.AddClient(nodes.ID(fmt.Sprintf("c%d", i+1)), func() nodes.Node { return c })
		}
		w.Always("each item once", func() error { return once(s, clients) })
		w.Done = func() bool { return clients[0].done() && clients[1].done() }
	}}
}

// once: no item is in the log twice, and what was acknowledged is in it.
func once(s *server, clients []*client) error {
	if s == nil {
		return nil
	}
	for i, item := range s.log {
		if slices.Contains(s.log[:i], item) {
			return fmt.Errorf("%s is in the log twice: %v", item, s.log)
		}
	}
	for _, c := range clients {
		for n := uint64(1); n <= c.acked; n++ {
			if !slices.Contains(s.log, c.item(n)) {
				return fmt.Errorf("%s was acknowledged, and is not in the log: %v", c.item(n), s.log)
			}
		}
	}
	return nil
}

// Scene is a server with a log, and two clients that append to it.
func Scene(broken, fixed func() Filter) *stage.Scene {
	return &stage.Scene{
		Number: 1, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "the server appends what it is asked to append", broken),
			Variant(stage.Fixed, "the server appends what it has not appended before", fixed),
		},
	}
}

// demo: the server does what it was asked, and its answer is lost.
const demo = `
take timer next of c1
take Append #1 a1 by s from c1
lose Ack #1 by c1 from s       // c1 cannot know whether this or its request was lost
take timer retry of c1
take Append #1 a1 by s from c1
`

// server keeps a log.
type server struct {
	filter Filter
	log    []string
}

// Codec implements nodes.Node.
func (s *server) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (s *server) Boot(nodes.Env) error { return nil }

// Deliver carries out a request, if it is new, and acknowledges it in any case.
func (s *server) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	r, ok := m.(Append)
	if !ok {
		return
	}
	if s.filter.New(from, r.Seq) {
		s.log = append(s.log, r.Item)
		nodes.Note(env, fmt.Sprintf("appends %s: %v", r.Item, s.log))
	}
	env.Send(from, Ack{r.Seq})
}

// Fire implements nodes.Node: the server has no timers.
func (s *server) Fire(nodes.Env, nodes.Tag) {}

// Synced implements nodes.Node: the server has no disk.
func (s *server) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows the log.
func (s *server) Inspect() any {
	return struct {
		Log []string `json:"log"`
	}{s.log}
}

// client appends its items, one after the other.
type client struct {
	items string
	acked uint64
}

func (c *client) item(n uint64) string { return fmt.Sprintf("%s%d", c.items, n) }
func (c *client) done() bool           { return c.acked == itemsEach }

// Codec implements nodes.Node.
func (c *client) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (c *client) Boot(env nodes.Env) error {
	env.SetTimer(nodes.Tag{Name: "next"}, thinkFor)
	return nil
}

// Fire sends the request that has no answer, for the first time or again.
func (c *client) Fire(env nodes.Env, _ nodes.Tag) {
	if c.done() {
		return
	}
	env.Send("s", Append{Seq: c.acked + 1, Item: c.item(c.acked + 1)})
	env.SetTimer(nodes.Tag{Name: "retry"}, retryAfter)
}

// Deliver hears of a success and begins the next request.
func (c *client) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if a, ok := m.(Ack); ok && a.Seq == c.acked+1 {
		c.acked++
		nodes.Note(env, "knows that "+c.item(a.Seq)+" is in the log")
		env.StopTimer(nodes.Tag{Name: "retry"})
		env.SetTimer(nodes.Tag{Name: "next"}, thinkFor)
	}
}

// Synced implements nodes.Node: a client has no disk.
func (c *client) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows how far the client is.
func (c *client) Inspect() any {
	return struct {
		Acknowledged uint64 `json:"acknowledged"`
	}{c.acked}
}
