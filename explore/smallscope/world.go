package smallscope

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"orrery/nodes"
	"orrery/sim"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// World is what is searched.
type World struct {
	// Build adds the machines, starts them, and says what must hold. It is called for every
	// execution, and must always do the same.
	Build func(u *sim.Universe) *Instance
	// Tune changes the universe's configuration; nil leaves it calm.
	Tune func(c *sim.Config)
}

// Instance is one universe of a world.
type Instance struct {
	// Ready tells that the start is over: until then events happen in the order of time, and
	// nothing is chosen. Nil means that there is nothing to wait for.
	Ready func() bool
	// Eager are events that happen as soon as they can, without a choice: the end of a sync, a message to
	// oneself. They must concern one machine alone. Nil means none.
	Eager func(p sim.Pending) bool
	// Check says what does not hold; it is asked after every step.
	Check func() (property string, err error)
	// State appends what a machine's state is: whatever its future can depend on, and no counters that
	// only the past has. Nil appends the inspector's view and the disk's content.
	State func(b []byte, m *sim.Machine) []byte
	// Ghost appends what Check knows beyond the machines. Nil means nothing.
	Ghost func(b []byte) []byte
	// Event appends what a pending event is, if it is not simply its kind, its machines, its tag and its bytes.
	// It may append nothing for one that can have no effect; it is then never chosen.
	Event func(b []byte, p sim.Pending) []byte
	// Crashable are the machines that may crash. Nil means all.
	Crashable []nodes.ID
}

// Bounds say how much may happen in one execution.
type Bounds struct {
	Crashes int             // of processes; each starts again at once
	Mode    vdisk.CrashMode // what a crash takes
	Doubles int             // messages that come twice
	Depth   int             // choices; 0 means no bound. With one the search cannot say "exhausted"
	// WholeTree explores every order of independent events and every path to a state. It is the definition that
	// the search is compared with, and needs very long.
	WholeTree bool
	// States ends the search after so many; 0 means no bound.
	States uint64
}

// op is what is done with an event, or without one.
type op uint8

const (
	take      op = iota // the event happens
	takeCrash           // it happens, and its machine crashes before anything else
	takeTwice           // it happens, and a copy of it stays under way
	crash               // a machine crashes between two events
)

// choice is one step.
type choice struct {
	op   op
	node nodes.ID // the machine on which it happens
	id   uint64   // of the event, in this execution
	key  uint64   // what it is, in every execution
	text string   // for people; made only when asked for
}

// run is an execution under way.
type run struct {
	w    *World
	b    *Bounds
	u    *sim.Universe
	i    *Instance
	left Bounds // what is left of the bounds
	path []choice
	// pending is what could come next, after what is eager has.
	pending []sim.Pending
	buf     []byte

	property string
	err      error
}

func (w *World) start(b *Bounds) *run {
	cfg := sim.Config{Window: math.MaxInt64 / 4}
	if w.Tune != nil {
		w.Tune(&cfg)
	}
	u := sim.New(cfg)
	r := &run{w: w, b: b, u: u, left: *b}
	r.i = w.Build(u)
	r.path = make([]choice, 0, 32)
	for r.i.Ready != nil && !r.i.Ready() {
		p := u.Pending()
		if len(p) == 0 {
			panic("smallscope: the world never becomes ready")
		}
		u.Happen(p[0])
	}
	r.settle()
	return r
}

// settle lets all eager events happen.
func (r *run) settle() {
	for {
		r.pending = r.u.Pending()
		n := r.firstEager()
		if n < 0 {
			return
		}
		r.u.Happen(r.pending[n])
	}
}

func (r *run) firstEager() int {
	if r.i.Eager == nil {
		return -1
	}
	return slices.IndexFunc(r.pending, r.i.Eager)
}

// appendEvent appends what an event is.
func (r *run) appendEvent(b []byte, p sim.Pending) []byte {
	if r.i.Event != nil {
		return r.i.Event(b, p)
	}
	return AppendEvent(b, r.u, p)
}

// AppendEvent appends what a pending event is: its kind, its machines, its tag and its bytes.
func AppendEvent(b []byte, u *sim.Universe, p sim.Pending) []byte {
	b = append(b, byte(p.Kind))
	b = append(append(b, p.Node...), 0)
	b = append(append(b, p.From...), 0)
	b = append(append(b, p.Tag.Name...), 0)
	b = binary.AppendUvarint(b, p.Tag.N)
	return u.AppendPayload(b, p)
}

// choices lists what can be done next, each thing once, in an order that does not depend on the path.
func (r *run) choices(into []choice) []choice {
	into = into[:0]
	if r.err != nil || r.b.Depth > 0 && len(r.path) >= r.b.Depth {
		return into
	}
	for _, p := range r.pending {
		r.buf = r.appendEvent(r.buf[:0], p)
		if len(r.buf) == 0 {
			continue
		}
		key := trace.Bytes(r.buf)
		if has(into, key) {
			continue
		}
		into = append(into, choice{op: take, node: p.Node, id: p.ID, key: key})
		if r.left.Crashes > 0 && r.crashable(p.Node) {
			into = append(into, choice{op: takeCrash, node: p.Node, id: p.ID, key: trace.Mix(key, uint64(takeCrash))})
		}
		if r.left.Doubles > 0 && p.Kind == trace.Deliver && p.From != p.Node {
			into = append(into, choice{op: takeTwice, node: p.Node, id: p.ID, key: trace.Mix(key, uint64(takeTwice))})
		}
	}
	if r.left.Crashes > 0 {
		for _, m := range r.u.Machines() {
			if m.Up() && r.crashable(m.ID()) {
				into = append(into, choice{op: crash, node: m.ID(), key: trace.Mix(trace.String(string(m.ID())), uint64(crash))})
			}
		}
	}
	return into
}

func has(list []choice, key uint64) bool {
	for i := range list {
		if list[i].key == key {
			return true
		}
	}
	return false
}

func (r *run) crashable(id nodes.ID) bool {
	if r.i.Crashable == nil {
		return true
	}
	return slices.Contains(r.i.Crashable, id)
}

// step carries out a choice.
func (r *run) step(c choice) {
	r.path = append(r.path, c)
	if c.op == crash {
		r.crash(c.node)
	} else {
		p := r.find(c.id)
		if c.op == takeTwice {
			r.left.Doubles--
			r.u.Double(p)
		}
		r.u.Happen(p)
		if c.op == takeCrash {
			r.crash(c.node)
		}
	}
	r.settle()
	r.check()
}

func (r *run) crash(id nodes.ID) {
	r.left.Crashes--
	m := r.u.Machine(id)
	m.Kill(r.b.Mode)
	m.Start(0)
}

func (r *run) find(id uint64) sim.Pending {
	for _, p := range r.pending {
		if p.ID == id {
			return p
		}
	}
	panic("smallscope: an event that was pending is no longer: the world is not deterministic")
}

func (r *run) check() {
	if v := r.u.Violation(); v != nil {
		r.property, r.err = v.Property, fmt.Errorf("%s", v.Detail)
		return
	}
	if r.i.Check != nil {
		r.property, r.err = r.i.Check()
	}
}

// state is a hash of where the execution is.
func (r *run) state() [2]uint64 {
	b := r.buf[:0]
	b = append(b, 1, byte(r.left.Crashes), byte(r.left.Doubles))
	for _, m := range r.u.Machines() {
		b = r.appendState(b, m)
		b = append(b, 0xff)
	}
	if r.i.Ghost != nil {
		b = r.i.Ghost(b)
	}
	r.buf = b
	var h [2]uint64
	h[0] = trace.Bytes(b)
	b[0] = 2
	h[1] = trace.Bytes(b)
	// What is under way is a set with counts: a sum does not depend on the order.
	var sum [2]uint64
	for _, p := range r.pending {
		r.buf = r.appendEvent(r.buf[:0], p)
		if len(r.buf) > 0 {
			k := trace.Bytes(r.buf)
			sum[0] += trace.Mix(k, 1)
			sum[1] += trace.Mix(k, 2)
		}
	}
	return [2]uint64{trace.Mix(h[0], sum[0]), trace.Mix(h[1], sum[1])}
}

func (r *run) appendState(b []byte, m *sim.Machine) []byte {
	if r.i.State != nil {
		return r.i.State(b, m)
	}
	b = binary.BigEndian.AppendUint64(b, m.Disk().Hash())
	if in, ok := m.Node().(nodes.Inspector); ok {
		b = fmt.Appendf(b, "%+v", in.Inspect())
	}
	return b
}

// pollEvery is after how many executions the context is asked.
const pollEvery = 256
