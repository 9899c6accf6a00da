package shrink

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// single leaves out single events, DEMi's way (Scott et al., Minimizing Faulty Executions of
// Distributed Systems, NSDI 2016): what may happen is a list of events by their causal identity, and
// what is not on the list does not happen, even if it follows from the list's being shorter. A
// position in the run would not do: after one deletion it would mean something else.
func (s *shrinker) single() {
	if !s.list() {
		return
	}
	for before := uint64(0); before != s.weight() && !s.over(); {
		before = s.weight()
		s.past()
		s.outside()
		s.alike()
		s.chunks()
		s.faults()
		s.pairs()
	}
	s.durations()
}

// weight changes with every improvement of single.
func (s *shrinker) weight() uint64 {
	return s.best.Result.Events<<16 + uint64(len(s.best.Options.Plan.Entries))
}

// list makes the list of all that happens in the best.
func (s *shrinker) list() bool {
	events := s.record()
	o := s.best.Options
	o.Only, o.Omit = listed(events), nil
	if o.Only == nil {
		return false
	}
	if s.sort == inHistory {
		o.EventsMax = 0
	}
	return s.try(o)
}

// record runs the best again, and records it.
func (s *shrinker) record() []trace.Event {
	if s.over() {
		return nil
	}
	var rec trace.Recorder
	o := s.best.Options
	o.Recorder = &rec
	s.executions++
	if _, err := s.Run(o); err != nil {
		return nil
	}
	return rec.Collect()
}

// listable tells whether Options.Only decides about an event.
func listable(e *trace.Event) bool {
	return e.Sub == 0 && !e.Kind.IsEffect() && e.Kind != trace.Posted && e.Kind != trace.Script
}

func listed(events []trace.Event) (ids []sim.DrawID) {
	for i := range events {
		if listable(&events[i]) {
			ids = append(ids, sim.DrawID(events[i].ID))
		}
	}
	return ids
}

// shorter takes the best's list to what has really happened of it.
func (s *shrinker) shorter() {
	if o := s.best.Options; s.best.Result.Events < uint64(len(o.Only)) {
		happened := map[sim.DrawID]bool{}
		for _, id := range listed(s.record()) {
			happened[id] = true
		}
		o.Only = slices.DeleteFunc(slices.Clone(o.Only), func(id sim.DrawID) bool { return !happened[id] })
		s.try(o)
	}
}

// past leaves out what has not influenced the event of the violation. Often that is too much: a
// property of several machines is violated by what they did without a word to each other.
func (s *shrinker) past() {
	events := s.record()
	if len(events) == 0 {
		return
	}
	last := events[len(events)-1].Seq
	o := s.best.Options
	o.Only = nil
	for _, i := range trace.Past(events, last) {
		if listable(&events[i]) {
			o.Only = append(o.Only, sim.DrawID(events[i].ID))
		}
	}
	s.try(o)
	s.shorter()
}

// outside leaves out what comes from outside: machines, by their start, and the faults of the plan.
func (s *shrinker) outside() {
	events := s.record()
	var starts []sim.DrawID
	for i := range events {
		if events[i].Kind == trace.Boot {
			starts = append(starts, sim.DrawID(events[i].ID))
		}
	}
	for _, id := range slices.Backward(starts) {
		o := s.best.Options
		o.Only = slices.DeleteFunc(slices.Clone(o.Only), func(x sim.DrawID) bool { return x == id })
		s.try(o)
	}
	s.faults()
	s.shorter()
}

// alike leaves out events that are alike: whatever has one name, whatever has it on one machine, and on one link of it.
// A chunk of the list's order has a piece of everything in it, and so something that matters; of the heartbeats of a
// machine none may.
func (s *shrinker) alike() {
	for _, trait := range []func(e *trace.Event) string{
		func(e *trace.Event) string { return e.Name },
		func(e *trace.Event) string { return e.Name + " " + e.Node },
		func(e *trace.Event) string { return e.Name + " " + e.Node + " " + e.Peer },
	} {
		for _, group := range groups(s.record(), trait) {
			if s.over() {
				return
			}
			gone := map[sim.DrawID]bool{}
			for _, id := range group {
				gone[id] = true
			}
			o := s.best.Options
			o.Only = slices.DeleteFunc(slices.Clone(o.Only), func(id sim.DrawID) bool { return gone[id] })
			if len(o.Only) < len(s.best.Options.Only) {
				s.try(o)
			}
		}
		s.shorter()
	}
}

// groups are the listable events by kind and trait, the largest group first.
func groups(events []trace.Event, trait func(*trace.Event) string) [][]sim.DrawID {
	place := map[string]int{}
	var all [][]sim.DrawID
	for i := range events {
		e := &events[i]
		if !listable(e) {
			continue
		}
		key := fmt.Sprint(e.Kind, " ", trait(e))
		at, seen := place[key]
		if !seen {
			at = len(all)
			place[key] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], sim.DrawID(e.ID))
	}
	slices.SortStableFunc(all, func(a, b []sim.DrawID) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// chunks leaves out chunks of the list, from its end: halves, quarters, …, single events; with each
// as many times as it helps.
func (s *shrinker) chunks() {
	for chunk := len(s.best.Options.Only) / 2; chunk > 0 && !s.over(); chunk /= 2 {
		for end := len(s.best.Options.Only); end > 0 && !s.over(); {
			var list []trial.Options
			for e := end; e > 0; e -= chunk {
				list = append(list, s.withoutEvents(max(0, e-chunk), e))
			}
			i := s.tryAll(list, s.better)
			if i < 0 {
				break
			}
			end -= (i + 1) * chunk
		}
		s.shorter()
	}
}

func (s *shrinker) withoutEvents(from, to int) trial.Options {
	o := s.best.Options
	o.Only = slices.Delete(slices.Clone(o.Only), from, to)
	return o
}

// pairsMax is the longest list of which all pairs are tried.
const pairsMax = 60

// pairs leaves out two events at a time, where one alone cannot go: a request and the time-out that
// would come without it.
func (s *shrinker) pairs() {
	for again := true; again && !s.over(); {
		again = false
		n := len(s.best.Options.Only)
		if n == 0 || n >= pairsMax {
			return
		}
		var list []trial.Options
		for i := n - 1; i > 0; i-- {
			for j := i - 1; j >= 0; j-- {
				o := s.best.Options
				o.Only = slices.Delete(slices.Delete(slices.Clone(o.Only), i, i+1), j, j+1)
				list = append(list, o)
			}
		}
		if s.tryAll(list, s.smaller) >= 0 {
			s.shorter()
			again = true
		}
	}
}
