package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"orrery/checker"
	"orrery/explore/campaign"
	"orrery/explore/findings"
	"orrery/explore/shrink"
	"orrery/scenarios"
	"orrery/trace"
)

// lookedInto is how many violations of one property are shrunk; further ones are counted.
const lookedInto = 3

// found is a finding that this hunt has to do with.
type found struct {
	findings.Finding
	fresh    bool   // the store did not have it before
	known    bool   // it is from before this hunt, and only its replay was seen
	violated bool   // it was seen, or its replay violates its property
	dir      string // the artefact; "" if there is none
	story    string // the report
}

// keep writes how far the campaign has come, if there is something to lose, and a violation that is to be
// looked into.
func (l *leg) keep(e *campaign.Execution, u *universe) error {
	l.stored.Done = e.N + 1
	if u.verdict != checker.Violated && u.Property != harness {
		if l.hunt.app.now().Sub(l.saved) < saveEvery {
			return nil
		}
		return l.save(nil)
	}
	l.stored.Violated++
	property := u.Property
	if l.stored.LookedInto[property] >= lookedInto {
		l.counted++
		return l.save(nil)
	}
	l.stored.LookedInto[property]++
	rep, err := newRepro(l.scenario, e.Options, u)
	if err != nil {
		return err
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	return l.save(&findings.Pending{
		Scenario: l.scenario.Name, Bug: l.options.Bug, Property: property, Detail: u.Detail, Repro: text,
		Sighting: findings.Sighting{
			Session: l.hunt.session, Campaign: l.id, Strategy: l.spec, Member: e.Member, Execution: e.N,
			Seed: e.Options.Seed, Hash: e.Result.Hash, When: l.hunt.app.now().UTC(), By: versionLine(),
		},
	})
}

// save commits.
func (l *leg) save(v *findings.Pending) error {
	l.saved = l.hunt.app.now()
	l.stored.Updated = l.saved.UTC()
	return l.hunt.store.Commit(l.stored, v)
}

// investigate makes findings of the violations that are pending.
func (l *leg) investigate(ctx context.Context) error {
	pending, err := l.hunt.store.Pending(l.id)
	if err != nil {
		return err
	}
	for i := range pending {
		if ctx.Err() != nil {
			return nil // they stay pending: half shrunk they would be taken for other findings
		}
		l.hunt.progress.clear()
		l.hunt.tell("makes a violation of " + pending[i].Property + " smaller")
		if err := l.lookInto(ctx, &pending[i]); err != nil {
			return err
		}
	}
	return nil
}

// lookInto shrinks a violation and makes a finding of it.
func (l *leg) lookInto(ctx context.Context, p *findings.Pending) error {
	h := l.hunt
	s, err := h.app.reproIn(p.Repro, "execution "+fmt.Sprint(p.Sighting.Execution))
	if err != nil {
		return err
	}
	first, err := h.app.one(s.scenario, s.options)
	if err != nil {
		return err
	}
	o, r, whole := s.options, first, false
	stands := first.Verdict == checker.Violated && first.Property == p.Property
	switch {
	case stands:
		o, r, whole, err = l.shrinkOne(ctx, s, first)
		if err != nil || ctx.Err() != nil {
			return err
		}
	case p.Property == harness && first.Property == harness, p.Property == determinism:
	default:
		fmt.Fprintf(h.app.err, "orrery: execution %d of %s violated %s, and does not when it is run again: the program has changed since, or see --seed %d\n",
			p.Sighting.Execution, l.id, p.Property, p.Sighting.Seed)
		return h.store.Drop(p)
	}
	u := condense(s.scenario.Name, r, 0)
	if p.Property == determinism {
		u.verdict, u.Verdict, u.Property, u.Detail = checker.Violated, checker.Violated.String(), determinism, p.Detail
	}
	rep, err := newRepro(s.scenario, o, &u)
	if err != nil {
		return err
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	re, err := h.app.rerun(s.scenario, o)
	if err != nil {
		return err
	}
	signature := findings.Signature(r.Plan, messagesThatMatter(re, whole && o.Only != nil), r.Stack)
	if p.Property == determinism {
		signature = "two runs differ"
	}
	f, fresh, err := h.store.Keep(p, findings.Finding{
		Key:    findings.Key{Scenario: p.Scenario, Bug: p.Bug, Property: p.Property, Signature: signature},
		Detail: oneLine(u.Detail), Repro: text, Shrunk: whole, Events: r.Events,
	})
	if err != nil {
		return err
	}
	return l.report(f, fresh, s.scenario, o, &u, re)
}

// messagesThatMatter are the kinds of the messages that arrive in a run from which all others were left out.
func messagesThatMatter(re *rerun, minimal bool) (kinds []string) {
	if !minimal {
		return nil
	}
	for i := range re.events {
		if e := &re.events[i]; e.Kind == trace.Deliver {
			kinds = append(kinds, e.Name)
		}
	}
	return kinds
}

// shrinkOne makes a violation smaller, within its budget.
func (l *leg) shrinkOne(ctx context.Context, s *subject, first *scenarios.Result) (o scenarios.Options, r *scenarios.Result, whole bool, err error) {
	h := l.hunt
	if h.shrink == 0 {
		return s.options, first, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, h.shrink)
	defer cancel()
	c := shrink.Config{
		Ops: s.scenario.Ops, Workers: h.workers,
		Run: func(o scenarios.Options) (*scenarios.Result, error) { return h.app.one(s.scenario, o) },
	}
	small, err := c.Shrink(ctx, s.options, first)
	return small.Options, small.Result, small.Complete, err
}

// report writes the artefact of a finding and prints it, unless it is known already.
func (l *leg) report(f findings.Finding, fresh bool, s *scenarios.Scenario, o scenarios.Options, u *universe, re *rerun) error {
	h := l.hunt
	again := -1
	for i := range h.found {
		if h.found[i].ID == f.ID {
			again = i
			h.found[i].Finding, h.found[i].violated = f, true
		}
	}
	if again >= 0 && !h.found[again].known {
		return nil
	}
	name := strings.TrimSuffix(artifactName(s, o), fmt.Sprintf("-seed-%d", o.Seed)) + "-" + f.ID
	dir, err := writeArtifact(h.out, name, s, o, u, re)
	if err != nil {
		fmt.Fprintln(h.app.err, "orrery: no artefact of finding", f.ID, "could be written:", oneLine(err.Error()))
	} else {
		u.Repro = filepath.Join(dir, reproFile)
	}
	var b bytes.Buffer
	h.app.report(&b, s, u, re, replayCommand(s, o, u.Repro, h.plan))
	it := found{Finding: f, fresh: fresh, violated: true, dir: dir, story: b.String()}
	if again < 0 {
		h.found = append(h.found, it)
	} else {
		h.found[again].dir, h.found[again].story, h.found[again].known = it.dir, it.story, false
	}
	return h.printFound(&it)
}

// printFound tells of a finding.
func (h *hunt) printFound(f *found) error {
	if h.json {
		return writeJSON(h.app.out, struct {
			Type string `json:"type"`
			findings.Finding
			Directory string `json:"directory,omitempty"`
		}{"finding", f.Finding, f.dir})
	}
	return toConsole(h.app.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "finding %s, %s, after execution %s: needs %s\n", f.ID, f.State, count(f.Last.Execution), f.Signature)
		if h.reports++; h.reports > fullReports || f.State == findings.Open {
			fmt.Fprintf(w, "  %s · orrery replay %s\n", f.Property, quoted(f.dir))
			return
		}
		w.WriteString(f.story)
	})
}
