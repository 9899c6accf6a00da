package strategy

import (
	"encoding/json"

	"orrery/explore/trial"
	"orrery/sim"
)

func depthParam(about string, def int) Param {
	return Param{Name: "d", About: about, Default: def, Min: 0, Max: 64}
}

// pctKind orders events by priorities of the machines that they happen on, as though machines were
// threads.
func pctKind() Kind {
	return Kind{
		Name: "pct", About: "events by random priorities of their machines, with d-1 changes of priority",
		Source: "Burckhardt et al., A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010",
		Params: []Param{depthParam("depth: one more than there are changes of priority; 0 draws it from 2 to 5", 0), windowParam()},
		make: func(seed uint64, p Params) Strategy {
			return &prioritised{seed: seed, name: "pct", p: p, order: func(d dice, depth int, length uint64) counter {
				return newThreads(d, depth, length)
			}}
		},
	}
}

// pctcpKind orders events by priorities of message chains.
func pctcpKind() Kind {
	return Kind{
		Name: "pctcp", About: "events by random priorities of the chains that messages make, with d-1 changes of priority",
		Source: "Ozkan et al., Randomized Testing of Distributed Systems with Probabilistic Guarantees, OOPSLA 2018",
		Params: []Param{depthParam("depth: one more than there are changes of priority; 0 draws it from 2 to 5", 0), windowParam()},
		make: func(seed uint64, p Params) Strategy {
			return &prioritised{seed: seed, name: "pctcp", p: p, order: func(d dice, depth int, length uint64) counter {
				return newChains(d, depth, length, false)
			}}
		},
	}
}

// tapctKind changes priorities only where the order matters.
func tapctKind() Kind {
	return Kind{
		Name: "tapct", About: "as pctcp, with the changes of priority only at events that race with another",
		Source: "Ozkan et al., Trace Aware Random Testing for Distributed Systems, OOPSLA 2019",
		Params: []Param{depthParam("depth: one more than there are changes of priority; 0 draws it from 2 to 5", 0), windowParam()},
		make: func(seed uint64, p Params) Strategy {
			return &prioritised{seed: seed, name: "tapct", p: p, order: func(d dice, depth int, length uint64) counter {
				return newChains(d, depth, length, true)
			}}
		},
	}
}

// counter is a scheduler that has counted the events at which it could have changed something.
type counter interface {
	sim.Scheduler
	counted() uint64
}

// prioritised runs one seed after another, each with the faults that it draws, and its events in an order
// by priorities.
type prioritised struct {
	seed   uint64
	name   string
	p      Params
	order  func(d dice, depth int, length uint64) counter
	length uint64 // of a run, on average, in events that count
}

func (s *prioritised) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, s.name, n)
	base.Seed = s.seed + n
	base.Window = drawWindow(s.p["window"], d)
	depth := 2 + d.IntN(4)
	if s.p["d"] > 0 {
		depth = s.p["d"]
	}
	length := s.length
	if length == 0 {
		length = guessedEvents
	}
	base.Scheduler = s.order(d, depth, length)
	return base
}

func (s *prioritised) Learn(_ uint64, o trial.Options, _ *trial.Result) {
	c, ok := o.Scheduler.(counter)
	if !ok {
		return
	}
	if s.length == 0 {
		s.length = c.counted()
	}
	s.length = (15*s.length + c.counted()) / 16
}

// Memory implements Keeper.
func (s *prioritised) Memory() ([]byte, error) { return json.Marshal(s.length) }

// Remember implements Keeper.
func (s *prioritised) Remember(data []byte) error { return remember(data, &s.length) }

// threads orders events by the priorities of the machines that they happen on.
type threads struct {
	d      dice
	points []uint64
	count  uint64
	lowest uint64
	rank   map[string]uint64
}

func newThreads(d dice, depth int, length uint64) *threads {
	c := newChains(d, depth, length, false)
	return &threads{d: d, points: c.points, lowest: rankOfNew, rank: map[string]uint64{}}
}

func (t *threads) counted() uint64 { return t.count }

// Pick implements sim.Scheduler.
func (t *threads) Pick(_ *sim.Universe, pending []sim.Pending) int {
	for i := range pending {
		if id := string(pending[i].Node); t.rank[id] == 0 {
			t.rank[id] = rankOfNew + t.d.Uint64N(1<<40)
		}
	}
	best := t.highest(pending)
	t.count++
	for len(t.points) > 0 && t.count >= t.points[0] {
		t.points = t.points[1:]
		t.lowest--
		t.rank[string(pending[best].Node)] = t.lowest
		best = t.highest(pending)
	}
	return best
}

func (t *threads) highest(pending []sim.Pending) int {
	best := 0
	for i := range pending {
		if t.rank[string(pending[i].Node)] > t.rank[string(pending[best].Node)] {
			best = i
		}
	}
	return best
}
