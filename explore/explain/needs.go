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

// Need is the answer to the question whether one thing was necessary. It is asked twice. Here: with the
// thing taken away and nothing else changed, is the property still violated? And in general: is it, if all that
// comes after is chosen anew?
type Need struct {
	Kind  string `json:"kind"` // "fault", "loss", "message", "timer", "sync", "start"
	Text  string `json:"text"` // in words
	Event uint64 `json:"event"`
	Here  bool   `json:"needed_here"` // without it, and with nothing else changed, the property held

	Runs     int `json:"runs"`         // without it, all that follows chosen anew; 0 if that could tell nothing
	Violated int `json:"violated"`     // of them
	With     int `json:"with_percent"` // of the continuations with it, as the curve says
}

// expected is how many violations there must be among the continuations with a thing for their absence
// without it to tell anything.
const expected = 5

// Necessary tells whether the violation is gone without it however the rest goes, or nearly so: to
// less than a tenth, and to less than a quarter of what it is with it.
func (n Need) Necessary() bool {
	return n.With*n.Runs >= 100*expected && 10*n.Violated <= n.Runs && 400*n.Violated <= n.With*n.Runs
}

// mostAsked is how many events are asked after: those nearest to the violation.
const mostAsked = 80

// needs asks of each fault, of each message that was lost, and of each event that led to the
// violation, whether it was necessary. What is necessary comes first. That an event is taken away means
// that it never comes: the message is lost, the timer and the disk are stuck for good.
func (e *explainer) needs(curve []Point) []Need {
	list := e.needFaults(curve)
	list = append(list, e.needLosses()...)
	list = append(list, e.needEvents(curve)...)
	rank := func(n Need) int {
		switch {
		case n.Necessary():
			return 0
		case n.Here:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b Need) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)),
			cmp.Compare(slices.Index(kindsOrder, a.Kind), slices.Index(kindsOrder, b.Kind)), cmp.Compare(b.Event, a.Event))
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

// ask asks both questions about a thing that happens at an event; without takes it out of options.
func (e *explainer) ask(n *Need, curve []Point, without func(*options)) {
	n.With = shareAfter(curve, n.Event)
	o := e.options
	without(&o)
	r, err := e.Run(o)
	e.runs++
	n.Here = err == nil && !e.same(r)
	if n.With*e.Siblings < 100*expected {
		return
	}
	n.Runs, n.Violated = e.rolls(n.Event-1, 0, e.Siblings, func(s uint64) options {
		o := e.forkAt(n.Event-1, s)
		without(&o)
		return o
	})
}

// needEvents takes away what led to the violation, event by event, from the last on.
func (e *explainer) needEvents(curve []Point) []Need {
	past := map[uint64]bool{}
	for _, i := range trace.Past(e.events, e.last) {
		past[e.events[i].Seq] = true
	}
	list := []Need{}
	for i := len(e.mains) - 1; i >= 0 && len(list) < mostAsked && e.ctx.Err() == nil; i-- {
		ev := &e.mains[i]
		kind := needKinds[ev.Kind]
		if kind == "" || !past[ev.Seq] {
			continue
		}
		n := Need{Kind: kind, Text: trace.Words(ev, e.describe), Event: ev.Seq}
		e.ask(&n, curve, func(o *options) { o.Omit = append(slices.Clone(o.Omit), sim.DrawID(ev.ID)) })
		list = append(list, n)
	}
	return list
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
		n := Need{Kind: "fault", Text: entry.String(), Event: began}
		e.ask(&n, curve, func(o *options) { o.Plan = &plan })
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

// needLosses lets messages arrive that the run keeps back, one by one, and tells of those whose loss was
// needed.
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
		n := Need{Kind: "loss", Text: strings.TrimSuffix(trace.Words(ev, e.describe), ": "+ev.Text), Event: ev.Seq, Here: true}
		list = append(list, n)
	}
	return list
}
