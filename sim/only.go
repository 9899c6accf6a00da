package sim

import "orrery/trace"

// mayHappen tells whether Config.Omit and Config.Only let an event happen.
func (u *Universe) mayHappen(e *event) bool {
	switch f := u.entropy.forkAt; {
	case u.omit[e.id]:
		return false
	case u.only == nil, f != 0 && u.seq >= f:
		return e.pipe == nil || !e.pipe.ends[e.side].stuck
	case e.kind == trace.Posted:
		return true
	case e.pipe != nil && e.pipe.ends[e.side].stuck:
		return false
	}
	return u.only[e.id]
}

// keepBack takes an event out of the world that may not happen. A datagram counts as lost; what
// comes on a connection comes in order, so nothing can come any more at its end.
func (u *Universe) keepBack(slot uint32) bool {
	e := &u.slab[slot]
	if e.kind == trace.Deliver && e.from != e.to {
		l := u.machines[e.from].links[e.to]
		l.underway--
		return u.loseOnTheWay(l, slot, DropOmitted)
	}
	if e.pipe != nil {
		e.pipe.ends[e.side].stuck = true
	}
	u.release(slot)
	return false
}
