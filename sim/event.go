package sim

import (
	"orrery/nodes"
	"orrery/sim/vdisk"
	"orrery/trace"
)

// event is something that is going to happen. Events live in a slab and are used
// again, with their buffers, so that the kernel allocates nothing in the steady state.
type event struct {
	kind        trace.Kind
	wake        bool   // not an event of its own: takes the machine's backlog further
	held        bool   // a clog has held it back, and let it go
	to          int32  // index of the machine it happens on; -1 for a script
	from        int32  // index of the sender; -1 for none
	incarnation uint32 // of the machine, for what dies with its process; 0 for a datagram
	id          uint64 // causal identity
	cause       uint64 // seq of the event that it follows from
	n           uint64 // generation of a timer
	tag         nodes.Tag
	buf         []byte // a datagram or a frame
	msg         nodes.Message
	script      func()
	capture     vdisk.Capture
	file        string
	err         error
	pipe        *pipe // for events of connections
	side        uint8 // the end of the pipe that it happens to
	step        connStep
}

// alloc takes a slot of the slab. The pointer is valid until the next alloc.
func (u *Universe) alloc() (uint32, *event) {
	if n := len(u.free); n > 0 {
		slot := u.free[n-1]
		u.free = u.free[:n-1]
		return slot, &u.slab[slot]
	}
	u.slab = append(u.slab, event{})
	return uint32(len(u.slab) - 1), &u.slab[len(u.slab)-1]
}

// release gives a slot back. What it referred to is let go, the buffer is kept.
func (u *Universe) release(slot uint32) {
	e := &u.slab[slot]
	if e.kind != trace.Deliver { // a datagram refers to nothing but its buffer
		*e = event{buf: e.buf[:0]}
	}
	e.held = false
	u.free = append(u.free, slot)
}

// schedule puts an event into the queue. Events at one instant have no natural order:
// the tie is drawn, by the event's identity.
func (u *Universe) schedule(slot uint32, at int64) {
	tie := u.draw(&u.sched, u.slab[slot].id, 1<<32)
	u.pushed++
	u.queue.push(item{at: at, order: tie<<32 | uint64(uint32(u.pushed)), slot: slot})
}

// scheduleInOrder is schedule for what keeps its order among equals: it comes
// before everything that is pushed later for the same instant with a tie of its own.
func (u *Universe) scheduleInOrder(slot uint32, at int64) {
	u.pushed++
	u.queue.push(item{at: at, order: uint64(uint32(u.pushed)), slot: slot})
}

// childID is the identity of the next effect of the event that is being handled.
func (u *Universe) childID(salt uint64) uint64 {
	u.ordinal++
	return trace.Mix(u.current^u.ordinal<<40, salt)
}
