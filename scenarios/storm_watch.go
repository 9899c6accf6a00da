package scenarios

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/storm"
	"orrery/sim"
	"orrery/trace"
)

// The properties of Storm, and of a topology with a reliable source on it.
const (
	stormTrees   = "storm: acked means processed"              // A1
	stormInTime  = "storm: acked or failed in time"            // A2
	stormBounded = "storm: ackers forget"                      // A4
	stormSums    = "storm: an acker's sum is what it was told" // A5
	stormCounted = "storm: committed means counted"
	stormCalm    = "storm: nothing fails unless something breaks"
	stormAlive   = "storm: no worker ends by itself"
)

// stormGhost knows each tree as it is, by names of tuples that are never equal, and what each task should know.
type stormGhost struct {
	sw       *stormWorld
	tuples   map[storm.TupleID][]*stormTree
	sessions map[nodes.ID]*stormSessions
	stands   map[nodes.ID]bool          // nimbuses
	counts   map[int32]map[int64]uint64 // by partition and offset: the words that were counted, as bits
	done     map[int32]int64
	tell     func(storm.Event) // writes a story; nil for nobody
	rough    bool              // something has happened that a tuple may fail of

	acks, emissions, fails int
}

// stormTree is one emission of a spout, and what came of it.
type stormTree struct {
	message storm.MessageID
	open    int // tuples that no bolt has acked
	size    int
}

// stormSessions are the tasks of a worker in its present launch.
type stormSessions struct {
	launch uint64                           // the event in which they were launched
	order  []uint64                         // the sessions
	trees  map[uint64]map[uint64]*stormTree // by session and emission
	spouts map[uint64]*stormAges            // by session: emissions
	ackers map[uint64]*stormAcker
	last   time.Duration // the worker's own time at its last event
	excuse time.Duration // until when nothing is demanded of it
}

type stormAcker struct {
	ages stormAges
	sums map[uint64]uint64
}

// stormAges are things with their age, the oldest first.
type stormAges struct {
	list []stormAge
	held map[uint64]time.Duration
}

type stormAge struct {
	key uint64
	at  time.Duration
}

func newStormAges() stormAges { return stormAges{held: map[uint64]time.Duration{}} }

func (a *stormAges) put(key uint64, at time.Duration) {
	a.held[key] = at
	a.list = append(a.list, stormAge{key, at})
}

// oldest is since when the oldest has been there; ok is false if there is none.
func (a *stormAges) oldest() (key uint64, at time.Duration, ok bool) {
	for len(a.list) > 0 {
		first := a.list[0]
		if since, held := a.held[first.key]; held && since == first.at {
			return first.key, first.at, true
		}
		a.list = a.list[1:]
	}
	return 0, 0, false
}

func newStormGhost(sw *stormWorld) *stormGhost {
	return &stormGhost{sw: sw, tuples: map[storm.TupleID][]*stormTree{}, sessions: map[nodes.ID]*stormSessions{}, stands: map[nodes.ID]bool{},
		counts: map[int32]map[int64]uint64{}, done: map[int32]int64{}}
}

// watch begins to look.
func (g *stormGhost) watch() {
	g.rough = g.sw.setup.loss > 0 || g.sw.w.Options.Window > 0 // a schedule makes any message late
	g.sw.w.U.Observe(sim.Observer{After: g.after, Ended: g.ended})
}

func (g *stormGhost) violate(property, format string, args ...any) {
	g.sw.w.U.Violate(property, fmt.Sprintf(format, args...))
}

// ended sees the end of a process.
func (g *stormGhost) ended(m *sim.Machine, _ nodes.Node) {
	g.rough = true
	delete(g.sessions, m.ID())
	delete(g.stands, m.ID())
	if !strings.HasPrefix(string(m.ID()), "w") {
		return
	}
	g.sw.w.Asked(stormAlive)
	if err := m.Exit(); err != nil {
		g.violate(stormAlive, "%s has ended: %v", m.ID(), err)
	}
}

// after sees every event of a worker: what it holds must not be too old. A worker that has stood still for a while is
// excused, and so is one that a slow machine cannot keep up with: its timers wait with all the rest.
func (g *stormGhost) after(m *sim.Machine, _ trace.Kind) {
	s := g.sessions[m.ID()]
	if s == nil {
		return
	}
	worker, up := m.Node().(*storm.Worker)
	if !up {
		return
	}
	if topology, _ := worker.Runs(); topology == "" {
		delete(g.sessions, m.ID())
		return
	}
	t, now := g.sw.setup.cfg.MessageTimeout, m.Monotonic()
	late := g.sw.w.Options.Window // so much later a timer may fire, and so each of the rotations
	if now-s.last > t/4 || m.Behind() > t/4 {
		s.excuse = now + 4*t // rotations that were missed are not made up for
	}
	s.last = now
	if now < s.excuse {
		return
	}
	for _, session := range s.order {
		_, at, ok := s.spouts[session].oldest()
		if !ok || now-at <= 3*t+4*late {
			continue
		}
		by := now
		if since, busy := worker.Busy(session); busy {
			by = since // a thread that waits looks at nothing meanwhile
		}
		if by-at > 3*t+4*late {
			g.violate(stormInTime, "%s has neither acked nor failed for %v what its spout emitted: time-outs are %v", m.ID(), now-at, t)
		}
	}
	for _, session := range s.order {
		if root, at, ok := s.ackers[session].ages.oldest(); ok && now-at > 5*t+5*late { // three rotations, each as late as a slow machine is behind
			g.violate(stormBounded, "an acker on %s has held root %x for %v: it should forget it after three rotations of %v", m.ID(), root, now-at, t)
		}
	}
}

// event is the probe of all nimbuses and workers.
func (g *stormGhost) event(e storm.Event) {
	if g.tell != nil {
		g.tell(e)
	}
	switch e.Kind {
	case storm.Stands, storm.Resigns:
		g.stands[e.Worker] = e.Kind == storm.Stands
		return
	case storm.Launched:
		g.launched(e)
		return
	case storm.Emitted:
		g.emitted(e)
		return
	case storm.Executed:
		g.executed(e.Tuple)
		return
	case storm.QueueFull:
		g.rough = true
		return
	}
	s := g.sessions[e.Worker]
	if s == nil {
		return
	}
	switch e.Kind {
	case storm.AckerTook, storm.AckerDropped:
		g.acker(s, e)
	default:
		g.spout(s, e)
	}
}

// launched begins a task. The first of a launch ends all that there was on the worker.
func (g *stormGhost) launched(e storm.Event) {
	u := g.sw.w.U
	s := g.sessions[e.Worker]
	if s != nil && s.launch != u.Seq() {
		g.rough, s = true, nil
	}
	if s == nil {
		now := u.Machine(e.Worker).Monotonic()
		s = &stormSessions{launch: u.Seq(), trees: map[uint64]map[uint64]*stormTree{}, spouts: map[uint64]*stormAges{}, ackers: map[uint64]*stormAcker{},
			last: now, excuse: now}
		g.sessions[e.Worker] = s
	}
	ages := newStormAges()
	s.order = append(s.order, e.Session)
	s.trees[e.Session] = map[uint64]*stormTree{}
	s.spouts[e.Session] = &ages
	s.ackers[e.Session] = &stormAcker{ages: newStormAges(), sums: map[uint64]uint64{}}
}

func (g *stormGhost) emitted(e storm.Event) {
	for _, p := range e.Parents {
		for _, t := range g.tuples[p] {
			t.open++
			t.size++
			g.tuples[e.Tuple] = append(g.tuples[e.Tuple], t)
		}
	}
}

func (g *stormGhost) executed(id storm.TupleID) {
	for _, t := range g.tuples[id] {
		t.open--
	}
}

// spout follows what a spout emits, and what it is told.
func (g *stormGhost) spout(s *stormSessions, e storm.Event) {
	ages, trees := s.spouts[e.Session], s.trees[e.Session]
	if ages == nil {
		return
	}
	now := g.sw.w.U.Machine(e.Worker).Monotonic()
	switch e.Kind {
	case storm.SpoutEmitted:
		g.emissions++
		t := &stormTree{message: e.Message, open: len(e.Tuples), size: len(e.Tuples)}
		trees[e.Emission] = t
		for _, id := range e.Tuples {
			g.tuples[id] = append(g.tuples[id], t)
		}
		ages.put(e.Emission, now)
		g.sw.w.Asked(stormInTime)
	case storm.SpoutReset:
		ages.put(e.Emission, now)
	case storm.SpoutAcked:
		g.acks++
		delete(ages.held, e.Emission)
		g.sw.w.Asked(stormTrees)
		if t := trees[e.Emission]; t != nil && t.open > 0 {
			p, o := storm.RecordOf(e.Message)
			g.violate(stormTrees, "%s is told that line %d of partition %d is complete, and %d of its %d tuples were not processed", e.Worker, o, p, t.open, t.size)
		}
		delete(trees, e.Emission)
	case storm.SpoutFailed:
		g.fails++
		delete(ages.held, e.Emission)
		delete(trees, e.Emission)
		if !g.rough && len(g.sw.w.U.Faults()) == 0 {
			g.violate(stormCalm, "a tuple of %s has failed, and nothing was lost, late, or broken", e.Worker)
		}
	}
}

// acker follows the sum of each root.
func (g *stormGhost) acker(s *stormSessions, e storm.Event) {
	a := s.ackers[e.Session]
	if a == nil {
		return
	}
	now := g.sw.w.U.Machine(e.Worker).Monotonic()
	if e.Kind == storm.AckerDropped {
		delete(a.ages.held, e.Root)
		delete(a.sums, e.Root)
		return
	}
	if _, held := a.ages.held[e.Root]; !held || e.Type == storm.Reset {
		a.ages.put(e.Root, now)
	}
	if e.Type == storm.Init || e.Type == storm.Ack {
		a.sums[e.Root] ^= e.Val
	}
	g.sw.w.Asked(stormSums)
	g.sw.w.Asked(stormBounded)
	if a.sums[e.Root] != e.Sum {
		g.violate(stormSums, "an acker on %s holds %x for root %x, and was told %x", e.Worker, e.Sum, e.Root, a.sums[e.Root])
	}
	if e.Done {
		delete(a.ages.held, e.Root)
		delete(a.sums, e.Root)
	}
	if e.Held != len(a.ages.held) {
		g.violate(stormBounded, "an acker on %s holds %d roots, and should hold %d", e.Worker, e.Held, len(a.ages.held))
	}
}

// counted is the table of the topology: a word of a line.
func (g *stormGhost) counted(partition int32, offset int64, place int) {
	m := g.counts[partition]
	if m == nil {
		m = map[int64]uint64{}
		g.counts[partition] = m
	}
	m[offset] |= 1 << place
}

// committed sees each commit at the source: what is before it was counted, every word.
func (g *stormGhost) committed(partition int32, offset int64) {
	for o := g.done[partition]; o < offset; o++ {
		g.sw.w.Asked(stormCounted)
		words := len(strings.Fields(g.sw.memory.Records(partition)[o]))
		if all := uint64(1)<<words - 1; g.counts[partition][o] != all {
			g.violate(stormCounted, "line %d of partition %d is committed, and %d of its %d words are not counted", o, partition,
				words-popcount(g.counts[partition][o]), words)
		}
	}
	g.done[partition] = max(g.done[partition], offset)
}

func popcount(x uint64) (n int) {
	for ; x > 0; x &= x - 1 {
		n++
	}
	return n
}
