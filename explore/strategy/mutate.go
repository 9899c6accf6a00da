package strategy

import (
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
	"orrery/trace"
)

// mutate makes an execution out of an entry of the corpus by a few small changes.
func (s *coverage) mutate(d dice, base trial.Options, e *specimen) trial.Options {
	base.Seed = e.Seed
	base.Overrides, base.Fork = e.Overrides, e.Fork
	if e.Order != 0 {
		s.order(&base, e.Order)
	}
	plan := nemesis.Plan{Mode: e.Plan.Mode, Entries: slices.Clone(e.Plan.Entries)}
	changes := 1 + d.IntN(3)
	for range changes {
		switch d.IntN(10) {
		case 0:
			base.Source = &flipper{key: d.Uint64(), oneIn: max(e.Events/(1+d.Uint64N(8)), 1)}
		case 1:
			base.Fork = &sim.Fork{At: 1 + d.Uint64N(max(e.Events, 1)), Seed: d.Uint64()}
		default:
			plan.Entries = s.mutateFaults(d, &base, plan.Entries)
		}
	}
	plan.Entries = s.ground.inOrder(plan.Entries)
	base.Plan = &plan
	return base
}

// mutateFaults takes a fault away, or adds, moves, lengthens or shortens one.
func (s *coverage) mutateFaults(d dice, base *trial.Options, list []nemesis.Entry) []nemesis.Entry {
	t := s.ground.timescale()
	if len(list) == 0 || d.percent(30) {
		return append(list, s.anotherFault(d, base)...)
	}
	i := d.IntN(len(list))
	e := &list[i]
	switch d.IntN(4) {
	case 0:
		return slices.Delete(list, i, i+1)
	case 1:
		by := time.Duration(d.Int64N(int64(4*t))) - 2*t
		by = max(by, -e.At).Truncate(time.Millisecond)
		e.At += by
		if e.Until > 0 {
			e.Until += by
		}
	default:
		if e.Until > 0 {
			lasts := (e.Until - e.At) * time.Duration(oneOf(d, 1, 2, 3, 6, 8, 12, 20)) / 4
			e.Until = e.At + max(lasts, time.Millisecond)
		}
	}
	return list
}

// anotherFault is one of another entry of the corpus, or a new one.
func (s *coverage) anotherFault(d dice, base *trial.Options) []nemesis.Entry {
	if other := &s.memory.Entries[d.IntN(len(s.memory.Entries))]; len(other.Plan.Entries) > 0 && d.percent(60) {
		return []nemesis.Entry{other.Plan.Entries[d.IntN(len(other.Plan.Entries))]}
	}
	t := s.ground.timescale()
	at := time.Duration(d.Int64N(int64(12 * t))).Truncate(time.Millisecond)
	e := nemesis.Entry{At: at, Fault: unaimed(d, t), Until: at + d.between(t/10, 4*t).Truncate(time.Millisecond)}
	if !s.ground.allows(base, e.Fault.Kind().Family) {
		return nil
	}
	return []nemesis.Entry{e}
}

// flipper answers some draws otherwise than the seed, and remembers which.
type flipper struct {
	key     uint64
	oneIn   uint64
	flipped []sim.Override
}

// Choose implements sim.Source.
func (f *flipper) Choose(p sim.Point, seeded uint64) uint64 {
	v := trace.Mix(f.key^trace.String(p.Stream), p.ID)
	if p.Stream == sim.PickStream || v%f.oneIn != 0 {
		return seeded
	}
	v = trace.Mix(v, 1)
	if p.N != 0 {
		v %= p.N
	}
	f.flipped = append(f.flipped, sim.Override{Stream: p.Stream, ID: sim.DrawID(p.ID), Value: v})
	return v
}
