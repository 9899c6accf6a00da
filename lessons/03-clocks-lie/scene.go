// Package clocks is lesson 3: two replicas, of which the newer value wins, by their clocks.
package clocks

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Rule is what the learner writes: how new is a value?
type Rule interface {
	// Stamp is what a replica gives to a value that is written to it: of two values the one with the higher stamp
	// wins. now is the replica's own clock, in nanoseconds. seen is the highest stamp that the writer has been told of, by
	// whichever replica; 0 at first.
	Stamp(now, seen int64) int64
}

// Write asks a replica to store a value. Values count the writes: each is newer than the one before.
type Write struct {
	Value uint64
	Seen  int64
}

// Stored says that it has, and with which stamp.
type Stored struct {
	Value uint64
	Stamp int64
}

// Gossip is what one replica holds, for the other.
type Gossip struct {
	Value uint64
	Stamp int64
}

// Kind is the message's name.
func (Write) Kind() string { return "Write" }

// Kind is the message's name.
func (Stored) Kind() string { return "Stored" }

// Kind is the message's name.
func (Gossip) Kind() string { return "Gossip" }

// String says what the message says.
func (m Write) String() string { return fmt.Sprintf("Write %d", m.Value) }

// String says what the message says.
func (m Stored) String() string { return fmt.Sprintf("Stored %d at %s", m.Value, show(m.Stamp)) }

// String says what the message says.
func (m Gossip) String() string { return fmt.Sprintf("Gossip: %d at %s", m.Value, show(m.Stamp)) }

func show(stamp int64) string { return time.Unix(0, stamp).UTC().Format("04:05.000") }

func codec() nodes.Codec { return nodes.JSONCodec(Write{}, Stored{}, Gossip{}) }

const (
	writes      = 20
	thinkFor    = 15 * time.Millisecond
	againAfter  = 60 * time.Millisecond
	gossipEvery = 40 * time.Millisecond
)

// Variant is two replicas with this Rule, and a client that writes to one and the other in turn.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 3 * time.Millisecond}
			c.Clocks.OffsetMax = 10 * time.Millisecond
		})
		w.Tolerates = 1
		acked := map[nodes.ID]uint64{}
		replicas := map[nodes.ID]*replica{}
		for _, id := range []nodes.ID{"s1", "s2"} {
			other := map[nodes.ID]nodes.ID{"s1": "s2", "s2": "s1"}[id]
			w.AddServer(id, func() nodes.Node {
				replicas[id], acked[id] = &replica{rule: make(), other: other}, 0
				return replicas[id]
			})
		}
		c := &client{}
		w.AddClient("c", func() nodes.Node { return c })
		w.U.Observe(sim.Observer{Sent: func(from *sim.Machine, _ nodes.ID, m nodes.Message) {
			if s, ok := m.(Stored); ok {
				acked[from.ID()] = max(acked[from.ID()], s.Value)
			}
		}})
		w.Always("no write is lost", func() error {
			for _, id := range []nodes.ID{"s1", "s2"} {
				if r := replicas[id]; r != nil && r.value < acked[id] {
					return fmt.Errorf("%s has acknowledged %d, and holds %d, of %s by somebody's clock", id, acked[id], r.value, show(r.stamp))
				}
			}
			return nil
		})
		w.Done = func() bool { // and both hold the last value
			for _, id := range []nodes.ID{"s1", "s2"} {
				if r := replicas[id]; r == nil || r.value != writes {
					return false
				}
			}
			return c.stored == writes
		}
	}}
}

// Scene is two replicas and a client.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 3, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a value is as new as the replica's clock says", broken),
			Variant(stage.Fixed, "a value is newer than whatever its writer knows", fixed),
		},
	}
}

// demo: s1's clock is 200 ms ahead. The client writes 1 to it, and then 2 to s2.
const demo = `
skew s1 200ms
until 60ms
`

// replica keeps a value, and tells the other of it.
type replica struct {
	rule  Rule
	other nodes.ID
	value uint64
	stamp int64
}

var tagGossip = nodes.Tag{Name: "gossip"}

// Codec implements nodes.Node.
func (r *replica) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (r *replica) Boot(env nodes.Env) error { env.SetTimer(tagGossip, gossipEvery); return nil }

// Fire tells the other replica.
func (r *replica) Fire(env nodes.Env, _ nodes.Tag) {
	if r.value > 0 {
		env.Send(r.other, Gossip{r.value, r.stamp})
	}
	env.SetTimer(tagGossip, gossipEvery)
}

// Deliver implements nodes.Node.
func (r *replica) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	switch m := m.(type) {
	case Write:
		if m.Value > r.value { // else it was doubled
			r.value, r.stamp = m.Value, r.rule.Stamp(env.Now().UnixNano(), m.Seen)
			nodes.Note(env, fmt.Sprintf("stores %d at %s", r.value, show(r.stamp)))
		}
		env.Send(from, Stored{m.Value, r.stamp})
	case Gossip:
		if m.Stamp > r.stamp {
			r.value, r.stamp = m.Value, m.Stamp
			nodes.Note(env, fmt.Sprintf("takes over %d, of %s", m.Value, show(m.Stamp)))
		}
	}
}

// Synced implements nodes.Node: nothing is on a disk.
func (r *replica) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows what the replica holds.
func (r *replica) Inspect() any {
	return struct {
		Value uint64 `json:"value"`
		Of    string `json:"of"`
	}{r.value, show(r.stamp)}
}

// client writes 1, 2, 3, … to s1 and s2 in turn, each when it has heard of the one before.
type client struct {
	stored uint64
	seen   int64
}

var (
	tagNext  = nodes.Tag{Name: "next"}
	tagAgain = nodes.Tag{Name: "again"}
)

// Codec implements nodes.Node.
func (c *client) Codec() nodes.Codec { return codec() }

// Boot implements nodes.Node.
func (c *client) Boot(env nodes.Env) error { env.SetTimer(tagNext, thinkFor); return nil }

// Fire writes, or writes the same again.
func (c *client) Fire(env nodes.Env, _ nodes.Tag) {
	if c.stored == writes {
		return
	}
	to := nodes.ID("s1")
	if c.stored%2 == 1 {
		to = "s2"
	}
	env.Send(to, Write{c.stored + 1, c.seen})
	env.SetTimer(tagAgain, againAfter)
}

// Deliver hears that a value is stored.
func (c *client) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	if s, ok := m.(Stored); ok && s.Value == c.stored+1 {
		c.stored, c.seen = s.Value, max(c.seen, s.Stamp)
		env.StopTimer(tagAgain)
		env.SetTimer(tagNext, thinkFor)
	}
}

// Synced implements nodes.Node.
func (c *client) Synced(nodes.Env, nodes.Tag, error) {}

// Inspect shows how far the client is.
func (c *client) Inspect() any {
	return struct {
		Stored uint64 `json:"stored"`
		Seen   string `json:"seen"`
	}{c.stored, show(c.seen)}
}
