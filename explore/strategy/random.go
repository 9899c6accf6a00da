package strategy

import (
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// randomKind is the baseline of all comparisons: the next event is any of those that are pending within
// the window, each as likely as the others, and the plan has any faults of any machine at any time: nothing
// aims at a leader, and no fault prepares another. The references call it random walk.
func randomKind() Kind {
	return Kind{
		Name: "random", About: "a random walk: any pending event, any fault at any time; the baseline of comparisons",
		Source: "Ozkan et al., Randomized Testing of Distributed Systems with Probabilistic Guarantees, OOPSLA 2018 (as its baseline)",
		Params: []Param{windowParam(), {Name: "faults", About: "faults of a plan, at most", Default: 12, Min: 0, Max: 100}},
		make: func(seed uint64, p Params) Strategy {
			return &random{seed: seed, window: p["window"], faults: p["faults"]}
		},
	}
}

type random struct {
	seed           uint64
	window, faults int
	ground
}

func (s *random) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, "random", n)
	base.Seed = s.seed + n
	base.Window = drawWindow(s.window, d)
	base.Scheduler = &anyOf{d}
	if base.Plan == nil {
		p := s.plan(d, &base)
		base.Plan = &p
	}
	return base
}

func (s *random) Learn(_ uint64, _ trial.Options, r *trial.Result) { s.learn(r) }

// plan draws faults without any aim.
func (s *random) plan(d dice, base *trial.Options) nemesis.Plan {
	if base.Profile == "calm" {
		return nemesis.Plan{Mode: nemesis.Calm}
	}
	t := s.timescale()
	var list []nemesis.Entry
	for range d.IntN(s.faults + 1) {
		f := unaimed(d, t)
		at := time.Duration(d.Int64N(int64(12 * t))).Truncate(time.Millisecond)
		e := nemesis.Entry{At: at, Fault: f, Until: at + d.between(t/10, 4*t).Truncate(time.Millisecond)}
		if s.allows(base, f.Kind().Family) {
			list = append(list, e)
		}
	}
	return nemesis.Plan{Mode: modeOf(base), Entries: s.inOrder(list)}
}

// modeOf is the mode of plans that a strategy makes itself.
func modeOf(base *trial.Options) nemesis.Mode {
	if base.Profile == "unrestricted" {
		return nemesis.Unrestricted
	}
	return nemesis.Budgeted
}

// unaimed is one of the common faults, of a machine that is drawn when it begins.
func unaimed(d dice, t time.Duration) nemesis.Fault {
	rate := nemesis.PPM(1000 * (10 + d.IntN(300)))
	power := oneOf(d, vdisk.LoseNothing, vdisk.LoseUnsynced, vdisk.LoseSuffix, vdisk.LoseSubset, vdisk.Torn)
	switch d.IntN(16) {
	case 0:
		return nemesis.Isolate{Who: nemesis.One}
	case 1:
		return nemesis.Halves{}
	case 2:
		return nemesis.Cut{Links: nemesis.BothWays(nemesis.One, nemesis.One)}
	case 3:
		return nemesis.Loss{Links: nemesis.Around(nemesis.All), P: rate}
	case 4:
		return nemesis.Duplicate{Links: nemesis.Around(nemesis.All), P: rate}
	case 5:
		return nemesis.Reorder{Links: nemesis.Around(nemesis.All), P: rate, By: d.between(t/10, 4*t).Truncate(time.Millisecond)}
	case 6:
		return nemesis.Clog{Links: nemesis.Around(nemesis.One)}
	case 7:
		return nemesis.Pause{Who: nemesis.One}
	case 8:
		return nemesis.SyncError{Who: nemesis.One, P: rate}
	case 9:
		return nemesis.ClockBump{Who: nemesis.One, By: d.between(t/10, 100*t).Truncate(time.Millisecond)}
	case 10:
		return nemesis.CorruptDisk{Who: nemesis.One, Sectors: 1 + d.IntN(3)}
	case 11:
		return nemesis.Wipe{Who: nemesis.One}
	}
	return nemesis.Crash{Who: nemesis.One, Power: power}
}

// anyOf picks any pending event.
type anyOf struct{ d dice }

func (s *anyOf) Pick(_ *sim.Universe, pending []sim.Pending) int { return s.d.IntN(len(pending)) }
