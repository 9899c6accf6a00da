package strategy

import (
	"encoding/json"
	"fmt"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
	"orrery/sim/vdisk"
)

// crashPointsKind runs a universe once and watches, and then runs it again and again, each time with
// one server killed at one place: between a sync and what the server tells about it, or before any
// other effect inside a handler. Then it kills two servers, one soon after the other.
//
// The places are those of the recorded run, with its seed and its faults; a run with a crash goes its own way
// from there on. Of a run with thousands of effects, points of them are taken, spread evenly.
// Until the first recorded run is learnt from, there is nothing to crash, and further seeds are run and recorded.
func crashPointsKind() Kind {
	return Kind{
		Name: "crash-points", About: "records a run, then kills a server at each effect boundary and each sync of it, then pairs",
		Source: "Pillai et al., All File Systems Are Not Created Equal (ALICE), OSDI 2014; Mohan et al., Finding Crash-Consistency Bugs with Bounded Black-Box Crash Testing (CrashMonkey), OSDI 2018",
		Params: []Param{
			{Name: "points", About: "single crashes per recorded run; 0 means at every effect of every server", Default: 24, Min: 0, Max: 1_000_000},
			{Name: "pairs", About: "pairs of crashes per recorded run; 0 means all pairs of neighbouring syncs", Default: 24, Min: 0, Max: 1_000_000},
			{Name: "runs", About: "recorded runs, after which the search is over; 0 means without end", Default: 0, Min: 0, Max: 1_000_000},
		},
		make: func(seed uint64, p Params) Strategy {
			return &crashPoints{seed: seed, p: p, given: map[uint64]*crashRun{}}
		},
	}
}

// crashPoint is a place in a recorded run: the server is killed before so many effects after a time.
type crashPoint struct {
	Server nodes.ID      `json:"server"`
	At     time.Duration `json:"at_ns"`
	Effect int           `json:"effect"`
	Synced bool          `json:"synced,omitempty"` // it is the first effect after a sync has ended
}

// crashRun is one execution of a recorded universe.
type crashRun struct {
	Seed    uint64       `json:"seed"` // of the recorded run
	Plan    nemesis.Plan `json:"plan"` // of the recorded run
	Ground  ground       `json:"ground"`
	Crashes []crashPoint `json:"crashes"`
}

type crashPoints struct {
	seed  uint64
	p     Params
	ends  crashProgress
	given map[uint64]*crashRun // executions under way; nil for those that are recorded
}

// crashProgress is how far the enumeration has come.
type crashProgress struct {
	Recorded int         `json:"recorded"` // runs
	Singles  int         `json:"singles"`  // that were found in them
	Pairs    int         `json:"pairs"`
	Queue    []*crashRun `json:"queue"` // what is still to be run
}

func (s *crashPoints) Next(n uint64, base trial.Options) trial.Options {
	run, again := s.given[n]
	if !again {
		if len(s.ends.Queue) > 0 {
			run, s.ends.Queue = s.ends.Queue[0], s.ends.Queue[1:]
		}
		s.given[n] = run
	}
	if run == nil {
		base.Seed = s.seed + n
		base.Window, base.Scheduler = watchWindow, &watcher{}
		return base
	}
	d := newDice(s.seed, "crash-points", n)
	plan := nemesis.Plan{Mode: run.Plan.Mode}
	for _, p := range run.Crashes {
		how := oneOf(d, vdisk.LoseUnsynced, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn, vdisk.LoseNothing)
		// It comes back so soon that no budget counts it as one who is missing.
		back := p.At + epochLength + d.between(run.Ground.timescale()/20, 2*run.Ground.timescale()).Truncate(time.Millisecond)
		plan.Entries = append(plan.Entries, nemesis.Entry{At: p.At, Fault: nemesis.KillAtEffect{Who: nemesis.Only(p.Server), Effect: p.Effect, Power: how}, Until: back})
	}
	if plan.Mode == nemesis.Calm { // it was drawn to be, and is but for the crashes
		plan.Mode = nemesis.Budgeted
	} else {
		plan.Entries = append(plan.Entries, run.Plan.Entries...)
	}
	plan.Entries = run.Ground.inOrder(plan.Entries)
	base.Seed, base.Plan = run.Seed, &plan
	return base
}

func (s *crashPoints) Learn(n uint64, o trial.Options, r *trial.Result) {
	run := s.given[n]
	delete(s.given, n)
	w, watched := o.Scheduler.(*watcher)
	if run != nil || !watched || s.p["runs"] > 0 && s.ends.Recorded >= s.p["runs"] {
		return
	}
	s.ends.Recorded++
	w.keep(r.Ground.Servers)
	d := newDice(s.seed, "crash-points of", n)
	var g ground
	g.learn(r)
	if o.Profile == "calm" || !g.allows(&o, "crash") {
		return
	}
	singles, pairs := w.points(d, s.p["points"]), w.pairs(d, s.p["pairs"])
	for _, p := range singles {
		s.ends.Queue = append(s.ends.Queue, &crashRun{o.Seed, r.Plan, g, []crashPoint{p}})
	}
	for _, p := range pairs {
		s.ends.Queue = append(s.ends.Queue, &crashRun{o.Seed, r.Plan, g, p[:]})
	}
	s.ends.Singles += len(singles)
	s.ends.Pairs += len(pairs)
}

// Done implements Ender.
func (s *crashPoints) Done() (bool, string) {
	if s.p["runs"] == 0 || s.ends.Recorded < s.p["runs"] || len(s.ends.Queue) > 0 {
		return false, ""
	}
	return true, fmt.Sprintf("exhausted: %d crash points and %d pairs of %d recorded runs", s.ends.Singles, s.ends.Pairs, s.ends.Recorded)
}

// Memory implements Keeper.
func (s *crashPoints) Memory() ([]byte, error) { return json.Marshal(&s.ends) }

// Remember implements Keeper.
func (s *crashPoints) Remember(data []byte) error {
	var p crashProgress
	if err := remember(data, &p); err != nil {
		return err
	}
	s.ends = p
	return nil
}
