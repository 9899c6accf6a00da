// Package herd is lesson 17: fifty clients wait for one lock, and a release wakes them.
package herd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Waiter is what the learner writes: what does a client watch that is not first in line?
type Waiter interface {
	// Watch is told the nodes that are in line, the first one first, and which of them is the client's own. It returns the name of
	// the node whose end the client waits for, or "" to wait for any change of the line. When it is woken it looks again.
	Watch(line []string, own string) string
}

// Of the crowd.
const (
	clients  = 50
	holdFor  = 10 * time.Millisecond
	lock     = "/lock"
	patience = 20 * ensemble.Tick // of their sessions
)

// mostWakes is how often clients may be woken, all together. One for each release is needed.
const mostWakes = 2 * clients

// Variant is a server, and a crowd whose members wait like this. They are on one machine, each with a session of its own.
func Variant(name, about string, make func() Waiter) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) { gather(w, make, mostWakes) }}
}

// gather adds the server and the crowd to a world.
func gather(w *stage.World, make func() Waiter, budget int) *crowd {
	c := &crowd{w: w, e: ensemble.New(w, 1, nil), budget: budget}
	w.AddClient("crowd", func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			for i := range clients {
				t.Go(fmt.Sprint(i), func(t *task.T) { c.member(t, make()) })
			}
			t.Wait()
		})
	})
	w.Done = func() bool { return c.served == clients }
	return c
}

// crowd is all of them, and counts.
type crowd struct {
	w      *stage.World
	e      *ensemble.Ensemble
	inLine int
	served int
	wakes  int // events of watches that clients were sent
	woken  int // by the present release
	budget int
}

// member stands in line once.
func (c *crowd) member(t *task.T, waiter Waiter) {
	cfg := c.e.Config()
	cfg.Timeout = patience
	s := client.OpenSession(t, cfg)
	own, ok := c.enqueue(s)
	for ok && c.inLine < clients {
		s.Sleep(4 * holdFor) // the lock is not given before all are in line
	}
	if !ok || !c.await(s, own, waiter) {
		c.w.U.Violate("a session in a calm world lives", "a client has lost its place in the line")
		return
	}
	if c.served == 0 {
		s.Sleep(20 * holdFor) // all are asleep by then
	}
	s.Sleep(holdFor)
	c.served++
	if c.served%10 == 0 || c.served < 4 {
		ensemble.Note(t, "client %d has the lock; %d were woken for it, %d up to now", c.served, c.woken, c.wakes)
	}
	c.woken = 0
	if c.wakes > c.budget {
		c.w.U.Violate("message budget", fmt.Sprintf("%d of %d clients have had the lock, and for that %d were woken; the budget for all is %d", c.served, clients, c.wakes, c.budget))
	}
	s.Do(client.Delete(lock+"/"+own, -1))
	s.Close()
}

// enqueue makes the client's node, in the world's calm: no answer is lost there.
func (c *crowd) enqueue(s *client.Session) (own string, ok bool) {
	for !s.Connect(patience) {
		if s.Client().State().Over() {
			return "", false
		}
	}
	d := s.Do(client.Create(lock, nil, nil, proto.ModePersistent))
	if d.Err != proto.CodeOK && d.Err != proto.CodeNodeExists {
		return "", false
	}
	d = s.Do(client.Create(lock+"/n-", nil, nil, proto.ModeEphemeralSequential))
	if d.Err != proto.CodeOK {
		return "", false
	}
	c.inLine++
	return strings.TrimPrefix(d.Response.(*proto.Create2Response).Path, lock+"/"), true
}

// await waits until the client is first in line. It looks again after each event.
func (c *crowd) await(s *client.Session, own string, waiter Waiter) bool {
	all := false // the look at the line leaves a watch on it
	for {
		line, ok := c.line(s, all)
		switch {
		case !ok:
			return false
		case line[0] == own:
			return true
		}
		switch name := waiter.Watch(line, own); {
		case name == "" && !all:
			all = true
			continue
		case name != "" && s.Do(client.Exists(lock+"/"+name, true)).Err != proto.CodeOK:
			continue // it has gone in between
		}
		if _, ok := s.Watched(time.Minute); !ok {
			return false
		}
		c.wakes++
		c.woken++
	}
}

// line is who stands in line, the first one first.
func (c *crowd) line(s *client.Session, watch bool) ([]string, bool) {
	d := s.Do(client.Children(lock, watch))
	if d.Err != proto.CodeOK {
		return nil, false
	}
	names := slices.Clone(d.Response.(*proto.GetChildren2Response).Children)
	slices.Sort(names) // the numbers have ten digits each
	return names, len(names) > 0
}

// Scene is a server and a crowd.
func Scene(broken, fixed func() Waiter) *stage.Scene {
	return ensemble.Scene(17, 2, nodes.JSONCodec(), demo,
		Variant(stage.Broken, "whoever waits watches the line", broken),
		Variant(stage.Fixed, "whoever waits watches the one before", fixed))
}

// demo: nothing happens but that they take turns.
const demo = `
until 3s
`
