package judge

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
	"orrery/checker/files"
	"orrery/checker/guarantee"
	"orrery/checker/isolation"
)

// An Op is one operation of a result, as people and tests want it.
type Op struct {
	Index  int    `json:"index"`            // its place in the history, from 0
	Line   int    `json:"line,omitempty"`   // where it begins in the file, from 1; 0 if that is not known
	Client string `json:"client,omitempty"` // a client, process, session or worker
	Text   string `json:"text"`             // the operation on one line
	Call   int64  `json:"call"`
	Ret    int64  `json:"ret,omitempty"` // 0 if it never ended
	Open   bool   `json:"open,omitempty"`
}

// A Result is what a check says of a file.
type Result struct {
	Check    string
	Format   files.Format
	Verdict  checker.Verdict
	Property string // what does not hold; "" if the verdict is checker.Holds
	Reason   string // one line that says why the verdict is not checker.Holds
	Caution  string // why an ok says little
	Note     string // what was taken for granted
	// Sentence names who saw what, and what contradicts it.
	Sentence string
	// Core is the operations that suffice: two to five, as a rule, ordered by their calls.
	Core []Op
	// Confirmed tells that a second checker finds the core violated as well.
	Confirmed bool
	Ops       int    // operations of the history
	Coverage  string // what was put to the test, on a line
	Measures  guarantee.Coverage
	Findings  []guarantee.Finding
	Count     map[guarantee.Anomaly]int
	Faults    []files.Fault

	// Objects is the coverage of a check of linearizability, and nil of others.
	Objects *checker.Coverage
	// What was read, for pictures and mutants; one of them.
	History checker.History
	Txns    []isolation.Txn
	Model   checker.Model

	at    func(i int) Op // the operation at a place of the history
	steps []isolation.Step
	total int
}

// fromReport makes a result of a report on a history of n operations; at returns the operation at a place.
func fromReport(r guarantee.Report, n int, at func(i int) Op) (*Result, error) {
	if r.Verdict == checker.Malformed {
		return nil, fmt.Errorf("%s", r.Reason)
	}
	out := &Result{Verdict: r.Verdict, Reason: r.Reason, Ops: n, Coverage: told(r.Coverage), Measures: r.Coverage, Findings: r.Findings,
		Count: r.Count, at: at, total: n}
	if r.Verdict == checker.Violated && len(r.Findings) > 0 {
		out.Property = string(r.Findings[0].Anomaly)
		out.Sentence, out.Reason = r.Reason, ""
		for _, o := range r.Findings[0].Ops {
			out.Core = append(out.Core, out.op(o))
		}
		slices.SortStableFunc(out.Core, func(a, b Op) int { return cmp.Compare(a.Call, b.Call) })
	}
	return out, nil
}

// told is a coverage without what did not happen and need not have.
func told(c guarantee.Coverage) string {
	return slices.DeleteFunc(slices.Clone(c), func(m guarantee.Measure) bool { return m.N == 0 && m.Floor == 0 }).String()
}

// op gives an operation that a finding cites what is known of it.
func (r *Result) op(o guarantee.Op) Op {
	if r.at == nil || o.Index < 0 || o.Index >= r.total {
		return Op{Index: o.Index, Text: o.Text}
	}
	full := r.at(o.Index)
	full.Index, full.Text = o.Index, o.Text
	return full
}

// span is the part of an Op that says when it was.
func span(client string, line int, call, ret int64) Op {
	o := Op{Client: client, Line: line, Call: call, Ret: ret}
	if ret == checker.Never {
		o.Ret, o.Open = 0, true
	}
	return o
}
