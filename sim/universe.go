package sim

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// Universe is one simulated world: machines, their disks and clocks, the network
// between them, and the queue of what is going to happen. It belongs to one
// goroutine and shares nothing with other universes.
type Universe struct {
	cfg     Config
	entropy entropy
	epoch   time.Time // what a perfect wall clock shows at the start

	now    int64 // virtual nanoseconds since the start
	seq    uint64
	hash   trace.Hash
	queue  queue
	slab   []event
	free   []uint32
	pushed uint64

	machines []*Machine
	byID     map[nodes.ID]*Machine
	near     [32]*Machine // a cache of byID
	running  *Machine     // whose handler is being called
	current  uint64       // causal identity of the event that is being handled
	ordinal  uint64       // of the last effect of that event
	sub      uint32       // of the last recorded effect of that event

	sched   stream
	picker  picker
	omit    map[uint64]bool
	only    map[uint64]bool   // nil: everything
	scripts map[string]uint64 // how many scripts of a name were asked for

	faults    registry
	observers []Observer
	marks     marks
	stats     Stats
	violation *Violation
	stopped   bool

	pipes []*pipe // every connection that is not over

	openOps  int    // operations of clients without an answer
	progress uint64 // seq of the last event that ended an operation

	scratch trace.Event
}

// New makes a universe. Add machines to it, then run it.
func New(cfg Config) *Universe {
	u := &Universe{
		cfg:     cfg.withDefaults(),
		entropy: newEntropy(&cfg),
		byID:    map[nodes.ID]*Machine{},
		sched:   newStream("sched"),
		scripts: map[string]uint64{},
	}
	for _, id := range cfg.Omit {
		if u.omit == nil {
			u.omit = make(map[uint64]bool, len(cfg.Omit))
		}
		u.omit[uint64(id)] = true
	}
	if cfg.Only != nil {
		u.only = make(map[uint64]bool, len(cfg.Only))
		for _, id := range cfg.Only {
			u.only[uint64(id)] = true
		}
	}
	u.picker = picker{str: newStream("sched/next"), passed: map[uint64]uint64{}}
	// The base of the wall clocks is part of the seed: programs have been known to work
	// in one century only. Between 2001 and 2033.
	s := newStream("clock")
	u.epoch = time.Unix(1_000_000_000+int64(u.draw(&s, 0, 1_000_000_000)), 0).UTC()
	return u
}

// Add adds a machine that is switched off; Start starts its process. build makes
// the node, fresh, for every incarnation.
func (u *Universe) Add(id nodes.ID, build func() nodes.Node) *Machine {
	if u.byID[id] != nil {
		panic(fmt.Sprintf("sim: machine %s is there already", id))
	}
	m := newMachine(u, id, build)
	u.machines = append(u.machines, m)
	u.byID[id] = m
	return m
}

// Machine returns the machine of that name, or nil.
func (u *Universe) Machine(id nodes.ID) *Machine { return u.lookup(id) }

// Machines returns all machines, in the order in which they were added.
func (u *Universe) Machines() []*Machine { return slices.Clone(u.machines) }

// lookup finds a machine. Machines' names differ in their first and last bytes more often
// than not (n1, n2, c1): a small table by these is right at the first try, and is faster
// than a map.
func (u *Universe) lookup(id nodes.ID) *Machine {
	if len(id) == 0 {
		return nil
	}
	near := &u.near[(id[0]+id[len(id)-1])%uint8(len(u.near))]
	if *near == nil || (*near).id != id {
		*near = u.byID[id]
	}
	return *near
}

// Now is the virtual time since the start.
func (u *Universe) Now() time.Duration { return time.Duration(u.now) }

// Seq is the number of the event that is being handled, or was handled last.
func (u *Universe) Seq() uint64 { return u.seq }

// Seed is the seed that the universe was made with.
func (u *Universe) Seed() uint64 { return u.cfg.Seed }

// Hash is the trace hash of everything that has happened.
func (u *Universe) Hash() trace.Hash { return u.hash }

// After has fn called after d of virtual time. It is how tests, workloads and faults
// act on a universe; name says who, and is part of the trace. fn runs between two
// handlers.
func (u *Universe) After(d time.Duration, name string, fn func()) {
	u.scripts[name]++
	slot, e := u.alloc()
	e.kind, e.to, e.from, e.script = trace.Script, -1, -1, fn
	e.id = trace.Mix(trace.String(name), u.scripts[name])
	e.cause = u.seq
	e.tag.Name = name
	u.schedule(slot, u.now+max(int64(d), 0))
}

// Step handles the next event. It returns false if there is none, or if the run has
// ended: by a violation, by Stop, or because it is Exhausted.
func (u *Universe) Step() bool {
	for !u.ended() {
		if len(u.queue.items) == 0 {
			return false
		}
		if u.handle(u.take()) {
			return true
		}
	}
	return false
}

func (u *Universe) ended() bool {
	return u.stopped || u.violation != nil || u.exhausted()
}

// exhausted tells whether the run has done all the work that it may.
func (u *Universe) exhausted() bool {
	return u.seq >= u.cfg.EventsMax || u.picker.looked >= u.cfg.lookedMax
}

// Run handles events until the virtual time is reached, nothing is left to happen, or
// the run ends, and says which. The clock then stands at the time that was asked for,
// unless the run ended early.
func (u *Universe) Run(until time.Duration) Outcome {
	for !u.ended() && len(u.queue.items) > 0 && u.queue.items[0].at <= int64(until) {
		u.handle(u.take())
		if u.cfg.IdleMax > 0 && u.openOps > 0 && u.seq-u.progress > u.cfg.IdleMax {
			u.Violate("livelock", u.describeLivelock())
		}
	}
	return u.outcome(until)
}

// RunUntil handles events until cond holds, which is asked after every event, or
// until virtual time limit. It tells whether cond holds.
func (u *Universe) RunUntil(cond func() bool, limit time.Duration) bool {
	for !cond() {
		if u.ended() || len(u.queue.items) == 0 || u.queue.items[0].at > int64(limit) {
			return false
		}
		u.Step()
	}
	return true
}

// Stop ends the run after the present event.
func (u *Universe) Stop() { u.stopped = true }

// handle lets one event happen. It returns false if it turned out to be none: its
// process is gone, or it has to wait.
func (u *Universe) handle(slot uint32) bool {
	e := &u.slab[slot]
	if e.to < 0 {
		u.handleScript(e)
		u.release(slot)
		return true
	}
	m := u.machines[e.to]
	if e.wake {
		return m.wake(slot)
	}
	if !e.isSent() && u.keepsBack(e) {
		return u.drop(slot)
	}
	switch {
	case e.kind == trace.Deliver && e.from != e.to:
		if !u.arrives(slot) {
			return false
		}
	case e.kind == trace.Synced:
		if len(m.diskFaults) > 0 && m.stalls(slot) {
			return false
		}
	case e.pipe != nil:
		if !u.connArrives(slot) {
			return false
		}
	}
	if m.mustWait(e.kind) {
		m.backlog = append(m.backlog, slot)
		return false
	}
	happened := m.handle(slot)
	u.release(slot)
	return happened
}

func (u *Universe) handleScript(e *event) {
	script := e.script
	u.begin(e, trace.Bytes([]byte(e.tag.Name)))
	u.record(e, nil)
	script()
}

// begin numbers an event and folds it into the hash of the run.
func (u *Universe) begin(e *event, payload uint64) {
	u.seq++
	u.stats.Events++
	u.current, u.ordinal, u.sub = e.id, 0, 0
	u.hash.Add(uint64(u.now), e.id, uint64(e.kind)<<16|uint64(e.to+1), payload)
}

// Tune changes the configuration of a universe that has no machines yet. With it a
// scenario can draw its own network and disks from the universe's seed.
func (u *Universe) Tune(change func(*Config)) {
	if len(u.machines) > 0 {
		panic("sim: a universe is tuned before machines are added")
	}
	change(&u.cfg)
	u.cfg = u.cfg.withDefaults()
}
