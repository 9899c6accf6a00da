package sim

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// Machine is one computer of a universe: a clock, a disk, links to the others, and at
// most one running process, which is a nodes.Node. A process that ends loses
// everything but the disk.
type Machine struct {
	u     *Universe
	index int32
	id    nodes.ID
	key   uint64 // hash of the id
	build func() nodes.Node

	// The process.
	node        nodes.Node // nil while the machine is down
	codec       nodes.Codec
	conns       nodes.ConnHandler
	stages      nodes.StageHandler
	incarnation uint32
	booted      int64 // the machine's monotonic time at the start of the process
	timers      []timer
	timerGen    uint64
	stageAt     []stageQueue
	ends        []connRef
	nextConn    uint64
	ports       []port
	lastState   string // what the node's Inspect gave, where states are recorded
	exit        error  // why the last process ended: Boot's error, Halt's, or nil
	dying       any    // what ends the process inside the handler that runs, or nil

	// The computer.
	clock   clock
	disk    *vdisk.Disk
	links   []*link // to each machine, by index
	rand    *rand.Rand
	randStr stream
	diskStr stream

	// Faults.
	paused       int
	slow         time.Duration // every event keeps the process busy for so long
	busyUntil    int64
	backlog      []uint32 // events that wait, because the process is paused or busy
	waking       bool     // an event that takes the backlog further is in the queue
	killIn       int      // the process is killed just before its n-th effect; 0 is never
	killHow      vdisk.CrashMode
	effects      uint64 // how many effects the process has asked for
	diskFaults   []*Active
	stalledSyncs []uint32
	clockFaults  []*Active
	procFaults   []*Active
	off          bool // it lost its power, and has not been started since
}

func newMachine(u *Universe, id nodes.ID, build func() nodes.Node) *Machine {
	m := &Machine{u: u, index: int32(len(u.machines)), id: id, key: trace.String(string(id)), build: build}
	m.disk = vdisk.New(vdisk.Config{Capacity: u.cfg.Disk.Capacity})
	m.diskStr = machineStream("disk", m)
	m.randStr = machineStream("node", m)
	m.clock = newClock(u, m)
	m.rand = rand.New((*randSource)(m))
	return m
}

// ID is the machine's name.
func (m *Machine) ID() nodes.ID { return m.id }

// Index is the machine's place in the order in which machines were added, from 0.
func (m *Machine) Index() int { return int(m.index) }

// Up tells whether a process runs on the machine, be it paused or not.
func (m *Machine) Up() bool { return m.node != nil }

// Paused tells whether the process is paused.
func (m *Machine) Paused() bool { return m.paused > 0 }

// Node is the running process, or nil. Whoever looks must not change it.
func (m *Machine) Node() nodes.Node { return m.node }

// Incarnation counts the processes that were started on the machine, from 1.
func (m *Machine) Incarnation() uint32 { return m.incarnation }

// Exit is why the last process ended by itself: the error of Boot or of Halt. It is
// nil while a process runs, and after a kill.
func (m *Machine) Exit() error { return m.exit }

// Disk is the machine's disk, for checkers that compare what a node says with what is
// durable, and for faults.
func (m *Machine) Disk() *vdisk.Disk { return m.disk }

// Effects counts what the process has asked of its machine since it started: the
// points at which it can be killed.
func (m *Machine) Effects() uint64 { return m.effects }

// Start starts the machine's process after d. It does nothing if one runs by then.
func (m *Machine) Start(d time.Duration) {
	u := m.u
	slot, e := u.alloc()
	e.kind, e.to, e.from = trace.Boot, m.index, -1
	e.id = trace.Mix(trace.Mix(m.key, uint64(trace.Boot)), uint64(m.incarnation)+1)
	e.cause = u.seq
	u.schedule(slot, u.now+max(int64(d), 0))
}

// mustWait tells whether an event has to queue up behind a pause or a busy process.
func (m *Machine) mustWait(kind trace.Kind) bool {
	if m.node == nil && (m.paused == 0 || kind != trace.Boot) {
		return false // nobody is there who could be paused, unless he is about to start
	}
	busy := m.slow > 0 && m.u.now < m.busyUntil
	if len(m.backlog) == 0 && m.paused == 0 && !busy {
		return false
	}
	for _, a := range m.procFaults {
		a.Bite(1)
	}
	if busy {
		m.wakeAt(m.busyUntil)
	}
	return true
}

// Behind is how long an event that came now would wait for the process, which is slow and has others to handle before it.
// It is for observers: what a protocol promises in time it cannot keep on a machine that has more to do than it can.
func (m *Machine) Behind() time.Duration { return time.Duration(len(m.backlog)) * m.slow }

// wakeAt has the backlog taken further at a time, unless that is under way.
func (m *Machine) wakeAt(at int64) {
	if m.waking {
		return
	}
	m.waking = true
	u := m.u
	slot, e := u.alloc()
	e.wake, e.to, e.from = true, m.index, -1
	e.kind = trace.Script
	u.scheduleInOrder(slot, at)
}

// wake handles the first event of the backlog, and arranges for the next.
func (m *Machine) wake(slot uint32) bool {
	u := m.u
	u.release(slot)
	m.waking = false
	if m.paused > 0 || len(m.backlog) == 0 {
		return false
	}
	if u.now < m.busyUntil && m.slow > 0 {
		m.wakeAt(m.busyUntil)
		return false
	}
	first := m.backlog[0]
	m.backlog = append(m.backlog[:0], m.backlog[1:]...)
	happened := m.handle(first)
	u.release(first)
	if len(m.backlog) > 0 {
		m.wakeAt(max(u.now, m.busyUntil))
	}
	return happened
}

// handle lets one event happen on this machine. It returns false if the process
// that it was meant for is gone.
func (m *Machine) handle(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	switch {
	case e.kind == trace.Deliver:
		return m.handleDatagram(slot)
	case e.kind == trace.Boot:
		return m.handleBoot(slot)
	case e.pipe != nil:
		return m.handleConn(slot)
	case e.incarnation != m.incarnation || m.node == nil:
		return false
	case e.kind == trace.Fire:
		return m.handleTimer(slot)
	case e.kind == trace.Synced:
		return m.handleSynced(slot)
	default:
		return m.handlePosted(slot)
	}
}

func (m *Machine) handleBoot(slot uint32) bool {
	if m.node != nil {
		return false
	}
	u := m.u
	e := &u.slab[slot]
	m.incarnation++
	m.off = false
	m.exit = nil
	m.effects = 0
	m.booted = m.clock.monotonic(u.now)
	m.node = m.build()
	m.codec = m.node.Codec()
	m.conns, _ = m.node.(nodes.ConnHandler)
	m.stages, _ = m.node.(nodes.StageHandler)
	u.begin(e, uint64(m.incarnation))
	u.record(e, nil)
	if err := m.boot(); err != nil && m.node != nil {
		m.end(err, "refuses to start: "+err.Error(), vdisk.LoseNothing)
	}
	u.after(m, trace.Boot)
	return true
}

// randSource draws a node's randomness from its own stream. What a handler draws
// depends on the event that it handles, not on how much was drawn before.
type randSource Machine

// Uint64 makes it a rand.Source.
func (r *randSource) Uint64() uint64 {
	u := r.u
	u.ordinal++
	return u.draw(&r.randStr, trace.Mix(u.current^r.key, about(u.ordinal, siteRand)), 0)
}
