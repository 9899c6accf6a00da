package sim

import (
	"slices"
	"time"

	"orrery/nodes"
)

// ProcessFault is what can be wrong with a running process.
type ProcessFault struct {
	Pause bool          // no handler runs, as after SIGSTOP
	Slow  time.Duration // every event keeps the process busy for so long
}

// DisturbProcesses begins a fault of the processes of some machines. It stays with
// the machine if the process is started again.
func (u *Universe) DisturbProcesses(name string, ids []nodes.ID, f ProcessFault) *Active {
	a := u.newActive(name, ids...)
	var hit []*Machine
	for _, id := range ids {
		m := u.lookup(id)
		if m == nil {
			continue
		}
		hit = append(hit, m)
		m.procFaults = append(m.procFaults, a)
		if f.Pause {
			m.Pause()
		}
		m.setSlow(m.slow + f.Slow)
	}
	a.undo = func() {
		for _, m := range hit {
			m.procFaults = slices.DeleteFunc(m.procFaults, func(b *Active) bool { return b == a })
			if f.Pause {
				m.Resume()
			}
			m.setSlow(m.slow - f.Slow)
		}
	}
	return a
}

// ClockFault is what can be wrong with the clocks of a machine.
type ClockFault struct {
	Offset   time.Duration // the wall clock jumps by so much, and back at the end
	DriftPPM int64         // both clocks run fast, or slow if negative, by so many parts per million
	Freeze   bool          // the wall clock stands still, and jumps to the right time at the end
	// StrobeDelta and StrobePeriod make the wall clock jump to and fro by the former, every
	// latter.
	StrobeDelta  time.Duration
	StrobePeriod time.Duration
}

// DisturbClocks begins a fault of some machines' clocks. Its effects are the readings
// of a wall clock while it was wrong, and, of a fault of the rate, those of the
// monotonic clock and the timers that were set by it.
func (u *Universe) DisturbClocks(name string, ids []nodes.ID, f ClockFault) *Active {
	a := u.newActive(name, ids...)
	a.clock = f
	var hit []*Machine
	for _, id := range ids {
		m := u.lookup(id)
		if m == nil {
			continue
		}
		hit = append(hit, m)
		m.clockFaults = append(m.clockFaults, a)
		m.StepClock(f.Offset)
		m.clock.setRate(u.now, m.clock.ppm+f.DriftPPM)
		if f.Freeze {
			m.freezeClock()
		}
		if f.StrobePeriod > 0 {
			m.clock.strobes = append(m.clock.strobes, strobe{u.now, int64(f.StrobePeriod), int64(f.StrobeDelta), a})
		}
	}
	a.undo = func() {
		for _, m := range hit {
			m.clockFaults = slices.DeleteFunc(m.clockFaults, func(b *Active) bool { return b == a })
			m.clock.strobes = slices.DeleteFunc(m.clock.strobes, func(s strobe) bool { return s.token == a })
			m.StepClock(-f.Offset)
			m.clock.setRate(u.now, m.clock.ppm-f.DriftPPM)
			if f.Freeze {
				m.thawClock()
			}
		}
	}
	return a
}

// driftBites counts an effect of every fault of the rate of the machine's clocks.
func (m *Machine) driftBites() {
	for _, a := range m.clockFaults {
		if a.clock.DriftPPM != 0 {
			a.Bite(1)
		}
	}
}
