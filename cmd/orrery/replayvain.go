package main

import (
	"fmt"

	"orrery/scenarios"
	"orrery/sim"
	"orrery/trace"
)

// inVain says what a repro pins or lists that applies to nothing in the run that this program makes
// of it: the code has changed, and a draw is not made or an event does not come any more. What does
// apply still does, so a repro survives changes elsewhere.
func (a *app) inVain(s *subject) ([]string, error) {
	o := s.options
	var rec trace.Recorder
	var draws []sim.Draw
	o.Recorder, o.RecordDraws = &rec, &draws
	if _, err := a.one(s.scenario, o); err != nil {
		return nil, err
	}
	type key struct {
		stream string
		id     uint64
	}
	made := map[key]bool{}
	for _, d := range draws {
		made[key{d.Stream, d.ID}] = true
	}
	var vain []string
	for i, p := range o.Overrides {
		if !made[key{p.Stream, uint64(p.ID)}] {
			vain = append(vain, fmt.Sprintf("override %d, of %s, applies to no draw", i+1, p.Stream))
		}
	}
	came := map[sim.DrawID]bool{}
	for e := range rec.Events() {
		if !e.Kind.IsEffect() {
			came[sim.DrawID(e.ID)] = true
		}
	}
	if missing := missingOf(&o, came); missing > 0 {
		vain = append(vain, fmt.Sprintf("%d of the %s that may happen did not come", missing, plural(len(o.Only), "event")))
	}
	return vain, nil
}

// missingOf counts the listed events that have not come.
func missingOf(o *scenarios.Options, came map[sim.DrawID]bool) (missing int) {
	for _, id := range o.Only {
		if !came[id] {
			missing++
		}
	}
	return missing
}
