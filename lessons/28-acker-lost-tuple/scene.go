// Package ackers is lesson 28: a tree of tuples, an acker that keeps one number of it, and a word that is lost.
package ackers

import (
	"fmt"
	"slices"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// Bolt is what the learner writes: the bolt that splits lines into words.
type Bolt interface {
	// Execute takes a line. It must emit each word of it once, and acknowledge the line.
	Execute(out Collector, line *Tuple)
}

// Collector is what a bolt may do with what it has got.
type Collector interface {
	// Emit sends a word to the bolt that counts. anchor is the tuple that it was made of: the word then belongs to that tuple's
	// tree, under an id of its own. With nil it belongs to no tree.
	Emit(anchor *Tuple, word string)
	// Ack tells the acker that this bolt is done with a tuple: the tuple's id, XOR the ids of all that were anchored to it before.
	Ack(t *Tuple)
}

// Tuple is a line as the bolt gets it.
type Tuple struct {
	Words []string
	n     int
	root  uint64
	acked uint64 // what Ack will tell
}

// The spout's times.
const (
	patience = 120 * time.Millisecond // after which a line that is not complete is emitted again
	grace    = 200 * time.Millisecond // after which a word of a complete line that nobody has counted is lost
	nextIn   = 150 * time.Millisecond
)

var lines = [][]string{{"ant", "bee", "cat"}, {"dog", "eel"}, {"fox", "gnu", "hen"}, {"ibis", "jay"}, {"kid", "lynx", "mole"}, {"newt", "owl"},
	{"pig", "quail", "rat"}, {"seal", "toad"}}

// Variant is a spout, this Bolt, a bolt that counts, and an acker. The spout's machine does not fail.
func Variant(name, about string, make func() Bolt) stage.Variant {
	return stage.Variant{Name: name, About: about, Build: func(w *stage.World) {
		w.U.Tune(func(c *sim.Config) { c.Net.Delay = sim.Dist{Min: time.Millisecond, Mean: 3 * time.Millisecond} })
		w.Tolerates, w.Timescale = 1, patience
		g := &ghost{u: w.U, complete: map[int]time.Duration{}, counted: map[int][]string{}}
		w.AddServer("split", func() nodes.Node { return &splitter{bolt: make()} })
		w.AddServer("count", func() nodes.Node { return &counter{ghost: g} })
		w.AddServer("acker", func() nodes.Node { return &acker{roots: map[uint64]*tree{}} })
		w.AddClient("spout", func() nodes.Node { return &spout{ghost: g} })
		w.U.Observe(sim.Observer{After: func(*sim.Machine, trace.Kind) { g.look() }})
		w.Done = func() bool { return len(g.complete) == len(lines) && g.missing() == "" }
	}}
}

// ghost is the table that words are counted in, and knows what the spout was told.
type ghost struct {
	u        *sim.Universe
	complete map[int]time.Duration // by line: since when
	counted  map[int][]string
}

// look: what was told to be complete is counted. What is only on its way is given time.
func (g *ghost) look() {
	if g.missing() == "" {
		return
	}
	for n := 1; n <= len(lines); n++ {
		since, told := g.complete[n]
		if word := g.lacks(n); told && word != "" && g.u.Now()-since >= grace {
			g.u.Violate("complete means counted", fmt.Sprintf("the spout was told %v ago that line %d is complete, and %q is not counted: nobody will emit it again", (g.u.Now()-since).Round(time.Millisecond), n, word))
		}
	}
}

// missing is a word of a complete line that is not counted; "" if there is none.
func (g *ghost) missing() string {
	for n := 1; n <= len(lines); n++ {
		if _, told := g.complete[n]; told && g.lacks(n) != "" {
			return g.lacks(n)
		}
	}
	return ""
}

// lacks is a word of a line that is not counted; "" if there is none.
func (g *ghost) lacks(n int) string {
	for _, word := range lines[n-1] {
		if !slices.Contains(g.counted[n], word) {
			return word
		}
	}
	return ""
}

// Scene is a topology of four tasks, each on a machine of its own.
func Scene(broken, fixed func() Bolt) *stage.Scene {
	return &stage.Scene{
		Number: 28, Seed: 1, Codec: codec(), Demo: demo,
		Variants: []stage.Variant{
			Variant(stage.Broken, "the bolt acknowledges a line, and emits its words", broken),
			Variant(stage.Fixed, "the bolt anchors its words to the line, and acknowledges it when it has emitted them", fixed),
		},
	}
}

// demo: one word is lost on its way.
const demo = `
take timer next of spout
take Init tree 344 of line 1: 8da by acker from spout
take Line 1 (ant bee cat) by split from spout
lose Word bee of line 1 by count from split
until 330ms
`
