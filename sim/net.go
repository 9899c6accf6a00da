package sim

import (
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// link is one direction between two machines.
type link struct {
	from, to *Machine
	str      stream
	extra    int64 // a slow pair's delay, for the whole run
	underway int   // datagrams in the queue

	seq     uint64 // the event that last used the link, and
	ordinal uint64 // how many effects it had on it: part of their identities

	faults []*Active
	held   []uint32 // datagrams that a clog holds back
}

// linkTo returns the link to a machine, and makes it at its first use.
func (m *Machine) linkTo(to *Machine) *link {
	for int(to.index) >= len(m.links) {
		m.links = append(m.links, nil)
	}
	l := m.links[to.index]
	if l == nil {
		l = &link{from: m, to: to, str: linkStream("net", m, to)}
		cfg := &m.u.cfg.Net
		if cfg.SlowPairPPM > 0 && m != to && m.u.chance(&l.str, siteSlowPair, cfg.SlowPairPPM) {
			l.extra = int64(spread(time.Millisecond, cfg.SlowPairMax, m.u.draw(&l.str, siteSlowPair+1<<8, distRange)))
		}
		m.links[to.index] = l
	}
	return l
}

// nextID is the identity of what the present event sends over the link: named by the
// event and its place among what the event sends to this receiver.
func (l *link) nextID(u *Universe) uint64 {
	if l.seq != u.seq {
		l.seq, l.ordinal = u.seq, 0
	}
	l.ordinal++
	return trace.Mix(u.current^l.to.key, l.ordinal)
}

func (e *environment) Send(to nodes.ID, msg nodes.Message) {
	m := (*Machine)(e)
	m.effect()
	u := m.u
	dst := u.lookup(to)
	for i := range u.observers {
		if sent := u.observers[i].Sent; sent != nil {
			sent(m, to, msg)
		}
	}
	if dst == nil {
		u.stats.Dropped[DropUnknown]++
		return
	}
	l := m.linkTo(dst)
	slot, ev := u.alloc()
	ev.kind, ev.to, ev.from = trace.Deliver, dst.index, m.index
	ev.id, ev.cause = l.nextID(u), u.seq
	ev.buf = m.codec.Append(ev.buf[:0], msg)
	u.stats.Sent++
	u.stats.BytesSent += uint64(len(ev.buf))
	// What arrives, or is lost, says by its cause when it was sent: a record of the sending
	// too is for those who want everything.
	if u.cfg.States && u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.Send, Node: string(m.id), Peer: string(to), Incarnation: m.incarnation,
			ID: ev.id, Name: msg.Kind(), Len: int64(len(ev.buf)), Payload: ev.buf})
	}
	u.transmit(l, slot)
}

// transmit puts a datagram on its way. What can go wrong on the way is decided when it
// arrives, so that a fault that begins in the meantime catches it; only a second
// copy must be made now.
func (u *Universe) transmit(l *link, slot uint32) {
	e := &u.slab[slot]
	id := e.id
	if l.from == l.to {
		u.schedule(slot, u.now+int64(time.Microsecond))
		return
	}
	if c := u.cfg.Net.Capacity; c > 0 && l.underway >= c {
		u.loseOnTheWay(l, slot, DropFull)
		return
	}
	l.underway++
	duplicate := u.cfg.Net.DuplicatePPM > 0 && u.chance(&l.str, about(id, siteDuplicate), u.cfg.Net.DuplicatePPM)
	var extra int64
	for _, f := range l.faults {
		extra += f.delay(u, id)
		if f.link.DuplicatePPM > 0 && u.chance(&f.str, about(id, siteDuplicate), f.link.DuplicatePPM) {
			duplicate = true
			f.Bite(1)
		}
	}
	at := u.now + u.cfg.Net.Delay.at(u.draw(&l.str, about(id, siteDelay), distRange)) + l.extra + extra
	u.schedule(slot, at)
	if duplicate {
		u.duplicate(l, slot, extra)
	}
}

// duplicate puts a second copy of a datagram on its way, with a delay of its own.
func (u *Universe) duplicate(l *link, original uint32, extra int64) {
	slot, e := u.alloc()
	o := &u.slab[original]
	buf := append(e.buf[:0], o.buf...)
	*e = *o
	e.buf, e.id = buf, trace.Mix(o.id, siteDuplicate)
	l.underway++
	u.stats.Duplicated++
	u.schedule(slot, u.now+u.cfg.Net.Delay.at(u.draw(&l.str, about(e.id, siteDelay), distRange))+l.extra+extra)
}

// lose counts a datagram that does not arrive. That too is part of the trace and of
// its hash.
func (u *Universe) lose(l *link, e *event, why DropReason) {
	u.stats.Dropped[why]++
	u.hash.Add(uint64(u.now), e.id, uint64(trace.Drop), uint64(why))
	if u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.Drop, Node: string(l.to.id), Peer: string(l.from.id), ID: e.id,
			CauseSeq: e.cause, Name: l.from.kindOf(e.buf), Len: int64(len(e.buf)), Payload: e.buf, Text: why.String()})
	}
}

// kindOf names the message in some bytes that this machine has sent.
func (m *Machine) kindOf(p []byte) string {
	if m.codec == nil {
		return ""
	}
	msg, err := m.codec.Decode(p)
	if err != nil {
		return ""
	}
	return msg.Kind()
}

// arrives decides what has become of a datagram on its way: it gets to the machine, is
// lost, or is held back by a clogged link, which then owns the slot.
func (u *Universe) arrives(slot uint32) bool {
	e := &u.slab[slot]
	l := u.machines[e.from].links[e.to]
	l.underway--
	net := &u.cfg.Net
	switch {
	case e.held: // what chance does to it was decided when it arrived for the first time
	case net.LossPPM > 0 && u.chance(&l.str, about(e.id, siteLoss), net.LossPPM):
		return u.loseOnTheWay(l, slot, DropLost)
	case net.CorruptPPM > 0 && u.chance(&l.str, about(e.id, siteCorrupt), net.CorruptPPM):
		return u.loseOnTheWay(l, slot, DropCorrupt)
	case net.CorruptUnseenPPM > 0 && u.chance(&l.str, about(e.id, siteCorruptWhere), net.CorruptUnseenPPM):
		u.flipBits(&l.str, e)
	}
	for _, f := range l.faults {
		switch f.strikes(u, e) {
		case DropNot:
		case dropHeld:
			e.held = true
			l.held = append(l.held, slot)
			return false
		case dropFlipped:
			u.flipBits(&f.str, e)
		case DropCut:
			return u.loseOnTheWay(l, slot, DropCut)
		case DropLost:
			return u.loseOnTheWay(l, slot, DropLost)
		default:
			return u.loseOnTheWay(l, slot, DropCorrupt)
		}
	}
	return true
}

func (u *Universe) loseOnTheWay(l *link, slot uint32, why DropReason) bool {
	u.lose(l, &u.slab[slot], why)
	u.release(slot)
	return false
}

// flipBits damages one to eight bits of a datagram.
func (u *Universe) flipBits(s *stream, e *event) {
	if len(e.buf) == 0 {
		return
	}
	for i := range 1 + u.draw(s, about(e.id, siteCorruptWhere+1<<8), 8) {
		at := u.draw(s, about(e.id, siteCorruptWhere+(i+2)<<8), uint64(len(e.buf))*8)
		e.buf[at/8] ^= 1 << (at % 8)
	}
	u.stats.Corrupted++
}

// releaseHeld lets what a clog held back go on: all at once, so that it arrives in any order.
func (u *Universe) releaseHeld(l *link) {
	for _, slot := range l.held {
		l.underway++
		u.schedule(slot, u.now)
	}
	l.held = l.held[:0]
}

// handleDatagram hands a datagram to the process, if there is one.
func (m *Machine) handleDatagram(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	from := u.machines[e.from]
	l := from.links[m.index]
	if m.node == nil {
		u.lose(l, e, DropDown)
		return false
	}
	msg, err := m.codec.Decode(e.buf)
	if err != nil {
		u.lose(l, e, DropMalformed)
		return false
	}
	buf := e.buf
	u.begin(e, trace.Bytes(buf))
	u.stats.Delivered++
	if u.cfg.Recorder != nil {
		u.record(e, msg)
	}
	m.deliver(from.id, msg)
	for i := range buf { // whoever kept a part of it shall notice
		buf[i] = 0xDB
	}
	u.after(m, trace.Deliver)
	return true
}

func (m *Machine) deliver(from nodes.ID, msg nodes.Message) {
	defer m.leave(m.enter())
	m.node.Deliver((*environment)(m), from, msg)
}
