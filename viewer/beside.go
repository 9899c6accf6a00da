package viewer

import (
	"cmp"
	"fmt"
	"io"

	"orrery/trace"
)

// Other is a run that a page carries beside its own, to be compared with it when the reader asks.
type Other struct {
	Name   string // what it is, as it stands after "only": "the passing run"
	Title  string // which run that is, in a sentence without its full stop; Name if empty
	Events []trace.Event
}

// nearby is how many events before and after one that is not in both are told with it.
const nearby = 3

// Near tells of the events of Compare that are not in both, and of those around each stretch of them: for a Page's Told.
func Near(events []trace.Event, sides []Side) func(*trace.Event) bool {
	told := map[uint64]bool{}
	for i := range events {
		if sides[i] == InBoth {
			continue
		}
		for j := max(0, i-nearby); j < min(len(events), i+nearby+1); j++ {
			told[events[j].Seq] = true
		}
	}
	return func(e *trace.Event) bool { return told[e.Seq] }
}

// beside is the page of both runs in one.
func (p *Page) beside() *Page {
	name := cmp.Or(p.Other.Name, "the other run")
	both := &Page{
		Title: "this run and " + name, Scenario: p.Scenario, Seed: p.Seed, Verdict: "compared", Sentence: cmp.Or(p.Other.Title, p.Other.Name),
		Replay: p.Replay, By: p.By, Describe: p.Describe, Most: p.Most, names: []string{"this run", name},
		Warnings: []string{
			"What only " + name + " did stands where it would be in this one. Machines' states are left out: the page of this run alone (d) has them.",
		},
	}
	both.Events, both.Sides = Compare(p.Events, p.Other.Events)
	both.Told = Near(both.Events, both.Sides)
	return both
}

// writeBeside writes the comparison of a page that has one, behind its run.
func (p *Page) writeBeside(w io.Writer) error {
	if p.Other == nil || len(p.Other.Events) == 0 || p.Sides != nil {
		return nil
	}
	both, err := p.beside().encode()
	if err != nil {
		return fmt.Errorf("viewer: the run to compare with: %w", err)
	}
	return writeScript(w, "beside", both)
}
