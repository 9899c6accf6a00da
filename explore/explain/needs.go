package explain

import (
	"cmp"
	"slices"
	"strings"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
	"orrery/trace"
)

type options = trial.Options

// Need is the answer to the question whether one thing was necessary: it was changed, and what
// came after it was chosen anew.
type Need struct {
	Kind     string `json:"kind"` // "fault", "message", "timer", "sync", "start", "loss"
	Text     string `json:"text"` // in words
	Event    uint64 `json:"event"`
	Runs     int    `json:"runs"`
	Violated int    `json:"violated"`     // without it
	With     int    `json:"with_percent"` // of the continuations with it, as the curve says
}

// Necessary tells whether the violation is gone without it, or nearly so: to less than a tenth, and
// to less than a quarter of what it is with it.
func (n Need) Necessary() bool {
	return n.Runs > 0 && 10*n.Violated <= n.Runs && 400*n.Violated <= n.With*n.Runs
}

// mostAsked is how many events are asked after: those nearest to the violation.
const mostAsked = 80

// needs asks of each fault, of each event that led to the violation, and of each message that was
// lost, whether it was necessary. What is necessary comes first. That an event is taken away means
// that it never comes: the message is lost, the timer and the disk are stuck for good.
func (e *explainer) needs(curve []Point) []Need {
	list := e.needFaults(curve)
	past := map[uint64]bool{}
	for _, i := range trace.Past(e.events, e.last) {
		past[e.events[i].Seq] = true
	}
	asked := 0
	for i := len(e.mains) - 1; i >= 0 && asked < mostAsked && e.ctx.Err() == nil; i-- {
		ev := &e.mains[i]
		kind := needKinds[ev.Kind]
		if kind == "" || !past[ev.Seq] {
			continue
		}
		asked++
		n := Need{Kind: kind, Text: trace.Words(ev, e.describe), Event: ev.Seq, With: shareAfter(curve, ev.Seq)}
		n.Runs, n.Violated = e.rolls(ev.Seq-1, 0, e.Siblings, func(s uint64) options {
			o := e.forkAt(ev.Seq-1, s)
			o.Omit = append(slices.Clone(o.Omit), sim.DrawID(ev.ID))
			return o
		})
		list = append(list, n)
	}
	list = append(list, e.needLosses()...)
	slices.SortStableFunc(list, func(a, b Need) int {
		switch x, y := a.Necessary(), b.Necessary(); {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return cmp.Or(cmp.Compare(slices.Index(kindsOrder, a.Kind), slices.Index(kindsOrder, b.Kind)), cmp.Compare(b.Event, a.Event))
	})
	return list
}

// kindsOrder is the order in which answers are given: first what is the least to be expected. Within
// a kind the latest comes first.
var kindsOrder = []string{"fault", "loss", "message", "timer", "sync", "start"}

// needKinds are the events that can be taken away, and how the answer calls them.
var needKinds = map[trace.Kind]string{
	trace.Deliver: "message", trace.Fire: "timer", trace.Synced: "sync", trace.Boot: "start",
}

// needFaults takes away the faults of the plan, one by one.
func (e *explainer) needFaults(curve []Point) []Need {
	list := []Need{}
	for i, entry := range e.options.Plan.Entries {
		began := e.began(entry)
		if began == 0 || e.ctx.Err() != nil {
			continue
		}
		plan := e.options.Plan.Without(i)
		n := Need{Kind: "fault", Text: entry.String(), Event: began, With: shareAfter(curve, began)}
		n.Runs, n.Violated = e.rolls(began-1, 0, e.Siblings, func(s uint64) options {
			o := e.forkAt(began-1, s)
			o.Plan = &plan
			return o
		})
		list = append(list, n)
	}
	return list
}

// began is the event at which a fault of the plan began; 0 if it did not.
func (e *explainer) began(entry nemesis.Entry) uint64 {
	for i := range e.mains {
		if ev := &e.mains[i]; ev.Kind == trace.Script && ev.At == entry.At && strings.Contains(ev.Name, entry.Fault.String()) {
			return ev.Seq
		}
	}
	return 0
}

// needLosses lets messages arrive that the run keeps back, one by one: it says of which the loss
// is necessary. All else stays as it is up to there, and is chosen anew from there on.
func (e *explainer) needLosses() []Need {
	list := []Need{}
	if e.options.Only == nil && len(e.options.Omit) == 0 {
		return list
	}
	for i := range e.events {
		ev := &e.events[i]
		if ev.Kind != trace.Drop || ev.Text != sim.DropOmitted.String() || ev.Seq >= e.last || e.ctx.Err() != nil || len(list) >= mostAsked {
			continue
		}
		o := e.options
		o.Only = append(slices.Clone(o.Only), sim.DrawID(ev.ID))
		if e.options.Only == nil {
			o.Only = nil
		}
		o.Omit = slices.DeleteFunc(slices.Clone(o.Omit), func(id sim.DrawID) bool { return uint64(id) == ev.ID })
		r, err := e.Run(o)
		e.runs++
		if err != nil || e.same(r) {
			continue // whether it arrives makes no difference
		}
		e.passed(ev.Seq, o)
		n := Need{Kind: "loss", Text: strings.TrimSuffix(trace.Words(ev, e.describe), ": "+ev.Text), Event: ev.Seq, With: 100, Runs: 1}
		list = append(list, n)
	}
	return list
}
