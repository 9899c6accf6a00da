package sim

import "time"

// clock is a machine's pair of clocks. The monotonic one runs at a rate of its own;
// the wall clock is the monotonic one plus an offset that can be changed, frozen
// and strobed.
type clock struct {
	base     int64 // virtual time of the last change of rate
	monoBase int64 // what the monotonic clock showed then
	ppm      int64 // how much faster than virtual time it runs

	offset  int64 // of the wall clock from the monotonic one
	frozen  int   // wall clock stands still while > 0
	stoodAt int64

	strobes []strobe
}

// strobe makes the wall clock jump to and fro.
type strobe struct {
	since, period, delta int64
	token                *Active
}

func newClock(u *Universe, m *Machine) clock {
	c := clock{}
	cfg := u.cfg.Clocks
	s := machineStream("clock", m)
	c.offset = around(u.draw(&s, 1, 1<<32), int64(cfg.OffsetMax))
	c.ppm = around(u.draw(&s, 2, 1<<32), int64(cfg.DriftPPM))
	return c
}

// around maps a draw in [0, 2^32) to [-limit, limit]; 0 gives 0, and so the values
// alternate in sign as they grow.
func around(v uint64, limit int64) int64 {
	size := int64(v>>1) * limit >> 31
	if limit >= 1<<31 {
		size = limit >> 31 * int64(v>>1)
	}
	if v&1 == 1 {
		return -size
	}
	return size
}

// monotonic is what the monotonic clock shows, in nanoseconds, at virtual time now.
func (c *clock) monotonic(now int64) int64 {
	d := now - c.base
	return c.monoBase + d + d/million*c.ppm + d%million*c.ppm/million
}

// wall is what the wall clock shows, in nanoseconds after the universe's epoch.
func (c *clock) wall(now int64) int64 {
	if c.frozen > 0 {
		return c.stoodAt
	}
	w := c.monotonic(now) + c.offset
	for i := range c.strobes {
		s := &c.strobes[i]
		if s.period > 0 && (now-s.since)/s.period%2 == 1 {
			w += s.delta
		}
	}
	return w
}

// virtual is how much virtual time passes while the monotonic clock advances by d,
// rounded up.
func (c *clock) virtual(d int64) int64 {
	rate := int64(million) + c.ppm
	return d/rate*million + (d%rate*million+rate-1)/rate
}

func (c *clock) setRate(now, ppm int64) {
	c.monoBase, c.base = c.monotonic(now), now
	c.ppm = ppm
}

// Clock is where a machine's wall clock stands, beyond the true time.
func (m *Machine) Clock() time.Duration {
	return time.Duration(m.clock.wall(m.u.now) - m.u.now)
}

// Monotonic and Wall are what the machine's process would read, for invariants that look at
// clocks from outside. They count as no reading.
func (m *Machine) Monotonic() time.Duration {
	return time.Duration(m.clock.monotonic(m.u.now) - m.booted)
}

// Wall is the machine's wall clock: see Monotonic.
func (m *Machine) Wall() time.Time { return m.u.epoch.Add(time.Duration(m.clock.wall(m.u.now))) }

// DriftPPM is by how much the machine's clocks run fast now (or slow, if negative), in parts per million: see Drift. A timer keeps the
// time at which it was to fire when it was set, so one that was set on a slow clock is late by one that is faster since.
func (m *Machine) DriftPPM() int64 { return m.clock.ppm }

// StepClock makes the machine's wall clock jump by d, forwards or backwards. The
// monotonic clock, and so the timers, do not notice.
func (m *Machine) StepClock(d time.Duration) { m.clock.offset += int64(d) }

// Drift makes the machine's clocks run fast (or slow, if negative) by ppm parts per
// million; it returns the previous value. Rates from -500,000 (half) to 1,000,000
// (double) make sense.
func (m *Machine) Drift(ppm int64) int64 {
	before := m.clock.ppm
	m.clock.setRate(m.u.now, max(ppm, -900_000))
	return before
}

// freezeClock and thawClock stop the wall clock, and let it jump to the right time.
func (m *Machine) freezeClock() {
	if m.clock.frozen == 0 {
		m.clock.stoodAt = m.clock.wall(m.u.now)
	}
	m.clock.frozen++
}

func (m *Machine) thawClock() { m.clock.frozen-- }

// localTime is what the machine's wall clock shows, from the true start of the run.
func (m *Machine) localTime() time.Duration { return time.Duration(m.clock.wall(m.u.now)) }
