package strategy

import (
	"encoding/json"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
)

// coverageKind keeps the executions that showed something new, and makes new ones out of them by
// small changes.
func coverageKind() Kind {
	return Kind{
		Name: "coverage", About: "changes executions that showed something new: their faults, single draws, their end",
		Source: "Gulcan et al., Model-guided Fuzzing of Distributed Systems, OOPSLA 2025; Böhme et al., Coverage-based Greybox Fuzzing as Markov Chain, CCS 2016 (energy)",
		Params: []Param{
			{Name: "fresh", About: "percent of the executions that are not made out of others", Default: 30, Min: 1, Max: 100},
			{Name: "corpus", About: "executions that are kept, at most", Default: 512, Min: 1, Max: 100_000},
			{Name: "ordered", About: "percent of the fresh executions whose events are ordered as pctcp does", Default: 50, Min: 0, Max: 100},
		},
		make: func(seed uint64, p Params) Strategy {
			return &coverage{seed: seed, p: p, memory: corpus{Seen: map[uint64]uint64{}}, parents: map[uint64]uint64{}}
		},
	}
}

// coverage is the strategy. Its state is what it was told by Learn, and nothing else.
type coverage struct {
	seed uint64
	p    Params
	ground
	memory corpus
	// parents are the entries that executions under way were made out of. Next may be asked for one of them twice, so
	// the children are counted by Learn.
	parents map[uint64]uint64
}

// corpus is what a coverage-guided search remembers.
type corpus struct {
	Entries []specimen        `json:"entries"`
	Seen    map[uint64]uint64 `json:"seen"` // by feature: in how many executions
	Runs    uint64            `json:"runs"`
}

// specimen is an execution that showed something new. It is a universe as data, but for an order by priorities,
// which is kept as the seed of its dice.
type specimen struct {
	N         uint64         `json:"n"` // the execution
	Seed      uint64         `json:"seed"`
	Plan      nemesis.Plan   `json:"plan"`
	Overrides []sim.Override `json:"overrides,omitempty"`
	Fork      *sim.Fork      `json:"fork,omitempty"`
	Order     uint64         `json:"order,omitempty"` // 0: the order of time
	Events    uint64         `json:"events"`
	Features  []uint64       `json:"features"`
	Children  uint64         `json:"children"` // executions that were made out of it
}

func (s *coverage) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, "coverage", n)
	if len(s.memory.Entries) == 0 || d.percent(s.p["fresh"]) {
		base.Seed = s.seed + n
		if d.percent(s.p["ordered"]) {
			s.order(&base, d.Uint64()|1)
		}
		return base
	}
	e := s.memory.choose(d)
	s.parents[n] = e.N
	return s.mutate(d, base, e)
}

// order orders the events of an execution by priorities; which, is a function of the key.
func (s *coverage) order(o *trial.Options, key uint64) {
	d := newDice(key, "order", 0)
	o.Window = drawWindow(0, d)
	o.Scheduler = &keyed{newChains(d, 2+d.IntN(4), guessedEvents, false), key}
}

// keyed is an order by priorities that remembers what it was made from.
type keyed struct {
	*chains
	key uint64
}

func (s *coverage) Learn(n uint64, o trial.Options, r *trial.Result) {
	s.learn(r)
	s.memory.Runs++
	if parent, ok := s.parents[n]; ok {
		delete(s.parents, n)
		s.memory.born(parent)
	}
	features := featuresOf(r)
	fresh := false
	for _, f := range features {
		fresh = fresh || s.memory.Seen[f] == 0
		s.memory.Seen[f]++
	}
	if !fresh {
		return
	}
	e := specimen{N: n, Seed: o.Seed, Plan: r.Plan, Overrides: o.Overrides, Fork: o.Fork, Events: r.Events, Features: features}
	if f, ok := o.Source.(*flipper); ok {
		e.Overrides = append(append([]sim.Override{}, e.Overrides...), f.flipped...)
	}
	if k, ok := o.Scheduler.(*keyed); ok {
		e.Order = k.key
	}
	s.memory.add(e, s.p["corpus"])
}

// kept is all that the strategy has learnt.
type kept struct {
	Ground *ground `json:"ground"`
	Corpus *corpus `json:"corpus"`
}

// Memory implements Keeper.
func (s *coverage) Memory() ([]byte, error) { return json.Marshal(kept{&s.ground, &s.memory}) }

// Remember implements Keeper.
func (s *coverage) Remember(data []byte) error {
	m := kept{&ground{}, &corpus{Seen: map[uint64]uint64{}}}
	if err := remember(data, &m); err != nil {
		return err
	}
	s.ground, s.memory = *m.Ground, *m.Corpus
	return nil
}

// choose draws an entry by its energy.
func (c *corpus) choose(d dice) *specimen {
	var sum uint64
	for i := range c.Entries {
		sum += c.energy(&c.Entries[i])
	}
	v := d.Uint64N(max(sum, 1))
	for i := range c.Entries {
		e := c.energy(&c.Entries[i])
		if v < e {
			return &c.Entries[i]
		}
		v -= e
	}
	return &c.Entries[0]
}

// born counts an execution that was made out of an entry, if that is still there.
func (c *corpus) born(parent uint64) {
	for i := range c.Entries {
		if c.Entries[i].N == parent {
			c.Entries[i].Children++
		}
	}
}

// energy is how often an entry is chosen, relative to others: the rarer what it shows, and the fewer
// executions were made out of it, the more often.
func (c *corpus) energy(e *specimen) uint64 {
	var rarity uint64
	for _, f := range e.Features {
		rarity += 1_000_000 / max(c.Seen[f], 1)
	}
	return 1 + rarity/(1+e.Children/8)
}

// add adds an entry, and drops the one of the least energy if there are too many.
func (c *corpus) add(e specimen, most int) {
	c.Entries = append(c.Entries, e)
	if len(c.Entries) <= most {
		return
	}
	least := 0
	for i := range c.Entries {
		if c.energy(&c.Entries[i]) < c.energy(&c.Entries[least]) {
			least = i
		}
	}
	c.Entries = append(c.Entries[:least], c.Entries[least+1:]...)
}
