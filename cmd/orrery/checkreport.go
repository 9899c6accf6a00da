package main

import (
	"bytes"
	"fmt"
	"strings"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/checker/judge"
)

// checked is what came of a check, as --json prints it.
type checked struct {
	File     string                    `json:"file"`
	Format   string                    `json:"format"`
	Model    string                    `json:"model"`
	Verdict  string                    `json:"verdict"`  // ok, violated, unknown or vacuous
	Property string                    `json:"property"` // what does not hold: "linearizability", an anomaly; "" if it is ok
	Reason   string                    `json:"reason,omitempty"`
	Caution  string                    `json:"caution,omitempty"` // why an ok says little
	Note     string                    `json:"note,omitempty"`    // what was taken for granted
	Sentence string                    `json:"explanation,omitempty"`
	Core     []string                  `json:"core,omitempty"` // the operations that suffice for the violation
	CoreOps  []judge.Op                `json:"core_ops,omitempty"`
	Ops      int                       `json:"ops"`
	*byEnd                             // of models of objects
	Coverage guarantee.Coverage        `json:"coverage,omitempty"` // of all others
	Findings []guarantee.Finding       `json:"findings,omitempty"`
	Count    map[guarantee.Anomaly]int `json:"anomalies,omitempty"` // how often each was met
	WallNS   int64                     `json:"wall_ns"`
	// Confirmed tells that a second checker finds the core violated too.
	Confirmed     bool          `json:"confirmed,omitempty"`
	Mutants       []judge.Score `json:"mutants,omitempty"`
	MutantsWhyNot string        `json:"mutants_why_not,omitempty"`
	Page          string        `json:"page,omitempty"`

	family, tested string
}

// byEnd is the coverage of a model of objects.
type byEnd struct {
	OK       int `json:"ops_ok"`
	Failed   int `json:"ops_failed"`
	Maybe    int `json:"ops_maybe"`
	Mismatch int `json:"ops_mismatch"`
	Telling  int `json:"telling"`
	Forced   int `json:"forced"`
	Overlaps int `json:"concurrent_pairs"`
}

func newChecked(path string, ask judge.Check, res *judge.Result) *checked {
	r := &checked{File: path, Format: string(res.Format), Model: ask.Name, Verdict: res.Verdict.String(), Property: res.Property, Reason: res.Reason,
		Caution: res.Caution, Note: res.Note, Sentence: res.Sentence, CoreOps: res.Core, Ops: res.Ops, Coverage: res.Measures, Findings: res.Findings,
		Count: res.Count, Confirmed: res.Confirmed, family: ask.Family, tested: res.Coverage}
	if c := res.Objects; c != nil {
		r.Model = res.Model.Name()
		r.byEnd = &byEnd{OK: c.With(checker.OK), Failed: c.With(checker.Fail), Maybe: c.With(checker.Maybe), Mismatch: c.With(checker.Mismatch),
			Telling: c.Telling, Forced: c.Forced, Overlaps: c.Concurrent}
	}
	for i := range res.Core {
		r.Core = append(r.Core, res.Core[i].Text)
	}
	return r
}

// headline says in a line what came of it.
func (r *checked) headline() string {
	is := r.Model
	if r.family == judge.Linearizability {
		is = "linearizable as a " + r.Model
	}
	switch r.Verdict {
	case checker.Holds.String():
		if r.family == judge.Linearizability {
			return r.File + ": " + is
		}
		return r.File + ": " + is + " holds"
	case checker.Violated.String():
		if r.family == judge.Linearizability {
			return r.File + ": NOT " + is
		}
		return r.File + ": " + is + " is VIOLATED"
	}
	return fmt.Sprintf("%s: %s", r.File, r.Verdict)
}

func (a *app) showChecked(r *checked, json bool) error {
	if json {
		return writeJSON(a.out, r)
	}
	return toConsole(a.out, func(w *bytes.Buffer) { a.printChecked(w, r) })
}

// coreShown is how many operations that suffice are printed.
const coreShown = 16

func (a *app) printChecked(w *bytes.Buffer, r *checked) {
	columns := min(a.out.columns(), 120)
	headline := r.headline()
	if r.Verdict == checker.Violated.String() {
		headline = a.out.bold(headline, true)
	}
	fmt.Fprintln(w, headline)
	for _, text := range []string{r.Reason, r.Caution, r.Sentence, r.Note, r.tested} {
		for _, line := range wrap(text, columns-2, 100) {
			fmt.Fprintln(w, "  "+line)
		}
	}
	if len(r.Core) > 0 {
		if fmt.Fprint(w, "  These operations "); r.family == judge.Linearizability {
			fmt.Fprintln(w, "alone cannot be put in order:")
		} else {
			fmt.Fprintln(w, "suffice:")
		}
		for i, op := range r.Core {
			if i == coreShown-1 && len(r.Core) > coreShown {
				fmt.Fprintf(w, "    … and %d more; --json has them\n", len(r.Core)-i)
				break
			}
			where := ""
			if line := r.CoreOps[i].Line; line > 0 {
				where = fmt.Sprintf("line %d: ", line)
			}
			fmt.Fprintln(w, "    "+clip(where+op, columns-4))
		}
	}
	if others := r.otherAnomalies(); others != "" {
		for _, line := range wrap("also: "+others, columns-2, 3) {
			fmt.Fprintln(w, "  "+line)
		}
	}
	if r.Mutants != nil {
		printMutants(w, r.Mutants, columns)
	}
	for _, line := range wrap(r.MutantsWhyNot, columns-2, 3) {
		fmt.Fprintln(w, "  "+line)
	}
	if r.Page != "" {
		fmt.Fprintln(w, "  page: "+r.Page)
	}
}

// otherAnomalies counts what was found beside the first.
func (r *checked) otherAnomalies() string {
	var parts []string
	told := map[guarantee.Anomaly]bool{guarantee.Anomaly(r.Property): true}
	for _, f := range r.Findings {
		if told[f.Anomaly] {
			continue
		}
		told[f.Anomaly] = true
		text := fmt.Sprintf("%d %s", r.Count[f.Anomaly], f.Anomaly)
		if f.Allowed {
			text += " (allowed)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// printMutants shows what became of damaged copies, and one that was let through although it is wrong.
func printMutants(w *bytes.Buffer, scores []judge.Score, columns int) {
	fmt.Fprintln(w, "  Would the check have noticed? Damaged copies of this history:")
	fmt.Fprintf(w, "    %-18s %6s %8s %9s %7s\n", "", "made", "certain", "rejected", "missed")
	missed := ""
	for _, s := range scores {
		fmt.Fprintf(w, "    %-18s %6d %8d %9d %7d\n", s.Kind, s.Made, s.Certain, s.Caught+s.Other, s.Certain-s.Caught)
		if missed == "" && len(s.Missed) > 0 {
			missed = s.Missed[0]
		}
	}
	fmt.Fprintln(w, "    certain: wrong in whatever order; the others may be right by chance")
	if missed != "" {
		for _, line := range wrap("missed: "+missed, columns-4, 4) {
			fmt.Fprintln(w, "    "+line)
		}
	}
}
