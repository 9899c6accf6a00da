package strategy

import (
	"slices"

	"orrery/sim"
)

// chains orders events by the priorities of the chains that they belong to. The events of a run are a partial
// order, by which event each follows from; a chain is a path through it, and is to a system of messages
// what a thread is to a program. The partition is made while the run goes on, greedily: an event goes on with
// the chain whose last event caused it, or begins a chain of its own.
//
// A new chain's priority is drawn. At d-1 drawn events, the chain whose turn it is falls below all
// others. Who comes next is the pending event of the highest chain.
type chains struct {
	d      dice
	racy   bool     // only events that race count as places to change priorities
	points []uint64 // the counts at which a priority changes, sorted
	count  uint64   // events that count, so far
	lowest uint64   // rank of the next chain that falls

	rank   map[uint64]uint64 // of a chain, by its number; the higher goes first
	tail   map[uint64]uint64 // by an event's number in the trace: the chain that it is the last of
	member map[uint64]uint64 // by a pending event's identity: its chain
	opened uint64

	picked    uint64 // chain of the event that was picked last
	pickedSeq uint64 // the number that this event has in the trace, if it happened at once
}

const rankOfNew = 1 << 32 // above whatever has fallen

// newChains makes an order with d-1 changes among about length events.
func newChains(d dice, depth int, length uint64, racy bool) *chains {
	c := &chains{d: d, racy: racy, lowest: rankOfNew, rank: map[uint64]uint64{}, tail: map[uint64]uint64{}, member: map[uint64]uint64{}}
	for range depth - 1 {
		c.points = append(c.points, 1+d.Uint64N(max(length, 1)))
	}
	slices.Sort(c.points)
	return c
}

// counted is how many events have counted.
func (c *chains) counted() uint64 { return c.count }

// Pick implements sim.Scheduler.
func (c *chains) Pick(u *sim.Universe, pending []sim.Pending) int {
	if c.picked != 0 {
		c.tail[c.pickedSeq] = c.picked
		c.picked = 0
	}
	for i := range pending {
		c.place(&pending[i])
	}
	best := c.highest(pending)
	if !c.racy || races(pending, best) {
		c.count++
		for len(c.points) > 0 && c.count >= c.points[0] {
			c.points = c.points[1:]
			c.lowest--
			c.rank[c.member[pending[best].ID]] = c.lowest
			best = c.highest(pending)
		}
	}
	id := pending[best].ID
	c.picked, c.pickedSeq = c.member[id], u.Seq()+1
	delete(c.member, id)
	return best
}

// place gives an event that is seen for the first time its chain.
func (c *chains) place(p *sim.Pending) {
	if _, known := c.member[p.ID]; known {
		return
	}
	chain, follows := c.tail[p.Cause]
	if follows {
		delete(c.tail, p.Cause)
	} else {
		c.opened++
		chain = c.opened
		c.rank[chain] = rankOfNew + c.d.Uint64N(1<<40)
	}
	c.member[p.ID] = chain
}

func (c *chains) highest(pending []sim.Pending) int {
	best := 0
	for i := range pending {
		if c.rank[c.member[pending[i].ID]] > c.rank[c.member[pending[best].ID]] {
			best = i
		}
	}
	return best
}

// races tells whether the order of pending[i] and another pending event matters: whether both happen on one
// machine.
func races(pending []sim.Pending, i int) bool {
	for k := range pending {
		if k != i && pending[k].Node == pending[i].Node {
			return true
		}
	}
	return false
}
