package judge

import (
	"fmt"
	"time"

	"orrery/checker"
	"orrery/checker/files"
)

// of what the models are, for lists.
var objects = map[string]struct{ about, how, cost, limits string }{
	"register":       {"read, write", "zones of unique values; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"cas-register":   {"and compare-and-set", "zones of chains; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"kv":             {"get, put, append, cas, delete, scan, by key", "as cas-register for each key; keys that a scan joins together", "n log n; else exponential in what overlaps", "budget"},
	"list":           {"append, read of the whole", "versions: what only grows; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"log":            {"append with offsets, read at an offset, tail", "versions; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"set":            {"add, remove, contains, read of the whole", "each element by itself where that decides; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"queue":          {"enqueue, dequeue, first in first out", "four patterns; else a windowed search", "n log n; else exponential in what overlaps", "budget"},
	"priority-queue": {"enqueue, dequeue of the smallest", "a windowed search", "exponential in what overlaps", "budget"},
	"stack":          {"push, pop, last in first out", "a windowed search", "exponential in what overlaps", "budget"},
	"counter":        {"incr, read", "a windowed search", "exponential in what overlaps", "budget"},
	"lock":           {"acquire, release", "a windowed search", "exponential in what overlaps", "budget"},
	"fenced-lock":    {"and tokens that grow", "a windowed search", "exponential in what overlaps", "budget"},
	"lease-lock":     {"a lock that may be lost, with tokens and the resource behind it", "a windowed search", "exponential in what overlaps", "budget"},
	"znodes":         {"ZooKeeper's tree, as if its reads were linearizable", "a windowed search", "exponential in what overlaps", "budget"},
}

// explainTime bounds the search for the few operations that suffice.
const explainTime = 10 * time.Second

func linearizability() (all []Check) {
	for _, m := range checker.Models() {
		all = append(all, linear(m))
	}
	return all
}

func linear(m checker.Model) Check {
	o := objects[base(m)]
	return Check{Name: m.Name(), Family: Linearizability, About: o.about, Wants: "operations, or events of Jepsen", How: o.how, Cost: o.cost,
		Limits: o.limits, With: linearWith(m), model: m,
		run: func(f *files.File, opt *Options) (*Result, error) { return runLinear(f, m, opt) }}
}

// linearWith is what a check of linearizability may be told.
func linearWith(m checker.Model) []With {
	with := []With{{"deliveries", "how often one request may take effect, 1 if not said"}}
	if m.Accepts(checker.CAS) {
		with = append(with, With{"failed-cas", "what a failed cas among events says: mismatch (another value was there) or nothing"})
	}
	return with
}

// failedCAS reads that claim.
func failedCAS(o *Options) (files.FailedCAS, error) {
	switch text, told := o.With["failed-cas"]; {
	case !told:
		return files.ByFormat, nil
	case text == "mismatch":
		return files.Mismatched, nil
	case text == "nothing":
		return files.Nothing, nil
	default:
		return 0, fmt.Errorf("failed-cas=%s: want mismatch or nothing", text)
	}
}

// base is the name of a model without what it holds at first.
func base(m checker.Model) string { return m.StartingAt(checker.Unset).Name() }

func runLinear(f *files.File, m checker.Model, o *Options) (*Result, error) {
	deliveries, _, err := o.integer("deliveries")
	if err != nil {
		return nil, err
	}
	if f.FailedCAS, err = failedCAS(o); err != nil {
		return nil, err
	}
	h, err := f.History(m)
	if err != nil {
		return nil, err
	}
	r := &Result{Property: checker.PropertyLinearizability, History: h, Model: m, Ops: len(h), total: len(h)}
	if f.Format == files.EDNEvents && base(m) == "kv" && m.Initial() == checker.Unset && emptyFirst(h) {
		m = m.StartingAt(checker.Val(""))
		r.Model, r.Note = m, `nothing is read as unset, and keys as "" before anybody wrote them: taken as what they hold at first`
	}
	// A history from elsewhere is what it is; only one in which nothing could have been wrong says nothing.
	options := checker.Options{Time: o.Time, Memory: o.Memory, Deliveries: int(deliveries), Floors: &checker.Floors{Ops: 1}}
	res := checker.Linearizable(h, m, options)
	if res.Verdict == checker.Malformed {
		return nil, malformed(f, res.Reason)
	}
	c := res.Coverage
	r.Verdict, r.Reason, r.Objects, r.Coverage = res.Verdict, res.Reason, &c, c.String()
	floors := m.Floors()
	switch missed := floors.Missed(&c); {
	case res.Verdict == checker.Holds && c.Telling == 0 && c.Forced == 0:
		r.Verdict = checker.Vacuous
		r.Reason = "no answer in it could have been wrong"
		if missed != "" {
			r.Reason += ": " + missed
		}
	case res.Verdict == checker.Holds && missed != "":
		r.Caution = "this proves little: " + missed
	}
	if r.Verdict == checker.Holds {
		r.Property = ""
	}
	explained := options
	explained.Time = min(o.Time, explainTime)
	why := checker.Explain(h, m, res, explained)
	if r.Verdict == checker.Violated && !why.Minimal && r.Note == "" {
		r.Note = "there was no time to find out which of the operations below can be left out"
	}
	r.Sentence, r.Confirmed = why.Sentence, why.Confirmed
	places := make(map[int64]int, len(why.Core))
	for i := range why.Core {
		places[why.Core[i].ID] = -1
	}
	for i := range h {
		if _, ok := places[h[i].ID]; ok {
			places[h[i].ID] = i
		}
	}
	r.at = func(i int) Op {
		op := span(h[i].Client, int(h[i].Line), h[i].Call, h[i].Ret)
		op.Text = h[i].String()
		return op
	}
	for i := range why.Core {
		c := &why.Core[i]
		op := span(c.Client, int(c.Line), c.Call, c.Ret)
		op.Index, op.Text = places[c.ID], c.String()
		r.Core = append(r.Core, op)
	}
	return r, nil
}

// emptyFirst tells whether a store answers with "" for what nobody wrote: some read did, although nobody ever wrote that,
// and none was of unset.
func emptyFirst(h checker.History) bool {
	empty := checker.Val("")
	seen := false
	for i := range h {
		o := &h[i]
		switch {
		case o.Out == checker.Unset || o.F == checker.Delete || o.In == empty:
			return false
		case o.Out == empty:
			seen = true
		}
	}
	return seen
}
