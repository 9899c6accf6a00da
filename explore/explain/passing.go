package explain

import (
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// Passing is the nearest run in which the property holds.
type Passing struct {
	Common    int            `json:"common"` // how many events the two have in common
	Violating *Step          `json:"violating,omitempty"`
	Other     *Step          `json:"passing,omitempty"` // what happens there instead; nil if nothing does
	Verdict   string         `json:"verdict"`
	Property  string         `json:"property,omitempty"` // that is violated instead, if one is
	Fork      *sim.Fork      `json:"fork,omitempty"`
	Options   *trial.Options `json:"-"`
}

// passing runs the nearest sibling that passes again, and finds the first event in which it differs.
func (e *explainer) passing() *Passing {
	if !e.nearest.passes {
		return nil
	}
	o := e.nearest.options
	var rec trace.Recorder
	o.Recorder = &rec
	r, err := e.Run(o)
	if err != nil {
		return nil
	}
	e.runs++
	p := &Passing{Verdict: r.Verdict.String(), Property: r.Property, Fork: e.nearest.options.Fork, Options: &e.nearest.options}
	ours, theirs := withoutEffects(e.mains), withoutEffects(rec.Collect())
	d := trace.Diff(ours, theirs)
	if d == nil {
		return nil
	}
	p.Common = d.Index
	if d.A != nil {
		s := e.step(d.A)
		p.Violating = &s
	}
	if d.B != nil {
		s := e.step(d.B)
		p.Other = &s
	}
	return p
}

// withoutEffects are the events without what happens inside of them: two runs that differ in a
// message that is lost differ in what arrives.
func withoutEffects(events []trace.Event) []trace.Event {
	var list []trace.Event
	for _, ev := range events {
		if ev.Sub == 0 && !ev.Kind.IsEffect() {
			list = append(list, ev)
		}
	}
	return list
}
