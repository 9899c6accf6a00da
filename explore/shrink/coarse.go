package shrink

import (
	"slices"
	"strings"
	"time"

	"orrery/nemesis"
	"orrery/sim"
)

// coarse makes smaller what the options name: nodes, clients, operations, faults, the world. It
// goes round until nothing changes.
func (s *shrinker) coarse() {
	for before := -1; before != s.size() && !s.over(); {
		before = s.size()
		s.machines()
		s.operations()
		s.faults()
		s.durations()
		s.calm()
		s.pins()
	}
}

// size changes with every improvement of coarse, and only then.
func (s *shrinker) size() int {
	o := &s.best.Options
	n := 1000*len(o.Plan.Entries) + o.Ops + o.Nodes + o.Clients
	for _, e := range o.Plan.Entries {
		n += int(max(e.Until-e.At, 0) / time.Millisecond)
	}
	for _, p := range o.Overrides {
		if p.Value == 0 {
			n -= 7
		}
	}
	return n
}

// machines takes nodes and clients away, as many as it can at once.
func (s *shrinker) machines() {
	for n := 1; n < s.best.Result.Nodes && !s.over(); n++ {
		o := s.best.Options
		if o.Nodes = n; s.try(o) {
			break
		}
	}
	for n := 1; n < s.clients() && !s.over(); n++ {
		o := s.best.Options
		if o.Clients = n; s.try(o) {
			break
		}
	}
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

// faults leaves faults out: first whole families, then halves, quarters, …, single ones (Zeller's
// ddmin, by complements).
func (s *shrinker) faults() {
	for _, family := range s.best.Options.Plan.Families() {
		o := s.best.Options
		plan := nemesis.Plan{Mode: o.Plan.Mode}
		for _, e := range o.Plan.Entries {
			if e.Fault.Kind().Family != family {
				plan.Entries = append(plan.Entries, e)
			}
		}
		o.Plan = &plan
		s.try(o)
	}
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
	var names []string
	for _, d := range s.worldDraws() {
		if d.ID == 0 && d.Value != 0 {
			names = append(names, d.Stream)
		}
	}
	if len(names) == 0 || s.over() {
		return
	}
	if s.try(pin(s.best.Options, names...)) {
		return
	}
	for _, name := range names {
		s.try(pin(s.best.Options, name))
	}
}

// pins gives up draws that were pinned for another reason than to make the world harmless: what a
// scheduler or a tape has chosen.
func (s *shrinker) pins() {
	world := func(p sim.Override) bool { return strings.HasPrefix(p.Stream, "world/") }
	free := 0
	for _, p := range s.best.Options.Overrides {
		if !world(p) {
			free++
		}
	}
	for chunk := free; chunk > 0; chunk /= 2 {
		for at := 0; at < len(s.best.Options.Overrides) && !s.over(); {
			o := s.best.Options
			o.Overrides = dropPins(o.Overrides, at, chunk, world)
			if len(o.Overrides) == len(s.best.Options.Overrides) || !s.try(o) {
				at += chunk
			}
		}
	}
}

// dropPins is the list without those between two places that may go.
func dropPins(list []sim.Override, at, n int, keep func(sim.Override) bool) []sim.Override {
	var left []sim.Override
	for i, p := range list {
		if i < at || i >= at+n || keep(p) {
			left = append(left, p)
		}
	}
	return left
}
