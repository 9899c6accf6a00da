package delivery

import (
	"fmt"

	"orrery/checker/guarantee"
)

// Step is what happens to a tuple.
type Step uint8

const (
	// Emit: a spout emitted the tuple as the root of a tree.
	Emit Step = iota + 1
	// Anchor: a task emitted the tuple as a child of a tuple of that root.
	Anchor
	// Process: a task finished with the tuple.
	Process
	// Ack: the spout was told that the tree of that root is complete.
	Ack
	// Fail: the spout was told that it is not, or gave up; it may emit the same again, as another root.
	Fail
)

var stepNames = guarantee.Names{What: "step", Of: []string{"none", "emit", "anchor", "process", "ack", "fail"}}

// MarshalText spells s as history files do.
func (s Step) MarshalText() ([]byte, error) { return stepNames.Text(uint8(s)) }

// UnmarshalText reads what MarshalText wrote.
func (s *Step) UnmarshalText(text []byte) error { return guarantee.ReadName(s, stepNames, text) }

// A TreeEvent is one step; events are in the order in which they happened.
type TreeEvent struct {
	Step  Step   `json:"step"`
	Root  string `json:"root"`
	Tuple string `json:"tuple,omitempty"` // of Anchor and Process; the root itself is the first
}

// String prints the event on one line.
func (e TreeEvent) String() string {
	return fmt.Sprintf("%s %s of %s", stepNames.String(uint8(e.Step)), e.Tuple, e.Root)
}

// The anomalies of trees.
const (
	EarlyAck  guarantee.Anomaly = "early-ack"   // a root was acknowledged before every tuple of its tree was processed
	AckTwice  guarantee.Anomaly = "ack-twice"   // a root was acknowledged more than once
	Forgotten guarantee.Anomaly = "forgotten"   // a root was neither acknowledged nor failed
	Reworked  guarantee.Anomaly = "reprocessed" // a tuple was processed twice although nothing failed
)

// tupleTree is one root and what hangs below it.
type tupleTree struct {
	emitted int
	open    map[string]int // tuples that are not processed, and the events that made them
	done    map[string]int // tuples that are, and the events that finished them
	ack     int            // the event, or -1
	fail    int
}

// Trees judges at-least-once processing of trees of tuples, as Storm promises it. quiet tells that the run went on until every
// root had its time, and faultless that nothing failed, so that no tuple may be processed twice.
func Trees(h []TreeEvent, quiet, faultless bool) guarantee.Report {
	r := guarantee.NewReport("tuple-trees")
	cite := func(places ...int) []guarantee.Op {
		return guarantee.Cite(func(i int) string { return h[i].String() }, places...)
	}
	trees := map[string]*tupleTree{}
	var order []string
	acks, tuples := 0, 0
	for i := range h {
		e := &h[i]
		t := trees[e.Root]
		switch {
		case e.Step < Emit || e.Step > Fail || e.Root == "":
			return r.Malformed("event %d (%s): want a step and a root", i, e)
		case e.Step == Emit && t != nil:
			return r.Malformed("event %d (%s): the root was emitted already", i, e)
		case e.Step == Emit:
			trees[e.Root] = &tupleTree{emitted: i, open: map[string]int{e.Root: i}, done: map[string]int{}, ack: -1, fail: -1}
			order = append(order, e.Root)
			continue
		case t == nil:
			return r.Malformed("event %d (%s): the root was never emitted", i, e)
		}
		switch e.Step {
		case Anchor:
			t.open[e.Tuple] = i
			if t.ack >= 0 && t.fail < 0 {
				r.Found(EarlyAck, e.Root, cite(t.ack, i), "%s was acknowledged, and %s still grew from it", e.Root, e.Tuple)
			}
		case Process:
			tuples++
			if j, again := t.done[e.Tuple]; again && faultless {
				r.Found(Reworked, e.Root, cite(j, i), "%s of %s was processed twice, and nothing had failed", e.Tuple, e.Root)
			}
			delete(t.open, e.Tuple)
			t.done[e.Tuple] = i
		case Ack:
			acks++
			if t.ack >= 0 {
				r.Found(AckTwice, e.Root, cite(t.ack, i), "%s was acknowledged twice", e.Root)
				continue
			}
			t.ack = i
			if made := first(t.open); made >= 0 {
				r.Found(EarlyAck, e.Root, cite(made, i), "%s was acknowledged, and %d of its tuples were not processed", e.Root, len(t.open))
			}
		case Fail:
			t.fail = i
		}
	}
	for _, root := range order {
		if t := trees[root]; quiet && t.ack < 0 && t.fail < 0 {
			r.Found(Forgotten, root, cite(t.emitted), "%s was neither acknowledged nor failed", root)
		}
	}
	r.Measure("roots", len(order), 1)
	r.Measure("acknowledged roots", acks, 1)
	r.Measure("tuples processed", tuples, 1)
	return r.Done()
}

// first returns the earliest event of those, or -1.
func first(open map[string]int) int {
	least := -1
	for _, i := range open {
		if least < 0 || i < least {
			least = i
		}
	}
	return least
}
