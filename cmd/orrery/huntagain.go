package main

import (
	"context"
	"fmt"

	"orrery/checker"
	"orrery/explore/findings"
	"orrery/scenarios"
)

// reproIn reads a repro that is kept in a store. name is how an error calls it.
func (a *app) reproIn(text []byte, name string) (*subject, error) {
	var r repro
	if err := r.decode(name, text); err != nil {
		return nil, err
	}
	s, o, field, err := a.reproOptions(&r)
	if err != nil {
		return nil, wrongField(name, text, field, err)
	}
	return &subject{scenario: s, options: o, expect: &r.Expect, name: name}, nil
}

// again replays the findings of before that are about the same scenario and defect.
func (l *leg) again(ctx context.Context) error {
	h := l.hunt
	list, err := h.store.Findings()
	if err != nil {
		return err
	}
	for _, f := range list {
		if f.Scenario != l.scenario.Name || f.Bug != l.options.Bug || f.State == findings.Gone || ctx.Err() != nil {
			continue
		}
		violated, _, err := h.app.replayFinding(&f)
		if err != nil {
			fmt.Fprintf(h.app.err, "orrery: finding %s cannot be replayed: %s\n", f.ID, oneLine(err.Error()))
			violated = true // nothing shows that it is gone
		} else if f, err = h.store.Replayed(f.ID, violated, h.session); err != nil {
			return err
		}
		h.found = append(h.found, found{Finding: f, known: true, violated: violated})
	}
	return nil
}

// replayFinding runs the universe of a finding again, and tells whether it violates the same property.
func (a *app) replayFinding(f *findings.Finding) (violated bool, r *scenarios.Result, err error) {
	s, err := a.reproIn(f.Repro, "finding "+f.ID)
	if err != nil {
		return false, nil, err
	}
	if f.Property == determinism {
		_, err := a.runTwice(s.scenario, s.options)
		return err != nil, nil, nil
	}
	r, err = a.one(s.scenario, s.options)
	if err != nil {
		return false, nil, err
	}
	return r.Property == f.Property && (r.Verdict == checker.Violated || r.Property == harness), r, nil
}
