package strategy

import (
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
)

// isolateKind isolates one machine for a short while, again and again: in each of some phases a
// machine hears and says nothing from a drawn moment until the phase ends, and nothing else is wrong.
// What the paper counts in rounds of the protocol is counted here in tenths of the
// time-out by which the cluster finds out that a machine has died, since a universe has a clock.
func isolateKind() Kind {
	return Kind{
		Name: "isolate", About: "isolates one machine until the end of a short phase, again and again",
		Source: "Drăgoi et al., Testing Consensus Implementations using Communication Closure, OOPSLA 2020",
		Params: isolateParams(8),
		make: func(seed uint64, p Params) Strategy {
			return &isolate{seed: seed, name: "isolate", p: p}
		},
	}
}

// isoswarmKind lets swarms of other faults loose at the same time.
func isoswarmKind() Kind {
	return Kind{
		Name: "isoswarm", About: "isolate, and in the same runs whatever faults a swarm draws; half of the runs in an order by priorities",
		Source: "isolate (OOPSLA 2020) over swarm (ISSTA 2012); that they do well together was measured on a model of Multi-Paxos",
		Params: append(isolateParams(16), Param{Name: "ordered", About: "percent of the executions whose events are ordered as pctcp does", Default: 50, Min: 0, Max: 100}),
		make: func(seed uint64, p Params) Strategy {
			return &isolate{seed: seed, name: "isoswarm", p: p, swarm: true}
		},
	}
}

func isolateParams(d int) []Param {
	return []Param{
		{Name: "d", About: "isolations of a run, at most", Default: d, Min: 1, Max: 64},
		{Name: "phase", About: "length of a phase in tenths of the time-out; 0 draws it for each execution", Default: 0, Min: 0, Max: 1000},
	}
}

type isolate struct {
	seed  uint64
	name  string
	p     Params
	swarm bool
	ground
}

func (s *isolate) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, s.name, n)
	base.Seed = s.seed + n
	if base.Plan == nil && base.Profile != "calm" && s.allows(&base, "partition") {
		p := s.plan(d, &base)
		base.Plan = &p
	}
	if s.swarm && d.percent(s.p["ordered"]) {
		base.Window = drawWindow(0, d)
		base.Scheduler = newChains(d, 3, s.length(), false)
	}
	return base
}

func (s *isolate) plan(d dice, base *trial.Options) nemesis.Plan {
	p := nemesis.Plan{Mode: modeOf(base)}
	if s.swarm {
		p = s.draws(d, base)
		if p.Mode == nemesis.Calm {
			p.Mode = nemesis.Budgeted // but for the isolations
		}
	}
	p.Entries = s.inOrder(append(p.Entries, s.isolations(d, s.allows(base, "clog"))...))
	return p
}

func (s *isolate) Learn(_ uint64, _ trial.Options, r *trial.Result) { s.learn(r) }

// isolations draws the faults: one in each phase, from a moment in its first half until its end. Some runs
// lose what is sent meanwhile, some hold it back until then, so that it comes late.
func (s *isolate) isolations(d dice, mayHold bool) []nemesis.Entry {
	t := s.timescale()
	phase := d.between(t/2, 4*t)
	if tenths := s.p["phase"]; tenths > 0 {
		phase = t * time.Duration(tenths) / 10
	}
	hold := d.percent(35) && mayHold
	whom := d.IntN(3)
	at := t / 2
	var list []nemesis.Entry
	for range 1 + d.IntN(s.p["d"]) {
		who := [3]nemesis.Target{nemesis.One, oneOf(d, nemesis.One, nemesis.Leader), nemesis.Leader}[whom]
		var f nemesis.Fault = nemesis.Isolate{Who: who, Way: oneOf(d, nemesis.BothDirections, nemesis.BothDirections, nemesis.Inbound, nemesis.Outbound)}
		if hold {
			f = nemesis.Clog{Links: oneOf(d, nemesis.Around(who), nemesis.OneWay(who, nemesis.All), nemesis.OneWay(nemesis.All, who))}
		}
		from := at + time.Duration(d.Int64N(int64(phase)/2+1))
		list = append(list, nemesis.Entry{At: from.Truncate(time.Millisecond), Fault: f, Until: (at + phase).Truncate(time.Millisecond)})
		at += phase + d.between(t/50, t/2)
	}
	return list
}
