package leases

import (
	"fmt"
	"time"

	"orrery/nodes"
)

// client asks all replicas, and again if nobody answers: only a leader does.
type client struct {
	ghost    *ghost
	replicas []nodes.ID
}

const (
	againAfter = 30 * time.Millisecond
	thinkFor   = 15 * time.Millisecond
)

var (
	tagNext  = nodes.Tag{Name: "next"}
	tagAgain = nodes.Tag{Name: "again"}
)

// Codec implements nodes.Node.
func (c *client) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (c *client) Boot(env nodes.Env) error {
	env.SetTimer(tagNext, 2*Patience)
	return nil
}

func (c *client) ask(env nodes.Env, m nodes.Message) {
	for _, id := range c.replicas {
		env.Send(id, m)
	}
	env.SetTimer(tagAgain, againAfter)
}

// Synced implements nodes.Node.
func (c *client) Synced(nodes.Env, nodes.Tag, error) {}

// writer puts 1, 2, 3, …
type writer struct{ client }

// Fire puts the next value, or the same again.
func (c *writer) Fire(env nodes.Env, _ nodes.Tag) { c.ask(env, Put{c.ghost.written + 1}) }

// Deliver hears that a value is in force.
func (c *writer) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if d, ok := m.(Done); ok && d.Value == c.ghost.written+1 {
		c.ghost.written++
		nodes.Note(env, fmt.Sprintf("knows that %d is in force", d.Value))
		env.StopTimer(tagAgain)
		env.SetTimer(tagNext, thinkFor)
	}
}

// reader gets the value, again and again.
type reader struct {
	client
	n      uint64 // of the read
	before uint64 // what was known to be in force when it began
	open   bool
}

// Fire begins a read, or asks again.
func (c *reader) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagNext {
		c.n, c.before, c.open = c.n+1, c.ghost.written, true
	}
	c.ask(env, Get{c.n})
}

// Deliver hears the answer.
func (c *reader) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if is, ok := m.(Is); ok && c.open && is.N == c.n {
		c.open = false
		nodes.Note(env, fmt.Sprintf("reads %d", is.Value))
		c.ghost.read(from, is.Value, c.before)
		env.StopTimer(tagAgain)
		env.SetTimer(tagNext, thinkFor)
	}
}
