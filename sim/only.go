package sim

import (
	"slices"

	"orrery/trace"
)

// keepsBack tells whether Config.Omit or Config.Only does not let an event happen.
func (u *Universe) keepsBack(e *event) bool {
	return (u.only != nil || u.omit != nil) && !u.mayHappen(e)
}

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
	if m.node == nil || other.hasLost(e) {
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

// drop takes an event out of the world that may not happen. A datagram counts as lost.
func (u *Universe) drop(slot uint32) bool {
	e := &u.slab[slot]
	if e.kind == trace.Deliver && e.from != e.to {
		l := u.machines[e.from].links[e.to]
		l.underway--
		return u.loseOnTheWay(l, slot, DropOmitted)
	}
	u.release(slot)
	return false
}

// isSent tells whether an event is something that comes from another machine over a connection. What of
// that is kept back waits, and what is behind it too: a connection loses nothing out of its middle.
func (e *event) isSent() bool { return e.pipe != nil && e.from >= 0 && e.from != e.to }
