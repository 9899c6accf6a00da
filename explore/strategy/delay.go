package strategy

import (
	"slices"
	"time"

	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// delayKind leaves the order of time alone but for a few events, each of which stays behind until nothing
// else is left to do within the window. A delay that lasted for one step would be none: at the next step the
// event would come first again.
func delayKind() Kind {
	return Kind{
		Name: "delay-bounded", About: "the order of time, but for at most d messages or syncs, which come as late as the window allows",
		Source: "Emmi et al., Delay-Bounded Scheduling, POPL 2011",
		Params: []Param{
			{Name: "d", About: "delays of a run; 0 draws them from 1 to 16", Default: 0, Min: 0, Max: 1000},
			{Name: "window", About: "how late an event may be, in ms; 0 draws it for each execution", Default: 0, Min: 0, Max: 60_000},
		},
		make: func(seed uint64, p Params) Strategy {
			return &delays{seed: seed, d: p["d"], window: p["window"]}
		},
	}
}

type delays struct {
	seed      uint64
	d, window int
	ground
}

func (s *delays) Next(n uint64, base trial.Options) trial.Options {
	d := newDice(s.seed, "delay-bounded", n)
	base.Seed = s.seed + n
	t := s.timescale()
	base.Window = d.between(t/4, 4*t)
	if s.window > 0 {
		base.Window = time.Duration(s.window) * time.Millisecond
	}
	count := 1 + d.IntN(16)
	if s.d > 0 {
		count = s.d
	}
	l := &late{held: map[uint64]bool{}}
	for range count {
		l.points = append(l.points, d.Uint64N(s.length()))
	}
	slices.Sort(l.points)
	base.Scheduler = l
	return base
}

func (s *delays) Learn(_ uint64, _ trial.Options, r *trial.Result) { s.learn(r) }

// late is the order of time without the events that it holds back.
type late struct {
	points []uint64 // the events (Universe.Seq) from which on the next one that can be held back is
	held   map[uint64]bool
}

// Pick implements sim.Scheduler.
func (l *late) Pick(u *sim.Universe, pending []sim.Pending) int {
	for i := range pending {
		p := &pending[i]
		if l.held[p.ID] {
			continue
		}
		if len(l.points) == 0 || u.Seq() < l.points[0] || !delayable(p) {
			return i
		}
		l.points = l.points[1:]
		l.held[p.ID] = true
	}
	return 0
}

// delayable tells whether an event is worth a delay: a message between machines, or the end of a sync.
func delayable(p *sim.Pending) bool {
	return p.Kind == trace.Deliver && p.From != p.Node || p.Kind == trace.Synced || p.Kind == trace.Received
}
