package sim

import (
	"slices"

	"orrery/trace"
)

// mayHappen tells whether Config.Omit and Config.Only let an event happen.
func (u *Universe) mayHappen(e *event) bool {
	switch f := u.entropy.forkAt; {
	case u.omit[e.id]:
		return false
	case u.only == nil, f != 0 && u.seq >= f, e.kind == trace.Posted:
		return true
	case e.pipe != nil && !u.isHeard(e):
		return true
	}
	return u.only[e.id]
}

// isHeard tells whether a process hears of something on a connection: if not, it is no event, and
// stands on no list.
func (u *Universe) isHeard(e *event) bool {
	m, end, other := u.machines[e.to], &e.pipe.ends[e.side], &e.pipe.ends[1-e.side]
	if m.node == nil {
		return false
	}
	if e.step == connSyn {
		for _, f := range u.machines[e.from].linkTo(m).faults {
			if f.link.HangDials || f.link.RefuseDials {
				return false
			}
		}
		return slices.ContainsFunc(m.ports, func(q port) bool { return q.number == e.pipe.ends[1].conn.Port })
	}
	switch {
	case !end.open || end.incarnation != m.incarnation:
		return false
	case e.step == connTimeout:
		return !end.stands
	case e.step == connBreak:
		return len(end.stalled) > 0 || other.m.off
	}
	return true
}

// keepBack takes an event out of the world that may not happen. A datagram counts as lost. What comes over
// a connection waits, and what is behind it too: a connection loses nothing out of its middle.
func (u *Universe) keepBack(slot uint32) bool {
	e := &u.slab[slot]
	switch {
	case e.kind == trace.Deliver && e.from != e.to:
		l := u.machines[e.from].links[e.to]
		l.underway--
		return u.loseOnTheWay(l, slot, DropOmitted)
	case e.pipe != nil && e.from >= 0 && e.step != connReset:
		sender := &e.pipe.ends[1-e.side]
		sender.stalled = append(sender.stalled, slot)
		u.beginBreaking(e.pipe, 1-e.side)
		return false
	}
	u.release(slot)
	return false
}
