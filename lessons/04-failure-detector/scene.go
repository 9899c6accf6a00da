// Package detector is lesson 4: a primary that is slow, and a backup that takes it for dead.
package detector

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
)

// Rule is what the learner writes: may a primary act?
type Rule interface {
	// MayAct is asked each time before a primary acts. now is the machine's own monotonic clock, and heard is what it
	// showed when the newest heartbeat was sent that the other machine has answered; both since the start of the process.
	// The other machine takes over SuspectAfter after it has last received a heartbeat, by its own clock.
	MayAct(now, heard time.Duration) bool
}

// The times of the failure detector. Clocks differ in rate by up to two parts in a hundred.
const (
	HeartbeatEvery = 20 * time.Millisecond
	SuspectAfter   = 100 * time.Millisecond
	actEvery       = 10 * time.Millisecond
	enough         = 40 // times that somebody must act until all are content
)

// Heartbeat says who is the primary of an epoch. Sent comes back in the answer.
type Heartbeat struct {
	Epoch uint64
	Sent  time.Duration
}

// Heard answers a heartbeat.
type Heard Heartbeat

// Act is what only the primary may do.
type Act struct{ Epoch uint64 }

// Kind is the message's name.
func (Heartbeat) Kind() string { return "Heartbeat" }

// Kind is the message's name.
func (Heard) Kind() string { return "Heard" }

// Kind is the message's name.
func (Act) Kind() string { return "Act" }

// String says what the message says.
func (m Heartbeat) String() string { return fmt.Sprintf("Heartbeat of epoch %d", m.Epoch) }

// String says what the message says.
func (m Heard) String() string { return fmt.Sprintf("Heard of epoch %d", m.Epoch) }

// String says what the message says.
func (m Act) String() string { return fmt.Sprintf("Act of epoch %d", m.Epoch) }

func codec() nodes.Codec { return nodes.JSONCodec(Heartbeat{}, Heard{}, Act{}) }

// Variant is two machines with this Rule, and a third that sees them act.
func Variant(name, about string, make func() Rule) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) {
			c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 2 * time.Millisecond}
			c.Clocks.DriftPPM = 10_000
		})
		g := &ghost{}
		w.U.Observe(sim.Observer{Sent: func(from *sim.Machine, _ nodes.ID, m nodes.Message) {
			if a, ok := m.(Act); ok {
				g.acts(w, from.ID(), a.Epoch)
			}
		}})
		w.Tolerates = 1
		w.AddServer("n1", func() nodes.Node { return &machine{rule: make(), other: "n2", epoch: 1, primary: true} })
		w.AddServer("n2", func() nodes.Node { return &machine{rule: make(), other: "n1", epoch: 1} })
		w.AddClient("seen", func() nodes.Node { return &witness{} })
		w.Leader = func() (nodes.ID, bool) { return g.by, g.by != "" }
		w.Done = func() bool { return g.count >= enough }
	}}
}

// ghost knows who has acted.
type ghost struct {
	epoch uint64 // the highest in which somebody has
	by    nodes.ID
	count int
}

// acts: once somebody has acted in an epoch, nobody acts in an earlier one.
func (g *ghost) acts(w *stage.World, id nodes.ID, epoch uint64) {
	switch {
	case epoch < g.epoch:
		w.U.Violate("one primary at a time", fmt.Sprintf("%s acts as the primary of epoch %d, after %s has as that of epoch %d", id, epoch, g.by, g.epoch))
	case epoch == g.epoch && g.by != id:
		w.U.Violate("one primary at a time", fmt.Sprintf("%s and %s act as primaries of epoch %d", g.by, id, epoch))
	}
	g.epoch, g.by, g.count = epoch, id, g.count+1
}

// Scene is a primary and a backup.
func Scene(broken, fixed func() Rule) *stage.Scene {
	return &stage.Scene{
		Number: 4, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "a primary acts until it hears of another one", broken),
			Variant(stage.Fixed, "a primary acts while nobody can have taken over", fixed),
		},
	}
}

// demo: n1 is not dead, it only does nothing for a while.
const demo = `
until 50ms
pause n1
until 200ms     // n2 takes over
resume n1       // and it acts
`
