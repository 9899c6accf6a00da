package shrink

import (
	"context"
	"errors"
	"slices"
	"strings"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/sim"
)

// Config says how to go about it. Run must be set.
type Config struct {
	// Run runs a trial of the scenario. It is called on many goroutines at once.
	Run func(trial.Options) (*trial.Result, error)
	// Executions is the budget; 0 means 20,000. An answer from the cache costs nothing.
	Executions int
	// Ops is how many operations the workload has if the options do not say.
	Ops int
	// Workers is how many trials run at once; 0 means GOMAXPROCS. What is found does not depend on it,
	// unless ctx ends the search.
	Workers int
	// Coarse leaves the single messages alone: only what a trial's options name otherwise is made smaller.
	Coarse bool
	// Progress, if set, is told of every improvement.
	Progress func(Found)
}

// Found is the smallest violation so far.
type Found struct {
	Options    trial.Options // with a plan, and without observers
	Result     *trial.Result
	Executions int  // that it took
	Cached     int  // candidates that had been run before
	Complete   bool // nothing more could be left out; false if the budget or ctx ended it
	Stage      Stage
}

// Stage is a part of the work, in its order.
type Stage string

// The stages.
const (
	StageTruncate Stage = "truncate" // end the run where its history is contradictory
	StageNear     Stage = "sooner"   // look nearby for a universe in which it happens sooner
	StagePlan     Stage = "plan"     // fewer nodes, clients, operations, faults; a calm world
	StageEvents   Stage = "events"   // leave out single events
	StageTidy     Stage = "tidy"     // drop what the options say in vain
)

// Shrink makes a violation smaller until nothing more can be left out, the budget is used up, or
// ctx ends; it returns the best that it has. r must be what o gives, and violated.
func (c Config) Shrink(ctx context.Context, o trial.Options, r *trial.Result) (Found, error) {
	if o.Source != nil || o.Scheduler != nil {
		return Found{}, errors.New("shrink: options with a source or a scheduler are no run that can be repeated; pin the draws that it recorded")
	}
	if c.Executions == 0 {
		c.Executions = 20_000
	}
	o.Recorder, o.RecordDraws, o.States = nil, nil, false
	s := &shrinker{Config: c, ctx: ctx, property: r.Property, sort: sortOf(r), events: r.Events}
	s.lab = newLab(c, ctx)
	s.best = Found{Options: o, Result: r}
	plan := r.Plan
	o.Plan, o.Nemesis, o.Profile = &plan, nil, ""
	if o.Ops == 0 {
		o.Ops = c.Ops
	}
	again, err := c.Run(o)
	if err != nil || !s.violates(again) {
		return s.done(), err // even what should be the same run is not: leave it as it is
	}
	s.lab.count(o, again)
	s.take(o, again)
	s.rounds()
	s.stage(StageTidy, s.tidy)
	return s.done(), nil
}

const (
	roundsMost   = 5  // searches, each with other luck
	contentShare = 50 // no further search is begun at a 50th of the events of the original
)

// content tells whether a violation is short enough not to look any further.
func (s *shrinker) content(f *Found) bool {
	return f.Result.Events <= enough || contentShare*f.Result.Events <= s.events
}

// rounds goes the whole way several times from the beginning, for a search that ends where nothing near is
// smaller may have ended in the wrong place; the smallest of what they come to is the best.
func (s *shrinker) rounds() {
	start := s.best
	for s.round = range roundsMost {
		s.best = start
		s.stage(StageTruncate, s.truncate)
		s.stage(StageNear, s.sooner)
		s.stage(StagePlan, s.coarse)
		if !s.Coarse && s.sort != endless {
			s.stage(StageEvents, s.single)
		}
		s.best.Complete = !s.over()
		if s.round == 0 || s.best.Result.Events < s.winner.Result.Events {
			s.winner = s.best
		}
		if s.over() || s.sort == endless || s.content(&s.winner) {
			break
		}
	}
	s.best = s.winner
}

// sort is what can be done to a violation of that sort.
type sort int

const (
	// inside is one that is seen inside the run, at an event: whatever comes later does not matter.
	inside sort = iota
	// inHistory is a history that is not linearizable. No continuation makes it so, so its run
	// can be cut off as soon as it is.
	inHistory
	// endless is one that is about time, or about the end of the run: something does not happen.
	// What may happen cannot be taken away then, or anything would be violated.
	endless
)

func sortOf(r *trial.Result) sort {
	switch p := r.Property; {
	case strings.HasPrefix(p, "liveness"), p == "livelock", p == "deadlock":
		return endless
	case r.Seq > 0:
		return inside
	case p == "linearizability":
		return inHistory
	}
	return endless
}

type shrinker struct {
	Config
	*lab
	ctx      context.Context
	property string
	sort     sort
	events   uint64 // of the original
	best     Found  // of this round
	round    int
	winner   Found // of the rounds before
}

func (s *shrinker) stage(name Stage, run func()) {
	if s.best.Stage = name; !s.over() {
		run()
	}
}

func (s *shrinker) done() Found {
	s.best.Executions, s.best.Cached = s.executions, s.cached
	return s.best
}

// violates tells whether a result is the violation that is being shrunk.
func (s *shrinker) violates(r *trial.Result) bool {
	return r != nil && r.Verdict == checker.Violated && r.Property == s.property
}

// better tells whether a candidate is to be taken: it violates the same property, and does not need
// more events than the best.
func (s *shrinker) better(r *trial.Result) bool {
	return s.violates(r) && (s.sort == endless || r.Events <= s.best.Result.Events)
}

// smaller is better, and with fewer events.
func (s *shrinker) smaller(r *trial.Result) bool {
	return s.better(r) && r.Events < s.best.Result.Events
}

// take makes a candidate the best.
func (s *shrinker) take(o trial.Options, r *trial.Result) {
	s.best.Options, s.best.Result = o, r
	if s.Progress != nil && (s.round == 0 || r.Events < s.winner.Result.Events) {
		s.Progress(s.done())
	}
}

// try runs a candidate, and takes it if it is no worse.
func (s *shrinker) try(o trial.Options) bool {
	r := s.lab.one(o)
	if !s.better(r) {
		return false
	}
	s.take(o, r)
	return true
}

// tryAll tries candidates in their order, and takes the first that is no worse; -1 means none. They
// run side by side.
func (s *shrinker) tryAll(list []trial.Options, accept func(*trial.Result) bool) int {
	i, r := s.lab.first(list, accept)
	if i >= 0 {
		s.take(list[i], r)
	}
	return i
}

// truncate ends the run of a contradictory history as early as it is contradictory. A prefix of a
// linearizable history is linearizable, so the place can be found by halving.
func (s *shrinker) truncate() {
	if s.sort != inHistory || s.best.Options.Only != nil {
		return
	}
	lo, hi := uint64(0), s.best.Result.Events
	for hi-lo > 1 && !s.over() {
		mid := lo + (hi-lo)/2
		o := s.best.Options
		o.EventsMax = mid
		if s.try(o) {
			hi = mid
		} else {
			lo = mid
		}
	}
}

// tidy drops what the options say and what changes nothing: pins, and listed events that do
// not happen.
func (s *shrinker) tidy() {
	hash := s.best.Result.Hash
	same := func(r *trial.Result) bool { return s.violates(r) && r.Hash == hash }
	o := s.best.Options
	for chunk := len(o.Overrides); chunk > 0; chunk /= 2 {
		for at := 0; at < len(o.Overrides); {
			less := o
			less.Overrides = slices.Delete(slices.Clone(o.Overrides), at, min(at+chunk, len(o.Overrides)))
			if r := s.lab.one(less); same(r) {
				o = less
				s.take(o, r)
			} else {
				at += chunk
			}
		}
	}
}

func pin(o trial.Options, names ...string) trial.Options {
	o.Overrides = slices.Clone(o.Overrides)
	for _, name := range names {
		o.Overrides = slices.DeleteFunc(o.Overrides, func(p sim.Override) bool { return p.Stream == name && p.ID == 0 })
		o.Overrides = append(o.Overrides, sim.Override{Stream: name})
	}
	return o
}
