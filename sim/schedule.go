package sim

import (
	"math"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// Scheduler picks which of the pending events comes next, where [Config.Window] lets several. A
// message that is passed over is late, a timer too: an asynchronous system knows
// no bound for either, so every order that a Scheduler makes is one that can happen.
//
// A pick is a draw like any other. Its stream is "sched/next", its identity is that of the
// event whose turn it would be, and its value that of the event that overtakes it, or 0
// if none does: so a recorded run replays without its Scheduler, and stays valid
// when other events are left out.
type Scheduler interface {
	// Pick returns the index of the event that comes next. pending is in the order in which the
	// events would come without a Scheduler, so 0 is the benign answer; there are at least two. Pick may
	// strike (kill a machine, begin a fault) before it answers; it must not keep pending. An
	// index out of range counts as 0.
	Pick(u *Universe, pending []Pending) int
}

// Pending is an event that could come next.
type Pending struct {
	ID    uint64        // its identity, which the recorded trace shows too
	Kind  trace.Kind    // what sort of event
	Node  nodes.ID      // the machine that it happens on
	From  nodes.ID      // who sent it; "" if nobody did
	Cause uint64        // the event (Universe.Seq) that it follows from
	Due   time.Duration // when it would come by itself
	Tag   nodes.Tag     // of a timer, a sync or a stage

	slot uint32
}

// MessageKind is the kind of the message that a pending event delivers, "" if it
// delivers none.
func (u *Universe) MessageKind(p Pending) string {
	e := &u.slab[p.slot]
	switch {
	case p.Kind == trace.Deliver:
		return u.machines[e.from].kindOf(e.buf)
	case e.msg != nil:
		return e.msg.Kind()
	}
	return ""
}

// picker is what a universe keeps for its scheduler.
type picker struct {
	str     stream
	passed  map[uint64]uint64 // how many picks were made while an event was first in turn, by its identity
	pending []Pending
	lanes   []lane
	items   []item
	looked  uint64 // at how many pending events, for all choices together
}

// What a choice costs grows with what is pending, and in a storm of messages that is thousands of events. A run ends when it has
// looked at so many: thirty for each event that it may have, and in any case a hundred million, which is a hundred times
// what ordinary runs look at.
const (
	lookedPerEvent = 30
	lookedMin      = 100_000_000
)

// lane is what keeps its order: one end of a connection, one stage of a machine.
type lane struct {
	pipe *pipe
	to   int32
	tag  nodes.Tag
}

// take removes the next event from the queue, and sets the clock to it.
func (u *Universe) take() uint32 {
	if u.cfg.Window == 0 {
		it := u.queue.pop()
		u.now = it.at
		return it.slot
	}
	it := u.choose()
	u.queue.remove(it.slot)
	u.now = max(u.now, it.at)
	return it.slot
}

// choose finds out which event comes next.
func (u *Universe) choose() item {
	p := &u.picker
	p.looked += uint64(u.listPending())
	first := p.items[0]
	if len(p.pending) < 2 {
		return first
	}
	picked := uint64(0)
	if s := u.cfg.Scheduler; s != nil {
		if i := s.Pick(u, p.pending); i > 0 && i < len(p.pending) {
			picked = p.pending[i].ID
		}
	}
	id := p.pending[0].ID
	picked = u.drawPicked(about(id, p.passed[id]), picked)
	i := slices.IndexFunc(p.pending, func(q Pending) bool { return q.ID == picked })
	p.passed[id]++ // also if it comes now: it may have to wait, and come again
	if i <= 0 {
		return first
	}
	return p.items[i]
}

// Pending lists what could come next within [Config.Window], in the order of time; the list is valid
// until the next event. With Happen it is for searches that decide every step
// themselves; in others a [Scheduler] is less work.
func (u *Universe) Pending() []Pending {
	if u.ended() || len(u.queue.items) == 0 {
		return nil
	}
	for {
		u.listPending()
		if len(u.picker.pending) > 0 || !u.passStale() {
			return u.picker.pending
		}
	}
}

// passStale takes what comes first if it is no event at all any more, or keeps its time. It returns false
// at the end of the run.
func (u *Universe) passStale() bool {
	u.handle(u.take())
	return !u.ended() && len(u.queue.items) > 0
}

// Happen makes a pending event happen now, whatever its time. It returns false if it turned out to be
// none: its machine waits.
func (u *Universe) Happen(p Pending) bool {
	it, ok := u.queue.find(p.slot)
	if !ok || u.slab[p.slot].id != p.ID {
		panic("sim: this event is not pending")
	}
	u.queue.remove(p.slot)
	u.now = max(u.now, it.at)
	return u.handle(p.slot)
}

// Lose makes a pending datagram get lost when its turn comes.
func (u *Universe) Lose(p Pending) {
	if u.omit == nil {
		u.omit = map[uint64]bool{}
	}
	u.omit[p.ID] = true
}

// Double puts a second copy of a pending datagram on its way.
func (u *Universe) Double(p Pending) {
	e := &u.slab[p.slot]
	if e.kind != trace.Deliver || e.from == e.to {
		panic("sim: only a datagram between two machines can be doubled")
	}
	u.duplicate(u.machines[e.from].links[e.to], p.slot, 0)
}

// AppendPayload appends what a pending event carries: a datagram's or a frame's bytes, the kind of a
// message for a stage.
func (u *Universe) AppendPayload(b []byte, p Pending) []byte {
	e := &u.slab[p.slot]
	if e.msg != nil {
		return append(b, e.msg.Kind()...)
	}
	return append(b, e.buf...)
}

// drawPicked is the draw that says what overtakes: the seed's answer is what the scheduler has
// picked.
func (u *Universe) drawPicked(id, picked uint64) uint64 {
	if u.entropy.special {
		return u.drawSpecially(&u.picker.str, id, 0, picked)
	}
	return picked
}

// listPending lists what could come next, in order. A script keeps its time, and so does what wakes a
// machine: they are never passed over, and never overtake. It returns how many events it has looked at.
func (u *Universe) listPending() (looked int) {
	p := &u.picker
	p.pending, p.items, p.lanes = p.pending[:0], p.items[:0], p.lanes[:0]
	u.queue.sort()
	limit := u.queue.items[0].at
	limit += min(int64(u.cfg.Window), math.MaxInt64-limit)
	for i, it := range u.queue.items {
		looked = i + 1
		if it.at > limit {
			return looked
		}
		e := &u.slab[it.slot]
		fixed := e.to < 0 || e.wake
		if i == 0 && (fixed || !u.mayOvertake(e)) {
			p.items = append(p.items, it)
			return looked
		}
		if fixed {
			return looked
		}
		if i > 0 && !u.mayOvertake(e) {
			continue
		}
		p.items = append(p.items, it)
		p.pending = append(p.pending, u.describePending(it))
	}
	return looked
}

// mayOvertake tells whether nothing that must come before e is pending; it notes what e must
// come before. An event that is over before it happens (its process is gone, its timer set
// anew) makes no choice.
func (u *Universe) mayOvertake(e *event) bool {
	m := u.machines[e.to]
	if e.incarnation != 0 && e.incarnation != m.incarnation {
		return false
	}
	if e.kind == trace.Fire {
		t := m.findTimer(e.tag)
		return t != nil && t.gen == e.n
	}
	if e.pipe == nil && e.kind != trace.Posted {
		return true
	}
	p := &u.picker
	l := lane{pipe: e.pipe, to: e.to}
	if e.pipe == nil {
		l.tag = e.tag
	}
	if slices.Contains(p.lanes, l) {
		return false
	}
	p.lanes = append(p.lanes, l)
	return true
}

func (u *Universe) describePending(it item) Pending {
	e := &u.slab[it.slot]
	q := Pending{ID: e.id, Kind: e.kind, Node: u.machines[e.to].id, Cause: e.cause, Due: time.Duration(it.at), Tag: e.tag, slot: it.slot}
	if e.from >= 0 {
		q.From = u.machines[e.from].id
	}
	return q
}

func (q *queue) find(slot uint32) (item, bool) {
	i := slices.IndexFunc(q.items, func(it item) bool { return it.slot == slot })
	if i < 0 {
		return item{}, false
	}
	return q.items[i], true
}

// remove takes the item of a slot out of the queue, which must hold it.
func (q *queue) remove(slot uint32) {
	i := slices.IndexFunc(q.items, func(it item) bool { return it.slot == slot })
	if q.sorted {
		q.items = slices.Delete(q.items, i, i+1)
		return
	}
	q.items[i] = q.items[len(q.items)-1]
	q.items = q.items[:len(q.items)-1]
	if i < len(q.items) {
		q.fix(i)
	}
}

// fix puts the item at place i where it belongs, after it was changed.
func (q *queue) fix(i int) {
	s := q.items
	it := s[i]
	for i > 0 && it.before(&s[(i-1)/4]) {
		s[i] = s[(i-1)/4]
		i = (i - 1) / 4
	}
	q.sink(i, it)
}
