package nemesis

import (
	"time"

	"orrery/sim"
)

// Pause stops processes as SIGSTOP does. What arrives waits, timers are late, the clocks go
// on, and afterwards the process goes on as though nothing had been: a leader in the
// belief that it still leads.
type Pause struct{ Who Target }

func (f *Pause) fields() []field { return []field{arg(targetValue{&f.Who})} }

// String implements [Fault].
func (f Pause) String() string { return write("pause", &f) }

// Kind implements [Fault].
func (Pause) Kind() *Kind { return kindNamed("pause") }

func (f Pause) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{proc: sim.ProcessFault{Pause: true}})
}

// Slow makes every event keep processes busy for a while, so that others wait.
type Slow struct {
	Who Target
	By  time.Duration // for every event
}

func (f *Slow) fields() []field {
	return []field{arg(targetValue{&f.Who}), arg(durationValue{&f.By, false})}
}

// String implements [Fault].
func (f Slow) String() string { return write("slow", &f) }

// Kind implements [Fault].
func (Slow) Kind() *Kind { return kindNamed("slow") }

func (f Slow) begin(r *run) error {
	return r.keepMachines(f.Who, disturbance{proc: sim.ProcessFault{Slow: f.By}})
}
