package simtest_test

import (
	"fmt"
	"strconv"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/sim"
)

// A register on one server, which is durable or, with the defect, only seems to be.

type write struct{ ID, Value int }
type read struct{ ID int }
type answer struct{ ID, Value int }

func (write) Kind() string  { return "write" }
func (read) Kind() string   { return "read" }
func (answer) Kind() string { return "answer" }

var codec = nodes.JSONCodec(write{}, read{}, answer{})

type server struct {
	tellEarly bool
	value     int
	waiting   []pending
	syncs     uint64
	file, dir uint64 // the last sync of each that has ended
}

type pending struct {
	to   nodes.ID
	what answer
	sync uint64
}

func (s *server) Codec() nodes.Codec { return codec }

func (s *server) Boot(env nodes.Env) error {
	p, err := env.Disk().ReadFile("value")
	if err == nil && len(p) == 8 {
		s.value, _ = strconv.Atoi(string(p))
		s.sync(env) // what can be read need not be durable
	}
	return nil
}

func (s *server) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case write:
		s.value = m.Value
		if err := env.Disk().WriteAt("value", fmt.Appendf(nil, "%08d", m.Value), 0); err != nil {
			env.Halt(err)
		}
		s.sync(env)
		s.answer(env, from, m.ID)
	case read:
		s.answer(env, from, m.ID) // not before what it tells is durable
	}
}

func (s *server) sync(env nodes.Env) {
	s.syncs++
	env.Disk().Sync("value", nodes.Tag{Name: "file", N: s.syncs})
	env.Disk().SyncDir("", nodes.Tag{Name: "dir", N: s.syncs})
}

func (s *server) answer(env nodes.Env, to nodes.ID, id int) {
	if s.tellEarly || s.syncs <= min(s.file, s.dir) {
		env.Send(to, answer{id, s.value})
		return
	}
	s.waiting = append(s.waiting, pending{to, answer{id, s.value}, s.syncs})
}

func (s *server) Synced(env nodes.Env, tag nodes.Tag, err error) {
	if err != nil {
		env.Halt(err)
	}
	if tag.Name == "file" {
		s.file = max(s.file, tag.N)
	} else {
		s.dir = max(s.dir, tag.N) // the content is nothing without the name
	}
	kept := s.waiting[:0]
	for _, p := range s.waiting {
		if p.sync <= min(s.file, s.dir) {
			env.Send(p.to, p.what)
		} else {
			kept = append(kept, p)
		}
	}
	s.waiting = kept
}

func (s *server) Fire(nodes.Env, nodes.Tag) {}

// client writes and reads in turn, and gives up on what is not answered.
type client struct {
	w     *trial.World
	ops   int
	begun int
	open  bool
	op    checker.OpID
	stop  bool
}

func (c *client) Codec() nodes.Codec { return codec }

func (c *client) Boot(env nodes.Env) error { c.next(env); return nil }

func (c *client) next(env nodes.Env) {
	if c.begun == c.ops || c.stop {
		return
	}
	c.begun++
	c.open = true
	if c.begun%3 == 1 {
		c.op = c.w.History.Invoke("c1", checker.Op{F: checker.Write, In: checker.Val(strconv.Itoa(c.begun))})
		env.Send("s", write{c.begun, c.begun})
	} else {
		c.op = c.w.History.Invoke("c1", checker.Op{F: checker.Read})
		env.Send("s", read{c.begun})
	}
	env.SetTimer(nodes.Tag{Name: "give up"}, 150*time.Millisecond)
}

func (c *client) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	a, ok := m.(answer)
	if !ok || !c.open || a.ID != c.begun {
		return
	}
	c.open = false
	switch {
	case c.begun%3 == 1:
		c.w.History.OK(c.op, checker.Value{})
	case a.Value == 0:
		c.w.History.OK(c.op, checker.Unset)
	default:
		c.w.History.OK(c.op, checker.Val(strconv.Itoa(a.Value)))
	}
	env.SetTimer(nodes.Tag{Name: "give up"}, 100*time.Millisecond)
}

func (c *client) Fire(env nodes.Env, _ nodes.Tag) {
	if c.open {
		c.open = false
		c.w.History.Maybe(c.op)
	}
	c.next(env)
}

func (c *client) Synced(nodes.Env, nodes.Tag, error) {}

func (c *client) Done() bool                  { return !c.open && (c.stop || c.begun == c.ops) }
func (c *client) Stop()                       { c.stop = true }
func (c *client) Probe([]nodes.ID)            {}
func (c *client) Probed() (ok bool, _ string) { return true, "" }

// register builds the world.
func register(tellEarly bool) func(*trial.World) error {
	return func(w *trial.World) error {
		c := &client{w: w, ops: 40}
		if w.Options.Ops > 0 {
			c.ops = w.Options.Ops
		}
		w.History, w.Model, w.Workload = checker.NewRecorder(nil), checker.Register, c
		w.Horizon = 10 * time.Second
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: time.Millisecond}
			c.Disk.Sync = sim.Dist{Min: 5 * time.Millisecond, Mean: 60 * time.Millisecond}
		})
		w.AddServer("s", func() nodes.Node { return &server{tellEarly: tellEarly} })
		w.AddClient("c", func() nodes.Node { return c })
		return nil
	}
}
