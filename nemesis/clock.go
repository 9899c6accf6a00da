package nemesis

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/sim"
)

// ClockBump lets wall clocks jump when it begins, and back when it ends. Monotonic clocks
// and timers do not notice.
type ClockBump struct {
	Who Target
	By  time.Duration // forwards, or backwards if negative
}

func (f *ClockBump) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(durationValue{&f.By, true})}
}

// String implements [Fault].
func (f ClockBump) String() string { return write("clock-bump", &f) }

// Kind implements [Fault].
func (ClockBump) Kind() *Kind { return kindNamed("clock-bump") }

func (f ClockBump) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{clock: sim.ClockFault{Offset: f.By}})
}

// ClockStrobe lets wall clocks jump by Delta and back, again and again (Jepsen).
type ClockStrobe struct {
	Who   Target
	Delta time.Duration
	Every time.Duration
}

func (f *ClockStrobe) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(durationValue{&f.Delta, true}), arg(durationValue{&f.Every, false})}
}

// String implements [Fault].
func (f ClockStrobe) String() string { return write("clock-strobe", &f) }

// Kind implements [Fault].
func (ClockStrobe) Kind() *Kind { return kindNamed("clock-strobe") }

func (f ClockStrobe) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{clock: sim.ClockFault{StrobeDelta: f.Delta, StrobePeriod: f.Every}})
}

// ClockFreeze lets wall clocks stand still; when it ends they jump to the right time.
type ClockFreeze struct{ Who Target }

func (f *ClockFreeze) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f ClockFreeze) String() string { return write("clock-freeze", &f) }

// Kind implements [Fault].
func (ClockFreeze) Kind() *Kind { return kindNamed("clock-freeze") }

func (f ClockFreeze) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{clock: sim.ClockFault{Freeze: true}})
}

// Drift lets the monotonic and the wall clocks of machines run fast or slow, and with
// them their timers. A system that counts on leases says how much it bears
// ([Cluster.DriftBoundPPM]); a budgeted nemesis keeps to that, and an unrestricted one too,
// for beyond it safety is not promised either.
type Drift struct {
	Who  Target
	Rate int64 // in parts per million; faster if positive
}

func (f *Drift) fields() []field { return []field{arg(targetValue{&f.Who}), arg(rateValue{&f.Rate})} }

// String implements [Fault].
func (f Drift) String() string { return write("drift", &f) }

// Kind implements [Fault].
func (Drift) Kind() *Kind { return kindNamed("drift") }

func (f Drift) begin(r *run) error {
	if bound := r.n.c.DriftBoundPPM; bound > 0 && max(f.Rate, -f.Rate) > bound {
		return fmt.Errorf("beyond the drift bound of %d ppm", bound)
	}
	return r.keepMachines(f.Who, disturbance{clock: sim.ClockFault{DriftPPM: f.Rate}})
}

// ClockBackwards sets wall clocks back by By, again and again; all of it is made good
// when it ends. If By is longer than Every, time runs backwards on the whole.
type ClockBackwards struct {
	Who   Target
	By    time.Duration
	Every time.Duration
}

func (f *ClockBackwards) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(durationValue{&f.By, false}), arg(durationValue{&f.Every, false})}
}

// String implements [Fault].
func (f ClockBackwards) String() string { return write("clock-backwards", &f) }

// Kind implements [Fault].
func (ClockBackwards) Kind() *Kind { return kindNamed("clock-backwards") }

func (f ClockBackwards) begin(r *run) error {
	r.mark()
	return r.first(f.Who, func(ids []nodes.ID) error {
		back := time.Duration(0)
		var p *part
		var step func()
		step = func() {
			back += f.By
			old := p
			p, _ = r.put(disturbance{ids: ids, clock: sim.ClockFault{Offset: -back}}) // a clock costs no budget
			if old != nil {
				r.take(old)
			}
			r.after(f.Every, "backwards", step)
		}
		step()
		return nil
	})
}
