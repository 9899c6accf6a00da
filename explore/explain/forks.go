package explain

import (
	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// draw names one decision.
type draw struct {
	stream string
	id     uint64
}

// drawsOf has the draws of a run recorded; the function that it returns says afterwards during which event each was made.
func drawsOf(o *trial.Options) func() map[draw]uint64 {
	var draws []sim.Draw
	o.RecordDraws = &draws
	return func() map[draw]uint64 {
		made := make(map[draw]uint64, len(draws))
		for _, d := range draws {
			key := draw{d.Stream, d.ID}
			if _, known := made[key]; !known {
				made[key] = d.Seq
			}
		}
		return made
	}
}

// forkAt are the options of the run that is the same up to event seq, and then goes on with fresh
// choices. What was said about later events is taken back: pins, and which events may
// happen; the faults of the plan stay.
func (e *explainer) forkAt(seq, sibling uint64) trial.Options {
	o := e.options
	o.Fork = &sim.Fork{At: max(seq, 1), Seed: trace.Mix(sibling+1, 0xf0)}
	o.EventsMax = e.result.Events + maxContinued
	o.Overrides = nil
	for _, p := range e.options.Overrides {
		if at, made := e.madeAt[draw{p.Stream, uint64(p.ID)}]; made && at <= seq {
			o.Overrides = append(o.Overrides, p)
		}
	}
	o.Omit = nil
	for _, id := range e.options.Omit {
		if e.lostBefore(id, seq) {
			o.Omit = append(o.Omit, id)
		}
	}
	return o
}

// lostBefore tells whether what is left out was left out before event seq was over.
func (e *explainer) lostBefore(id sim.DrawID, seq uint64) bool {
	for i := range e.events {
		if ev := &e.events[i]; ev.Kind == trace.Drop && ev.ID == uint64(id) {
			return ev.Seq <= seq
		}
	}
	return false
}

// sibling is a run that has a beginning in common with the violation.
type sibling struct {
	options trial.Options
	prefix  uint64 // events in common, at least
	passes  bool
}

// rolls continues the run n times, from the n-th continuation on that first says, and returns how many of them were
// run, and how many violate the same property. make makes the options of one; prefix is what it has
// in common with the run.
func (e *explainer) rolls(prefix uint64, first, n int, make func(sibling uint64) trial.Options) (runs, violated int) {
	type outcome struct {
		options  trial.Options
		violated bool
		ok       bool
	}
	seeds := explore.Seeds{First: uint64(first), Last: uint64(first + n - 1)}
	_ = explore.Each(e.ctx, seeds, e.Workers, func(seed uint64) outcome {
		o := make(seed)
		r, err := e.Run(o)
		return outcome{o, err == nil && e.same(r), err == nil}
	}, func(_ uint64, out outcome) bool { // an error is that of the context: what was run counts
		if !out.ok {
			return true
		}
		runs++
		if out.violated {
			violated++
		} else {
			e.passed(prefix, out.options)
		}
		return true
	})
	e.runs += runs
	return runs, violated
}

// same tells whether a result is the violation that is explained.
func (e *explainer) same(r *trial.Result) bool {
	return r.Verdict == checker.Violated && r.Property == e.result.Property
}

// passed keeps the passing run that has most in common with the violation.
func (e *explainer) passed(prefix uint64, o trial.Options) {
	if !e.nearest.passes || prefix > e.nearest.prefix {
		e.nearest = sibling{options: o, prefix: prefix, passes: true}
	}
}
