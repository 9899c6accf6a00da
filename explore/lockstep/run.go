package lockstep

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"orrery/nodes"
)

// Round is how long a round is for timers.
const Round = time.Second

// Bounds say how far a search goes.
type Bounds struct {
	EOT     int // end of time: the last round
	EFF     int // end of finite failures: what is sent in this round or later arrives
	Crashes int // how many machines stop at most
}

// String prints the bounds as "(6,3,1)".
func (b Bounds) String() string { return fmt.Sprintf("(%d,%d,%d)", b.EOT, b.EFF, b.Crashes) }

// Machine is one of the machines.
type Machine struct {
	ID  nodes.ID
	New func() nodes.Node
}

// Judge watches one execution.
type Judge interface {
	// Sent sees every message as it is sent, whether it will arrive or not.
	Sent(from, to nodes.ID, m nodes.Message)
	// Verdict is asked after the last round: what does not hold, or "".
	Verdict(r *Run) string
}

// World is what is searched.
type World struct {
	Machines []Machine
	// First is delivered to To in round 1, from outside; it is not lost.
	To    nodes.ID
	First nodes.Message
	// Judge makes the judge of an execution.
	Judge func() Judge
}

// Crash is a machine that stops: it does nothing in that round and later.
type Crash struct {
	ID    nodes.ID
	Round int
}

// Loss is a message that is lost: the N-th from one machine to another in a round, from 0.
type Loss struct {
	Round    int
	From, To nodes.ID
	N        int
	Kind     string // what it was, for the reader
}

func (l Loss) same(m Loss) bool {
	return l.Round == m.Round && l.From == m.From && l.To == m.To && l.N == m.N
}

// Run is one execution.
type Run struct {
	world    *World
	bounds   Bounds
	round    int
	machines []*machine
	judge    Judge
	losses   []Loss
	cut      func(l Loss) bool
	losable  []Loss // every message that could have been lost, in the order of sending
	lost     []int  // which of them were
	mail     []letter
	next     []letter
}

type letter struct {
	from nodes.ID
	to   *machine
	p    []byte
}

// Node is a machine's node, as it was when it stopped if it has.
func (r *Run) Node(id nodes.ID) nodes.Node {
	for _, m := range r.machines {
		if m.id == id {
			return m.node
		}
	}
	return nil
}

// Crashed tells whether the machine has stopped.
func (r *Run) Crashed(id nodes.ID) bool {
	return slices.ContainsFunc(r.machines, func(m *machine) bool { return m.id == id && !m.up() })
}

// execute runs the world once.
func (w *World) execute(b Bounds, crashes []Crash, losses []Loss, cut func(Loss) bool) (*Run, string) {
	r := &Run{world: w, bounds: b, judge: w.Judge(), losses: losses, cut: cut}
	for _, d := range w.Machines {
		h := fnv.New64a()
		h.Write([]byte(d.ID))
		m := &machine{id: d.ID, node: d.New(), run: r, rand: rand.New(rand.NewPCG(1, h.Sum64())), disk: disk{files: map[string][]byte{}}}
		m.codec = m.node.Codec()
		for _, c := range crashes {
			if c.ID == d.ID {
				m.stops = c.Round
			}
		}
		r.machines = append(r.machines, m)
	}
	for _, m := range r.machines {
		m.handle(func() {
			if err := m.node.Boot(m); err != nil {
				panic(fmt.Sprintf("lockstep: %s does not boot: %v", m.id, err))
			}
		})
	}
	for r.round = 1; r.round <= b.EOT; r.round++ {
		r.step()
	}
	r.round = b.EOT
	return r, r.judge.Verdict(r)
}

// step is one round: what was sent in the round before arrives, and then timers fire.
func (r *Run) step() {
	r.mail, r.next = r.next, nil
	if r.round == 1 {
		for _, m := range r.machines {
			if m.id == r.world.To && m.up() {
				m.handle(func() { m.node.Deliver(m, "client", r.world.First) })
			}
		}
	}
	for _, l := range r.mail {
		if !l.to.up() {
			continue
		}
		msg, err := l.to.codec.Decode(l.p)
		if err != nil {
			panic(fmt.Sprintf("lockstep: %v", err))
		}
		l.to.handle(func() { l.to.node.Deliver(l.to, l.from, msg) })
	}
	for _, m := range r.machines {
		m.fire()
	}
}

func (r *Run) send(from *machine, id nodes.ID, msg nodes.Message) {
	r.judge.Sent(from.id, id, msg)
	i := slices.IndexFunc(r.machines, func(m *machine) bool { return m.id == id })
	if i < 0 {
		return // to a client, who is not looked at
	}
	to := r.machines[i]
	hears := to.stops == 0 || r.round+1 < to.stops // to lose what nobody hears makes no difference
	if id != from.id && r.round < r.bounds.EFF && hears {
		l := Loss{Round: r.round, From: from.id, To: id, Kind: msg.Kind()}
		for _, o := range r.losable {
			if o.Round == l.Round && o.From == l.From && o.To == l.To {
				l.N++
			}
		}
		r.losable = append(r.losable, l)
		if r.cut != nil && r.cut(l) || slices.ContainsFunc(r.losses, l.same) {
			r.lost = append(r.lost, len(r.losable)-1)
			return
		}
	}
	r.next = append(r.next, letter{from.id, to, from.codec.Append(nil, msg)})
}

// Counterexample is an execution in which something does not hold.
type Counterexample struct {
	Crashes []Crash
	Losses  []Loss
	Why     string
}

// String says it in a line.
func (c *Counterexample) String() string {
	var parts []string
	for _, x := range c.Crashes {
		parts = append(parts, fmt.Sprintf("%s stops in round %d", x.ID, x.Round))
	}
	for _, l := range c.Losses {
		parts = append(parts, fmt.Sprintf("%s %s→%s of round %d is lost", l.Kind, l.From, l.To, l.Round))
	}
	if len(parts) == 0 {
		parts = []string{"nothing fails"}
	}
	return strings.Join(parts, ", ") + ": " + c.Why
}
