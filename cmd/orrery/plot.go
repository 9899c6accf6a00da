package main

import (
	"slices"
	"time"

	"orrery/checker"
	"orrery/scenarios"
	"orrery/trace"
)

// explainTime bounds the search for what a story is about.
const explainTime = 2 * time.Second

// plot is what a story is told of.
type plot struct {
	story  trace.Story
	events []trace.Event
}

// told are the events that the story tells.
func (p *plot) told() []trace.Event {
	among := trace.Among(p.story.Lines(p.events))
	var told []trace.Event
	for i := range p.events {
		if among(&p.events[i]) {
			told = append(told, p.events[i])
		}
	}
	return told
}

// plotOf is how the story of a universe is told. A history that is not linearizable is found to be
// so after the run, whose end then says nothing: the story ends where the violation became
// certain, and is about the operations that contradict each other.
func plotOf(s *scenarios.Scenario, re *rerun) plot {
	p := plot{story: trace.Story{Describe: describe(s)}, events: re.events}
	r := re.result
	if r.Verdict != checker.Violated || r.Seq != 0 || len(r.History) == 0 {
		return p
	}
	why := re.explanation()
	if len(why.Core) == 0 {
		return p
	}
	last := -1
	for _, op := range why.Core {
		p.story.About = append(p.story.About, op.Client, op.Key, op.In.Text(), op.Out.Text())
		last = max(last, re.endOf(op))
	}
	if last < 0 {
		return p
	}
	p.story.About = slices.DeleteFunc(p.story.About, func(word string) bool { return word == "" })
	end := &re.events[last]
	p.events = append(slices.Clone(re.events[:last+1]), trace.Event{
		Seq: end.Seq, Sub: end.Sub + 1, At: end.At, Local: end.Local, CauseSeq: end.Seq, Kind: trace.Violation,
		Node: end.Node, Incarnation: end.Incarnation, Name: r.Property, Text: why.Sentence,
	})
	return p
}

// explanation says why the history is not linearizable; it is empty if it is. It is asked for
// once: the story, the diagram and the page tell of the same one.
func (re *rerun) explanation() checker.Explanation {
	if re.why == nil {
		options := checker.Options{Time: explainTime}
		res := checker.Linearizable(re.result.History, re.result.Model, options)
		why := checker.Explain(re.result.History, re.result.Model, res, options)
		re.why = &why
	}
	return *re.why
}

// endOf finds the event at which an operation ended for its client: the n-th of a client's
// operations is told by the n-th Invoke of its machine, and ends with the Return after it. -1
// means that the trace does not tell.
func (re *rerun) endOf(op checker.Op) int {
	before := 0
	for i := range re.result.History {
		if o := &re.result.History[i]; o.Client == op.Client && o.Call < op.Call {
			before++
		}
	}
	begun := false
	for i := range re.events {
		e := &re.events[i]
		switch {
		case e.Node != op.Client:
		case e.Kind == trace.Return && begun:
			return i
		case e.Kind == trace.Invoke && before == 0:
			begun = true
			before--
		case e.Kind == trace.Invoke:
			before--
		}
	}
	return -1
}
