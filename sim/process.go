package sim

import (
	"fmt"
	"runtime/debug"
	"time"

	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// killed and halted unwind a handler whose process ends inside it. They never leave
// the kernel. A call that the handler has deferred may try to go on all the same: each
// effect raises them anew, and that the handler recovers does not bring the process back.
type (
	killed struct{}
	halted struct{ err error }
)

// boot calls the node's Boot.
func (m *Machine) boot() (err error) {
	defer m.leave(m.enter())
	return m.node.Boot((*environment)(m))
}

// enter marks the start of a call into the node: from here on its Env is valid.
func (m *Machine) enter() nodes.Node {
	m.u.running = m
	if m.slow > 0 {
		m.busyUntil = m.u.now + int64(m.slow)
	}
	return m.node
}

// leave marks the end of a call, in whichever way it ends: the handler has returned,
// its process was killed or has halted inside it, or it has panicked, which is
// a violation. It must be deferred, and be what recovers.
func (m *Machine) leave(nodes.Node) {
	m.u.running = nil
	r := recover()
	if m.dying != nil {
		r, m.dying = m.dying, nil
	}
	switch r := r.(type) {
	case nil:
	case killed:
		m.end(nil, "is killed between two effects", m.killHow)
	case halted:
		m.end(r.err, "halts: "+r.err.Error(), vdisk.LoseNothing)
	default:
		stack := string(debug.Stack())
		if t, is := m.node.(interface{ PanicStack() string }); is {
			stack += t.PanicStack() // of the task below the handler
		}
		m.u.violate(Violation{Property: "panic", Detail: fmt.Sprintf("%s: %v", m.id, r), Stack: stack})
		m.end(nil, "panics", vdisk.LoseNothing)
	}
}

// effect is called at the beginning of everything that changes the world: here a
// process can die.
func (m *Machine) effect() {
	if m.u.running != m {
		panic(fmt.Sprintf("sim: %s uses its Env outside of a call", m.id))
	}
	if m.dying != nil {
		panic(m.dying)
	}
	m.effects++
	if m.killIn > 0 {
		if m.killIn--; m.killIn == 0 {
			m.die(killed{})
		}
	}
}

// die ends the process inside the handler that runs.
func (m *Machine) die(how any) {
	m.dying = how
	panic(how)
}

// Kill ends the machine's process at once, if there is one. how says what becomes of
// what was written and not synced: nothing is lost if only the process is killed,
// and any of it if the whole machine loses its power. It returns what was lost.
func (m *Machine) Kill(how vdisk.CrashMode) vdisk.Loss {
	if m.node == nil {
		return vdisk.Loss{}
	}
	if m.u.running == m {
		panic("sim: a machine cannot kill itself inside a call; use KillAtEffect")
	}
	return m.end(nil, "is killed", how)
}

// KillAtEffect has the process killed just before its n-th effect from now, n from 1,
// unless it ends before. If none runs, it is the next one that is killed, in its
// recovery or later. Effects are the calls of nodes.Env and nodes.Disk that change
// something. With n = 0 the order is taken back, if it has not been carried out.
func (m *Machine) KillAtEffect(n int, how vdisk.CrashMode) {
	m.killIn, m.killHow = max(n, 0), how
}

// end is the end of a process.
func (m *Machine) end(exit error, why string, how vdisk.CrashMode) vdisk.Loss {
	u := m.u
	if h, ok := m.node.(nodes.Halter); ok {
		h.Halted()
	}
	last := m.node
	m.node, m.codec, m.conns, m.stages = nil, nil, nil, nil
	m.exit = exit
	m.timers = m.timers[:0]
	m.stageAt = m.stageAt[:0]
	m.ports = m.ports[:0]
	m.killIn = 0
	for _, slot := range m.backlog {
		u.release(slot)
	}
	m.backlog = m.backlog[:0]
	m.off = how != vdisk.LoseNothing
	m.breakConns()
	m.lastState = ""
	loss, damages := m.crashDisk(how)
	u.stats.Crashes++
	u.stats.BytesLost += uint64(loss.Bytes)
	if u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.Crash, Node: string(m.id), Incarnation: m.incarnation,
			Text: why + describeLoss(loss), Len: loss.Bytes})
	}
	for _, d := range damages {
		u.recordDamage(m, d)
	}
	for _, o := range u.observers {
		if o.Ended != nil {
			o.Ended(m, last)
		}
	}
	return loss
}

// crashDisk lets a crash take from the disk what was not synced. It tells file by file what that
// was if states are recorded.
func (m *Machine) crashDisk(how vdisk.CrashMode) (loss vdisk.Loss, damages []vdisk.Damage) {
	u := m.u
	var tell func(vdisk.Damage)
	if u.cfg.States && u.cfg.Recorder != nil {
		tell = func(d vdisk.Damage) { damages = append(damages, d) }
	}
	id := about(trace.Mix(m.key, uint64(m.incarnation)), siteCrash)
	ordinal := uint64(0)
	loss = m.disk.CrashTold(how, func(n uint64) uint64 {
		ordinal++
		return u.draw(&m.diskStr, trace.Mix(id, ordinal), n)
	}, tell)
	u.hash.Add(uint64(u.now), id, uint64(trace.Crash), uint64(loss.Bytes))
	return loss, damages
}

func describeLoss(l vdisk.Loss) string {
	if l.Bytes == 0 && l.Names == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d bytes and %d names that were not synced are lost)", l.Bytes, l.Names)
}

// Pause stops the process as SIGSTOP does: no handler runs, what arrives waits, and
// the clocks go on. Pauses add up; each needs its Resume.
func (m *Machine) Pause() { m.paused++ }

// Resume takes one Pause back.
func (m *Machine) Resume() {
	if m.paused == 0 {
		return
	}
	if m.paused--; m.paused == 0 && len(m.backlog) > 0 {
		m.wakeAt(m.u.now)
	}
}

// setSlow makes every event keep the process busy for d, so that others wait; 0 ends it.
func (m *Machine) setSlow(d time.Duration) {
	m.slow = d
	if d == 0 && len(m.backlog) > 0 {
		m.wakeAt(m.u.now)
	}
}

// Wipe empties the machine's disk. The process must be down.
func (m *Machine) Wipe() {
	if m.node != nil {
		panic("sim: a running machine cannot be wiped")
	}
	m.disk.Wipe()
}
