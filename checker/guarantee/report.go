package guarantee

import (
	"encoding/json"
	"fmt"
	"strings"

	"orrery/checker"
)

// An Anomaly is a way in which a guarantee can be broken, by its usual name.
type Anomaly string

// An Op is an operation that a finding rests on.
type Op struct {
	Index int    `json:"index"` // its place in the history, from 0
	Text  string `json:"text"`  // the operation on one line
}

// A Finding is one anomaly of a history.
type Finding struct {
	Anomaly  Anomaly `json:"anomaly"`
	Subject  string  `json:"subject,omitempty"` // the key, partition, session or transaction that it is about
	Sentence string  `json:"sentence"`          // what happened, in the words of the model
	Ops      []Op    `json:"ops,omitempty"`     // the operations that suffice
	// Allowed tells that the guarantee that was asked for permits this; it is shown, and does not count against the history.
	Allowed bool `json:"allowed,omitempty"`
}

// A Measure is one figure of what a history put to the test, and the least of it that a verdict of ok takes.
type Measure struct {
	Name  string `json:"name"`
	N     int    `json:"n"`
	Floor int    `json:"floor,omitempty"`
}

// Coverage says how much a history put to the test.
type Coverage []Measure

// Of returns the figure of that name, 0 if there is none.
func (c Coverage) Of(name string) int {
	for _, m := range c {
		if m.Name == name {
			return m.N
		}
	}
	return 0
}

// Missed says which floor was missed, or "".
func (c Coverage) Missed() string {
	for _, m := range c {
		if m.N < m.Floor {
			return fmt.Sprintf("%d %s, want at least %d", m.N, m.Name, m.Floor)
		}
	}
	return ""
}

// String prints the coverage on one line.
func (c Coverage) String() string {
	parts := make([]string, len(c))
	for i, m := range c {
		parts[i] = fmt.Sprintf("%d %s", m.N, m.Name)
	}
	return strings.Join(parts, ", ")
}

// mostFindings is how many findings of one anomaly a report keeps.
const mostFindings = 8

// A Report is what a check says of a history.
type Report struct {
	Check   string // the check's name, as "causal-memory"
	Verdict checker.Verdict
	// Reason is the sentence of the first finding that counts, or what is wrong with the history, what it lacks, or why the
	// check gave up; "" if the verdict is checker.Holds.
	Reason   string
	Findings []Finding // of each anomaly at most eight, in the order in which they were met, what counts before what is allowed
	// Count says how often each anomaly was met, also those that are allowed.
	Count    map[Anomaly]int
	Coverage Coverage
}

// NewReport returns the empty report of a check.
func NewReport(check string) *Report { return &Report{Check: check, Count: make(map[Anomaly]int)} }

// Has tells whether the anomaly was found.
func (r Report) Has(a Anomaly) bool { return r.Count[a] > 0 }

// Wants tells whether a finding of the anomaly would still be kept; otherwise to count it is enough, and the sentence need
// not be made.
func (r *Report) Wants(a Anomaly) bool { return r.Count[a] < mostFindings }

// Found notes an anomaly that the guarantee forbids.
func (r *Report) Found(a Anomaly, subject string, ops []Op, format string, args ...any) {
	r.note(Finding{Anomaly: a, Subject: subject, Ops: ops}, format, args)
}

// Allowed notes an anomaly that the guarantee permits.
func (r *Report) Allowed(a Anomaly, subject string, ops []Op, format string, args ...any) {
	r.note(Finding{Anomaly: a, Subject: subject, Ops: ops, Allowed: true}, format, args)
}

func (r *Report) note(f Finding, format string, args []any) {
	if r.Count[f.Anomaly]++; r.Count[f.Anomaly] > mostFindings {
		return
	}
	f.Sentence = fmt.Sprintf(format, args...)
	r.Findings = append(r.Findings, f)
}

// Measure adds a figure to the coverage; floor 0 asks for nothing.
func (r *Report) Measure(name string, n, floor int) {
	r.Coverage = append(r.Coverage, Measure{Name: name, N: n, Floor: floor})
}

// Malformed ends the report of something that is no history.
func (r *Report) Malformed(format string, args ...any) Report {
	r.Verdict, r.Reason = checker.Malformed, fmt.Sprintf(format, args...)
	return *r
}

// Unknown ends the report of a check that could not decide; a violation that it met on the way stands.
func (r *Report) Unknown(format string, args ...any) Report {
	if r.violated() {
		return r.Done()
	}
	r.Verdict, r.Reason = checker.Unknown, fmt.Sprintf(format, args...)
	return *r
}

// Done ends a report: Violated if something was found that counts, Vacuous if a floor was missed, and else Holds.
func (r *Report) Done() Report {
	missed := r.Coverage.Missed()
	switch {
	case r.violated():
		r.Verdict, r.Reason = checker.Violated, r.Findings[0].Sentence
	case missed != "":
		r.Verdict, r.Reason = checker.Vacuous, missed
	default:
		r.Verdict, r.Reason = checker.Holds, ""
	}
	return *r
}

// violated tells whether something counts, and puts that first.
func (r *Report) violated() bool {
	var counts, allowed []Finding
	for _, f := range r.Findings {
		if f.Allowed {
			allowed = append(allowed, f)
		} else {
			counts = append(counts, f)
		}
	}
	r.Findings = append(counts, allowed...)
	return len(counts) > 0
}

// MarshalJSON spells the verdict as reports do.
func (r Report) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Check    string          `json:"check"`
		Verdict  string          `json:"verdict"`
		Reason   string          `json:"reason,omitempty"`
		Findings []Finding       `json:"findings,omitempty"`
		Count    map[Anomaly]int `json:"count,omitempty"`
		Coverage Coverage        `json:"coverage"`
	}{r.Check, r.Verdict.String(), r.Reason, r.Findings, r.Count, r.Coverage})
}

// Worst returns the verdict of several reports together; none of no reports, which is no verdict at all.
func Worst(reports ...Report) checker.Verdict {
	var v checker.Verdict
	for i := range reports {
		v = checker.Worst(v, reports[i].Verdict)
	}
	return v
}

// Cite returns the operations at these places of a history, printed by text.
func Cite(text func(i int) string, places ...int) []Op {
	out := make([]Op, len(places))
	for i, p := range places {
		out[i] = Op{Index: p, Text: text(p)}
	}
	return out
}
