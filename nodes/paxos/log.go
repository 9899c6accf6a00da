package paxos

import "slices"

// slotState is what an acceptor and learner knows of one slot.
type slotState struct {
	ballot Ballot // in which value was accepted; zero if it was only learnt
	value  []byte // nil if nothing was accepted or learnt
	lsn    uint64 // the record of the log that says so
	chosen bool
}

// slots is the replicated log from one slot on: a ring, because old slots
// go at one end as new ones come at the other.
type slots struct {
	base Slot // everything up to it is gone
	last Slot // the last slot with a value, or base
	ring []slotState
}

// maxAhead bounds how far behind base a slot may lie. A leader's window is far smaller; an
// acceptor that is asked for more is behind, and must catch up first.
const maxAhead = 1 << 16

// at returns the state of slot s, or nil if nothing is known of it.
func (l *slots) at(s Slot) *slotState {
	if s <= l.base || s > l.last {
		return nil
	}
	c := &l.ring[int(s)&(len(l.ring)-1)]
	if c.value == nil {
		return nil
	}
	return c
}

// reach returns the place of slot s, which must lie behind base and within maxAhead.
func (l *slots) reach(s Slot) *slotState {
	if s <= l.base || s-l.base > maxAhead {
		panic("paxos: slot out of the log's reach")
	}
	if n := int(s - l.base); n > len(l.ring) {
		l.grow(n)
	}
	l.last = max(l.last, s)
	return &l.ring[int(s)&(len(l.ring)-1)]
}

func (l *slots) grow(n int) {
	size := max(64, len(l.ring))
	for size < n {
		size *= 2
	}
	ring := make([]slotState, size)
	for s := l.base + 1; s <= l.last; s++ {
		ring[int(s)&(size-1)] = l.ring[int(s)&(len(l.ring)-1)]
	}
	l.ring = ring
}

// trim forgets the slots up to base.
func (l *slots) trim(base Slot) {
	for s := l.base + 1; s <= min(base, l.last); s++ {
		l.ring[int(s)&(len(l.ring)-1)] = slotState{}
	}
	l.base = max(l.base, base)
	l.last = max(l.last, l.base)
}

// arena hands out small copies cut from larger pieces of memory. A piece goes when all copies
// cut from it have, which for a log, whose slots go in order, is soon.
type arena struct{ free []byte }

func (a *arena) copy(p []byte) []byte {
	const piece = 8 << 10
	if len(p) > piece/4 {
		return slices.Clone(p)
	}
	if len(p) > len(a.free) {
		a.free = make([]byte, piece)
	}
	c := a.free[:len(p):len(p)]
	a.free = a.free[len(p):]
	copy(c, p)
	return c
}
