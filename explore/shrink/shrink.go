package shrink

import (
	"context"
	"slices"
	"strings"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
)

// Config says how to go about it. Run must be set.
type Config struct {
	// Run runs a trial of the scenario.
	Run func(trial.Options) (*trial.Result, error)
	// Executions is the budget; 0 means 1,000.
	Executions int
	// Ops is how many operations the workload has if the options do not say.
	Ops int
	// Progress, if set, is told of every improvement.
	Progress func(Found)
}

// Found is the smallest violation so far.
type Found struct {
	Options    trial.Options // with a plan, and without observers
	Result     *trial.Result
	Executions int  // that it took
	Complete   bool // nothing more could be left out; false if the budget or ctx ended it
}

// Shrink makes a violation smaller until nothing more can be left out, the budget is used up, or
// ctx ends; it returns the best that it has. r must be what o gives, and violated.
func (c Config) Shrink(ctx context.Context, o trial.Options, r *trial.Result) (Found, error) {
	if c.Executions == 0 {
		c.Executions = 1000
	}
	o.Recorder, o.RecordDraws, o.States = nil, nil, false
	s := &shrinker{Config: c, ctx: ctx, property: r.Property}
	s.best = Found{Options: o, Result: r}
	plan := r.Plan
	o.Plan, o.Nemesis, o.Profile = &plan, nil, ""
	if o.Ops == 0 {
		o.Ops = c.Ops
	}
	if !s.try(o) {
		return s.best, s.err // even what should be the same run is not: leave it as it is
	}
	for before := -1; before != s.size() && !s.over(); {
		before = s.size()
		s.operations()
		s.faults()
		s.durations()
		s.calm()
	}
	s.best.Complete = !s.over()
	s.best.Executions = s.executions
	return s.best, s.err
}

type shrinker struct {
	Config
	ctx        context.Context
	property   string
	best       Found
	executions int
	err        error
}

func (s *shrinker) over() bool {
	return s.err != nil || s.executions >= s.Executions || s.ctx.Err() != nil
}

// size changes with every improvement, and only then.
func (s *shrinker) size() int {
	o := &s.best.Options
	n := 1000*len(o.Plan.Entries) + o.Ops - 7*len(o.Overrides)
	for _, e := range o.Plan.Entries {
		n += int(max(e.Until-e.At, 0) / time.Millisecond)
	}
	return n
}

// try runs a candidate, and takes it if it violates the same property.
func (s *shrinker) try(o trial.Options) bool {
	if s.over() {
		return false
	}
	s.executions++
	r, err := s.Run(o)
	if err != nil {
		s.err = err
		return false
	}
	if r.Verdict != checker.Violated || r.Property != s.property {
		return false
	}
	s.best.Options, s.best.Result, s.best.Executions = o, r, s.executions
	if s.Progress != nil {
		s.Progress(s.best)
	}
	return true
}

// operations has the clients begin fewer operations: first far fewer, then a few.
func (s *shrinker) operations() {
	for step := s.best.Options.Ops / 2; step > 0 && !s.over(); {
		o := s.best.Options
		o.Ops -= step
		if o.Ops < 1 || !s.try(o) {
			step /= 2
		} else {
			step = min(step, o.Ops/2)
		}
	}
}

// faults leaves faults out: halves, quarters, …, single ones (Zeller's ddmin, by complements).
func (s *shrinker) faults() {
	for chunk := (len(s.best.Options.Plan.Entries) + 1) / 2; chunk > 0; {
		removed := false
		for at := 0; at < len(s.best.Options.Plan.Entries) && !s.over(); {
			o := s.best.Options
			plan := without(*o.Plan, at, chunk)
			o.Plan = &plan
			if s.try(o) {
				removed = true
			} else {
				at += chunk
			}
		}
		if !removed || chunk > len(s.best.Options.Plan.Entries) {
			chunk /= 2
		}
	}
}

func without(p nemesis.Plan, at, n int) nemesis.Plan {
	var gone []int
	for i := at; i < at+n; i++ {
		gone = append(gone, i)
	}
	return p.Without(gone...)
}

// durations makes faults shorter, each by halves.
func (s *shrinker) durations() {
	for i := range s.best.Options.Plan.Entries {
		for !s.over() {
			o := s.best.Options
			e := o.Plan.Entries[i]
			d := (e.Until - e.At) / 2
			if e.Until == 0 || d < time.Millisecond {
				break
			}
			e.Until = e.At + d.Round(time.Millisecond)
			plan := nemesis.Plan{Mode: o.Plan.Mode, Entries: slices.Clone(o.Plan.Entries)}
			plan.Entries[i] = e
			o.Plan = &plan
			if !s.try(o) {
				break
			}
		}
	}
}

// calm sets what was drawn of the world, the network and the configuration, to its harmless
// value: all of it at once, or else one by one.
func (s *shrinker) calm() {
	names := s.worldDraws()
	if len(names) == 0 {
		return
	}
	if s.try(pin(s.best.Options, names...)) {
		return
	}
	for _, name := range names {
		s.try(pin(s.best.Options, name))
	}
}

// worldDraws are the streams of the decisions about the world that are not at their harmless value.
func (s *shrinker) worldDraws() (names []string) {
	if s.over() {
		return nil
	}
	var draws []sim.Draw
	o := s.best.Options
	o.RecordDraws = &draws
	s.executions++
	if _, s.err = s.Run(o); s.err != nil {
		return nil
	}
	for _, d := range draws {
		if strings.HasPrefix(d.Stream, "world/") && d.ID == 0 && d.Value != 0 {
			names = append(names, d.Stream)
		}
	}
	return names
}

func pin(o trial.Options, names ...string) trial.Options {
	o.Overrides = slices.Clone(o.Overrides)
	for _, name := range names {
		o.Overrides = append(o.Overrides, sim.Override{Stream: name})
	}
	return o
}
