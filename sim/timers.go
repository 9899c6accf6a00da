package sim

import (
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// timer is one that runs. A machine has few at a time: a slice beats a map, and
// has an order.
type timer struct {
	tag      nodes.Tag
	gen      uint64 // tells this setting from earlier ones of the same tag
	deadline int64  // by the machine's monotonic clock
}

func (e *environment) SetTimer(tag nodes.Tag, d time.Duration) {
	m := (*Machine)(e)
	m.effect()
	m.driftBites()
	u := m.u
	m.timerGen++
	t := m.findTimer(tag)
	if t == nil {
		m.timers = append(m.timers, timer{tag: tag})
		t = &m.timers[len(m.timers)-1]
	}
	t.gen = m.timerGen
	t.deadline = m.clock.monotonic(u.now) + max(int64(d), 0)
	// A timer is named by the event that set it. Setting it twice in one event gives
	// one identity to both, but only the later one is there to fire.
	id := trace.Mix(u.current^uint64(trace.Fire)<<32, trace.String(tag.Name)^tag.N)
	m.scheduleTimer(tag, t.gen, id, t.deadline)
	u.recordTimer(m, trace.TimerSet, tag, max(d, 0))
}

func (m *Machine) scheduleTimer(tag nodes.Tag, gen, id uint64, deadline int64) {
	u := m.u
	slot, e := u.alloc()
	e.kind, e.to, e.from, e.incarnation = trace.Fire, m.index, -1, m.incarnation
	e.tag, e.n, e.id, e.cause = tag, gen, id, u.seq
	wait := m.clock.virtual(max(deadline-m.clock.monotonic(u.now), 0))
	if late := &u.cfg.LateTimer; *late != (Dist{}) {
		wait += late.at(u.draw(&m.randStr, about(id, siteTimer), distRange))
	}
	u.schedule(slot, u.now+wait)
}

func (e *environment) StopTimer(tag nodes.Tag) {
	m := (*Machine)(e)
	m.effect()
	for i := range m.timers {
		if m.timers[i].tag == tag {
			last := len(m.timers) - 1
			m.timers[i] = m.timers[last]
			m.timers = m.timers[:last]
			m.u.recordTimer(m, trace.TimerStop, tag, 0)
			return
		}
	}
}

func (m *Machine) findTimer(tag nodes.Tag) *timer {
	for i := range m.timers {
		if m.timers[i].tag == tag {
			return &m.timers[i]
		}
	}
	return nil
}

func (m *Machine) handleTimer(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	t := m.findTimer(e.tag)
	if t == nil || t.gen != e.n {
		return false // it was stopped, or set again
	}
	if now := m.clock.monotonic(u.now); now < t.deadline {
		// The clock runs more slowly than it did when the timer was set.
		m.scheduleTimer(e.tag, e.n, e.id, t.deadline)
		return false
	}
	tag := e.tag
	*t = m.timers[len(m.timers)-1]
	m.timers = m.timers[:len(m.timers)-1]
	u.begin(e, e.n)
	u.record(e, nil)
	m.fire(tag)
	u.after(m, trace.Fire)
	return true
}

func (m *Machine) fire(tag nodes.Tag) {
	defer m.leave(m.enter())
	m.node.Fire((*environment)(m), tag)
}
