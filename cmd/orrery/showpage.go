package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"orrery/checker"
	"orrery/explore/explain"
	"orrery/scenarios"
	"orrery/trace"
	"orrery/viewer"
)

// artifactEvents is how many events the page of an artefact holds: some two megabytes.
const artifactEvents = 60_000

// curveTime bounds what show --curve spends on the curve of no return.
const curveTime = 20 * time.Second

// pageOf makes a page of a universe that was run with its trace recorded. Its events are those of
// the whole run; a violation that was found in the history afterwards stands where it became certain.
func pageOf(s *scenarios.Scenario, re *rerun) *viewer.Page {
	r, p := re.result, plotOf(s, re)
	page := &viewer.Page{
		Scenario: s.Name, Seed: r.Seed, Hash: r.Hash, Verdict: r.Verdict.String(), Property: r.Property, Sentence: r.Detail,
		By: versionLine(), Describe: describe(s), Story: p.story, Events: p.events, Operations: operations(r.History, nil),
	}
	if r.Bug != "" {
		page.Title = fmt.Sprintf("%s, seed %d, bug %s", s.Name, r.Seed, r.Bug)
	}
	if n := len(p.events); n > 0 && n <= len(re.events) && p.events[n-1].Kind == trace.Violation && re.events[n-1].Kind != trace.Violation {
		page.Events = slices.Concat(p.events, re.events[n-1:])
	}
	if r.Verdict == checker.Violated && r.Seq == 0 && len(r.History) > 0 {
		why := re.explanation()
		page.Operations, page.Why = operations(r.History, why.Core), why.Sentence
	}
	for _, f := range r.Faults {
		page.Faults = append(page.Faults, viewer.Fault{
			Text: f.Fault, At: f.At, Until: f.Until, Outcome: f.Outcome, Why: f.Why, Effects: f.Effects,
		})
	}
	for _, m := range r.Marks {
		page.Marks = append(page.Marks, viewer.Mark{Name: m.Name, Kind: m.Kind.String(), Count: m.Held, Passed: m.Reached})
	}
	if re.leftOut > 0 {
		page.Warnings = append(page.Warnings, plural(re.leftOut, "event")+" from the beginning of the run were not recorded.")
	}
	return page
}

// operations are those of the history, in the order in which they were called. Those in the core are marked.
func operations(h checker.History, core []checker.Op) []viewer.Operation {
	in := map[int64]bool{}
	for i := range core {
		in[core[i].ID] = true
	}
	sorted := slices.Clone(h)
	slices.SortStableFunc(sorted, func(a, b checker.Op) int { return cmp.Compare(a.Call, b.Call) })
	var list []viewer.Operation
	for i := range sorted {
		o := &sorted[i]
		list = append(list, viewer.Operation{Client: o.Client, Text: o.Act(), Key: o.Key, Status: o.Status.String(), Core: in[o.ID]})
	}
	return list
}

// replay is the command that runs the universe again.
func (s *subject) replay(re *rerun) string {
	if s.dir != "" {
		return "orrery replay " + quoted(s.name)
	}
	o := s.options
	o.Seed = re.result.Seed
	return replayCommand(s.scenario, o, "", s.planFile)
}

// addCurve asks how sure the violation was after each event, and puts the answer into the page, with the nearest run that passes.
func (a *app) addCurve(ctx context.Context, page *viewer.Page, s *scenarios.Scenario, o scenarios.Options) error {
	ctx, cancel := context.WithTimeout(ctx, curveTime)
	defer cancel()
	x, err := a.explainer(s).Explain(ctx, o)
	if err != nil {
		return err
	}
	for _, p := range x.Curve {
		page.Curve = append(page.Curve, viewer.Point{Event: p.Event, Runs: p.Runs, Violated: p.Violated})
	}
	for _, j := range x.Jumps {
		page.Jumps = append(page.Jumps, viewer.Jump{Event: j.After.Event, From: j.From, To: j.To})
	}
	if x.Return != nil {
		page.NoReturn = x.Return.Event
	}
	if x.Passing == nil {
		return nil
	}
	page.Other, err = a.passingRun(s, x.Passing, 2*page.Events[len(page.Events)-1].At)
	return err
}

// passingRun runs the nearest run that passes again, recorded as the page's own is. What it does after a time is left
// out: it has gone its own way for long then.
func (a *app) passingRun(s *scenarios.Scenario, x *explain.Passing, until time.Duration) (*viewer.Other, error) {
	o := *x.Options
	o.States = true
	re, err := a.rerun(s, o)
	if err != nil {
		return nil, err
	}
	events := slices.DeleteFunc(re.events, func(e trace.Event) bool { return e.At > until })
	other := &viewer.Other{Name: "the passing run", Events: events}
	other.Title = fmt.Sprintf("The nearest run that passes has the first %s in common with this one; what is marked happened in one of them alone", plural(x.Common, "event"))
	if x.Property != "" {
		other.Title += ". It violates " + x.Property + " instead"
	}
	return other, nil
}

// writeArtifactPage writes the page of an artefact. The universe is run once more, so that its machines' states
// are in the page and not in the trace, where they would be most of the file.
func writeArtifactPage(w io.Writer, s *scenarios.Scenario, re *rerun, replay string) error {
	if len(re.events) == 0 {
		return errNotWanted
	}
	if re.again != nil {
		if with, err := re.again(); err == nil && with.result.Hash == re.result.Hash {
			with.why = re.why // of the same history
			re = with
		}
	}
	page := pageOf(s, re)
	page.Replay, page.Most = replay, artifactEvents
	return page.Write(w)
}

// showPage writes the page of what show is about into a file.
func (a *app) showPage(ctx context.Context, p *picture, f *showFlags) error {
	page := p.page
	if f.curve {
		if p.subject == nil {
			return errors.New("--curve needs a universe to run again: want a repro.json, not a trace")
		}
		if err := a.addCurve(ctx, page, p.subject.scenario, p.subject.options); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		return err
	}
	if err := writeFile(f.page, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return fileError(err)
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		fmt.Fprintf(w, "%s: %s, %s of virtual time, %.1f kB; open it in a browser\n", f.page,
			plural(len(page.Events), "event"), page.Events[len(page.Events)-1].At.Round(time.Millisecond), float64(b.Len())/1000)
	})
}
