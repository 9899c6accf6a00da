package trial

import "orrery/sim"

// fair lets a scheduler pick until the safety phase is over. From the heal on, time alone decides what
// comes next: a cluster that is demanded to serve again must not be kept from it by
// whoever orders its events.
type fair struct {
	picks sim.Scheduler // nil: time alone decides
	over  bool
}

// Pick implements sim.Scheduler.
func (f *fair) Pick(u *sim.Universe, pending []sim.Pending) int {
	if f.picks == nil || f.over {
		return 0
	}
	return f.picks.Pick(u, pending)
}
