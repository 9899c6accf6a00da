package explain

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/trace"
)

// Config says how to go about it. Run must be set.
type Config struct {
	// Run runs a trial of the scenario. It is called on many goroutines at once.
	Run func(trial.Options) (*trial.Result, error)
	// Describe returns a function that says what a message says; nil lets its kind do.
	Describe func() func(*trace.Event) string
	Lines    int // of the story, its first and its last included; 0 means 15
	Points   int // of the curve, at most; 0 means 60
	Siblings int // continuations at every point, and for every question of necessity; 0 means 40
	Workers  int // trials at once; 0 means GOMAXPROCS. What is found does not depend on it
}

// Explanation is all that is found out. If time was short, the later parts have fewer runs, or
// are missing.
type Explanation struct {
	Property string   `json:"property"`
	Detail   string   `json:"detail"`
	Hash     string   `json:"hash"`
	Events   uint64   `json:"events"`
	Story    []Line   `json:"story"`
	Slice    []Step   `json:"slice"`
	Curve    []Point  `json:"curve"`
	Jumps    []Jump   `json:"jumps"`
	Return   *Step    `json:"no_return,omitempty"` // from here on every continuation violates the property
	Needs    []Need   `json:"needs"`
	Passing  *Passing `json:"nearest_passing,omitempty"`
	Runs     int      `json:"runs"`
	Complete bool     `json:"complete"` // time was not short
}

// frameLines are those lines of a story that are not its rows: what is violated, and how much is left out.
const frameLines = 2

// Step is one event of the run, in words.
type Step struct {
	Event uint64        `json:"event"`
	At    time.Duration `json:"at_ns"`
	Text  string        `json:"text"`
}

// maxContinued is how many events a continuation may have beyond the run itself. One that has not come to
// its violation by then counts as one that does not.
const maxContinued = 20_000

// Explain explains what o gives, which must be violated. When ctx ends it returns what it has.
func (c Config) Explain(ctx context.Context, o trial.Options) (*Explanation, error) {
	c = c.withDefaults()
	e := &explainer{Config: c, ctx: ctx}
	if err := e.record(o); err != nil {
		return nil, err
	}
	x := e.told()
	x.Curve = e.curve()
	x.Jumps, x.Return = e.jumps(x.Curve)
	x.Needs = e.needs(x.Curve)
	x.Passing = e.passing()
	x.Runs, x.Complete = e.runs, ctx.Err() == nil
	return x, nil
}

func (c Config) withDefaults() Config {
	if c.Lines <= 0 {
		c.Lines = 15
	}
	if c.Points <= 0 {
		c.Points = 60
	}
	if c.Siblings <= 0 {
		c.Siblings = 40
	}
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	return c
}

// explainer is an explanation under way.
type explainer struct {
	Config
	ctx      context.Context
	options  trial.Options
	result   *trial.Result
	events   []trace.Event // up to the violation, which is the last
	mains    []trace.Event // those of them that are no effects
	madeAt   map[draw]uint64
	describe func(*trace.Event) string
	last     uint64 // the number of the last event
	runs     int
	nearest  sibling
}

// record runs what is to be explained, and keeps its trace and its draws.
func (e *explainer) record(o trial.Options) error {
	o.States = false
	var rec trace.Recorder
	withTrace := o
	withTrace.Recorder = &rec
	draws := drawsOf(&withTrace)
	r, err := e.Run(withTrace)
	if err != nil {
		return err
	}
	if r.Verdict != checker.Violated {
		return fmt.Errorf("the run is %s: there is nothing to explain", r.Verdict)
	}
	o.Plan, o.Nemesis, o.Profile = &r.Plan, nil, ""
	o.Recorder, o.RecordDraws = nil, nil
	e.options, e.result, e.madeAt = o, r, draws()
	e.events = upToViolation(rec.Collect(), r)
	for _, ev := range e.events {
		if ev.Sub == 0 && !ev.Kind.IsEffect() {
			e.mains = append(e.mains, ev)
		}
	}
	if n := len(e.events); n > 0 {
		e.last = e.events[n-1].Seq
	}
	e.describe = func(*trace.Event) string { return "" }
	if e.Describe != nil {
		e.describe = e.Describe()
	}
	return nil
}

// upToViolation ends the trace with its violation. One that was found in the history afterwards is
// put where the last operation was answered.
func upToViolation(events []trace.Event, r *trial.Result) []trace.Event {
	end := -1
	for i := range events {
		switch events[i].Kind {
		case trace.Violation:
			return events[:i+1]
		case trace.Return:
			end = i
		}
	}
	if end < 0 {
		end = len(events) - 1
	}
	if end < 0 {
		return nil
	}
	at := events[end]
	return append(events[:end+1:end+1], trace.Event{Seq: at.Seq, Sub: at.Sub + 1, At: at.At, Local: at.Local, CauseSeq: at.Seq,
		Kind: trace.Violation, Node: at.Node, Incarnation: at.Incarnation, Name: r.Property, Text: r.Detail})
}

// slice is the chain of causes of the last event.
func (e *explainer) slice() []Step {
	steps := []Step{}
	for _, i := range trace.Slice(e.events, e.last) {
		ev := &e.events[i]
		if ev.Sub == 0 && !ev.Kind.IsEffect() || ev.Kind == trace.Violation {
			steps = append(steps, e.step(ev))
		}
	}
	return steps
}

func (e *explainer) step(ev *trace.Event) Step {
	return Step{Event: ev.Seq, At: ev.At, Text: trace.Words(ev, e.describe)}
}

// stepOf is the step of an event by its number.
func (e *explainer) stepOf(seq uint64) Step {
	for i := range e.mains {
		if e.mains[i].Seq == seq {
			return e.step(&e.mains[i])
		}
	}
	return Step{Event: seq}
}

// Tell is the part of an explanation that needs no more than one run: the story and the slice.
func (c Config) Tell(o trial.Options) (*Explanation, error) {
	c = c.withDefaults()
	e := &explainer{Config: c, ctx: context.Background()}
	if err := e.record(o); err != nil {
		return nil, err
	}
	return e.told(), nil
}

// told is an explanation that has nothing but words.
func (e *explainer) told() *Explanation {
	return &Explanation{
		Property: e.result.Property, Detail: e.result.Detail, Hash: e.result.Hash, Events: e.last,
		Story: e.story(max(e.Lines-frameLines, 1)), Slice: e.slice(),
		Curve: []Point{}, Jumps: []Jump{}, Needs: []Need{}, Runs: 1, Complete: true,
	}
}
