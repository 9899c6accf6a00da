package strategy

import (
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// posKind draws a priority for every event, and draws it anew for what races with the event that has just
// happened: so that each of the orders in which racing events can come is about as likely as the others,
// which a random walk is far from.
func posKind() Kind {
	return Kind{
		Name: "pos", About: "partial order sampling: each event has a random priority, drawn anew after every race that it loses",
		Source: "Yuan et al., Partial Order Aware Concurrency Sampling, CAV 2018",
		Params: []Param{windowParam()},
		make: func(seed uint64, p Params) Strategy {
			return &pos{seed: seed, window: p["window"]}
		},
	}
}

type pos struct {
	seed   uint64
	window int
}

func (s *pos) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, "pos", n)
	base.Seed = s.seed + n
	base.Window = drawWindow(s.window, d)
	base.Scheduler = &sampler{key: d.Uint64(), redrawn: map[uint64]uint64{}}
	return base
}

func (s *pos) Learn(uint64, trial.Options, *trial.Result) {}

// sampler is the order. A priority is a function of the event's identity and of how often it was drawn.
type sampler struct {
	key     uint64
	redrawn map[uint64]uint64
}

// Pick implements sim.Scheduler.
func (s *sampler) Pick(_ *sim.Universe, pending []sim.Pending) int {
	best, highest := 0, uint64(0)
	for i := range pending {
		id := pending[i].ID
		if v := trace.Mix(s.key^s.redrawn[id], id); v >= highest {
			best, highest = i, v
		}
	}
	delete(s.redrawn, pending[best].ID)
	for i := range pending {
		if i != best && pending[i].Node == pending[best].Node {
			s.redrawn[pending[i].ID]++
		}
	}
	return best
}
