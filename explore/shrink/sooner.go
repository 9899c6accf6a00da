package shrink

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
	"orrery/trace"
)

// An event is named by what caused it, so whatever happens late in a run stands at the end of a long
// chain: the hundredth heartbeat is there because of the ninety-ninth. No part of a chain can be left
// out, so a violation that comes late is never a short story, however many single events are taken
// away. It must happen sooner first.
const (
	batch  = 32 // candidates that are made from one best
	barren = 60 // batches without a success after which sooner gives up
	enough = 24 // events with which sooner is content
	weary  = 3  // and after which it gives up when one half of the budget, or of the time, is spent
)

// sooner looks at neighbours of the universe for one in which the same property is violated after
// fewer events: the world stays as it is or becomes calmer, the faults come earlier or are left
// out, there are fewer nodes, clients and operations, and what else chance decides is decided anew.
func (s *shrinker) sooner() {
	if s.sort == endless || s.best.Result.Events <= enough {
		return
	}
	s.keepWorld()
	rng := rand.New(rand.NewPCG(s.best.Options.Seed, trace.String(s.property)+uint64(s.round)))
	due, late := s.share(1, 2), s.share(3, 4)
	for failed := 0; failed < barren && !s.over() && s.best.Result.Events > enough; {
		if late() || due() && failed >= weary {
			return // leave time for what can be done to any run
		}
		var list []trial.Options
		for range batch {
			list = append(list, s.neighbour(rng))
		}
		best := -1
		results := s.lab.all(list)
		for i, r := range results {
			if s.smaller(r) && (best < 0 || r.Events < results[best].Events) {
				best = i
			}
		}
		if best < 0 {
			failed++
			continue
		}
		failed = 0
		o := list[best]
		o.EventsMax = 0
		if s.sort == inHistory {
			o.EventsMax = results[best].Events
		}
		s.take(o, results[best])
		s.truncate()
	}
}

// keepWorld pins what was drawn of the world, so that it stays when the seed is another one.
func (s *shrinker) keepWorld() {
	o := s.best.Options
	o.Overrides = slices.Clone(o.Overrides)
	for _, d := range s.worldDraws() {
		pinned := func(p sim.Override) bool { return p.Stream == d.Stream && uint64(p.ID) == d.ID }
		if !slices.ContainsFunc(o.Overrides, pinned) {
			o.Overrides = append(o.Overrides, sim.Override{Stream: d.Stream, ID: sim.DrawID(d.ID), Value: d.Value})
		}
	}
	s.try(o)
}

// worldDraws are the decisions about the world.
func (s *shrinker) worldDraws() (world []sim.Draw) {
	if s.over() {
		return nil
	}
	var draws []sim.Draw
	o := s.best.Options
	o.RecordDraws = &draws
	s.executions++
	if _, err := s.Run(o); err != nil {
		return nil
	}
	for _, d := range draws {
		if strings.HasPrefix(d.Stream, "world/") {
			world = append(world, d)
		}
	}
	return world
}

// neighbour makes a universe that is near the best, and smaller.
func (s *shrinker) neighbour(rng *rand.Rand) trial.Options {
	o := s.best.Options
	events := s.best.Result.Events
	o.EventsMax = events - max(1, events/16)
	if rng.IntN(4) > 0 {
		o.Seed = uint64(rng.Uint32())
	}
	s.fewer(&o, rng)
	plan := nemesis.Plan{Mode: o.Plan.Mode, Entries: slices.Clone(o.Plan.Entries)}
	fewerFaults(&plan, rng)
	earlier(&plan, rng)
	o.Plan = &plan
	o.Overrides = calmer(o.Overrides, rng)
	return o
}

// fewer makes the cluster or the workload smaller, now and then.
func (s *shrinker) fewer(o *trial.Options, rng *rand.Rand) {
	if n := s.best.Result.Nodes; n > 3 && rng.IntN(3) == 0 {
		o.Nodes = 3
	}
	if n := s.clients(); n > 1 && rng.IntN(3) == 0 {
		o.Clients = 1 + rng.IntN(n-1)
	}
	if o.Ops > 4 && rng.IntN(3) == 0 {
		o.Ops = max(o.Ops/2, s.clients())
	}
}

func (s *shrinker) clients() int {
	if n := s.best.Options.Clients; n > 0 {
		return n
	}
	return s.best.Result.Clients
}

func fewerFaults(p *nemesis.Plan, rng *rand.Rand) {
	n := len(p.Entries)
	if n == 0 || rng.IntN(2) == 0 {
		return
	}
	size := 1 + rng.IntN(n)
	at := rng.IntN(n - size + 1)
	p.Entries = slices.Delete(p.Entries, at, at+size)
}

// earlier brings all faults nearer to the start, or one of them.
func earlier(p *nemesis.Plan, rng *rand.Rand) {
	if len(p.Entries) == 0 {
		return
	}
	switch rng.IntN(4) {
	case 0:
		quarters := time.Duration(1 + rng.IntN(3))
		for i := range p.Entries {
			e := &p.Entries[i]
			until := scaled(e.Until, quarters)
			if e.At = scaled(e.At, quarters); e.Until > 0 {
				e.Until = max(until, e.At+time.Millisecond)
			}
		}
	case 1:
		e := &p.Entries[rng.IntN(len(p.Entries))]
		shift := time.Duration(rng.Int64N(int64(e.At) + 1)).Truncate(time.Millisecond)
		e.At -= shift
		if e.Until > 0 {
			e.Until -= shift
		}
	}
}

func scaled(d, quarters time.Duration) time.Duration {
	return (d / 4 * quarters).Truncate(time.Millisecond)
}

// calmer sets all choices of the world to their harmless value, or some of them.
func calmer(overrides []sim.Override, rng *rand.Rand) []sim.Override {
	part := rng.IntN(8) // of eight; 0 leaves all as they are
	if part > 4 {
		part = 0
	} else if part == 4 {
		part = 8
	}
	if part == 0 {
		return overrides
	}
	calm := slices.Clone(overrides)
	for i := range calm {
		if strings.HasPrefix(calm[i].Stream, "world/") && rng.IntN(8) < part {
			calm[i].Value = 0
		}
	}
	return calm
}
