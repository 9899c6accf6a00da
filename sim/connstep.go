package sim

import (
	"slices"

	"orrery/nodes"
	"orrery/trace"
)

// handleConn lets one thing happen to one end of a connection.
func (m *Machine) handleConn(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	p, side := e.pipe, e.side
	end, other := &p.ends[side], &p.ends[1-side]
	if e.step == connSyn {
		return m.accept(slot)
	}
	if e.step == connFrame {
		other.unsent -= len(e.buf)
	}
	if !end.open || end.incarnation != m.incarnation || m.node == nil {
		// Nobody is here any more. The operating system says so, if there is one; but bytes
		// that were written ahead of a connection that never stood were never sent.
		if e.step == connAck || e.step == connFrame && (side == 0 || end.stands) {
			m.answerDead(p, side)
		}
		return false
	}
	switch e.step {
	case connAck:
		return m.opened(slot, true)
	case connFrame:
		return m.received(slot)
	case connRefuse:
		return m.closed(slot, nodes.ErrRefused)
	case connFin:
		return m.closed(slot, nil)
	case connReset:
		return m.closed(slot, nodes.ErrReset)
	case connTimeout:
		return !end.stands && m.closed(slot, nodes.ErrTimeout)
	default: // connBreak
		end.breaking = false
		return (len(end.stalled) > 0 || other.m.off) && m.closed(slot, nodes.ErrTimeout)
	}
}

// answerDead is what becomes of bytes for a connection that this machine knows
// nothing of: a reset goes back; without power, nothing does, and the sender
// gives up in the end.
func (m *Machine) answerDead(p *pipe, side uint8) {
	u := m.u
	if m.off {
		u.beginBreaking(p, 1-side)
		return
	}
	u.connSend(p, side, connReset, nil, true)
}

// accept handles the arrival of a dial.
func (m *Machine) accept(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	p := e.pipe
	if p.ends[0].givenUp {
		return false
	}
	l := u.machines[e.from].linkTo(m)
	refused := false
	for _, f := range l.faults {
		if f.link.HangDials {
			f.Bite(1)
			return false
		}
		if f.link.RefuseDials {
			f.Bite(1)
			refused = true
		}
	}
	i := slices.IndexFunc(m.ports, func(q port) bool { return q.number == p.ends[1].conn.Port })
	switch {
	case m.off:
		return false
	case refused || m.node == nil || i < 0:
		u.connSend(p, 1, connRefuse, nil, true)
		return false
	}
	m.nextConn++
	end := &p.ends[1]
	end.incarnation, end.framing, end.open = m.incarnation, m.ports[i].framing, true
	end.conn = nodes.Conn{N: m.nextConn, Port: m.ports[i].number}
	m.ends = append(m.ends, connRef{end.conn.N, p, 1})
	if !p.ends[0].open { // it has closed already, and with that was forgotten
		u.pipes = append(u.pipes, p)
	}
	u.connSend(p, 1, connAck, nil, true) // before anything that the node writes
	return m.opened(slot, false)
}

func (m *Machine) opened(slot uint32, dialled bool) bool {
	u := m.u
	e := &u.slab[slot]
	p, side := e.pipe, e.side
	end := &p.ends[side]
	end.stands = true
	c, peer := end.conn, string(p.ends[1-side].m.id)
	u.begin(e, uint64(e.step))
	u.record(e, nil)
	m.callOpened(c, peer)
	u.after(m, trace.Opened)
	return true
}

func (m *Machine) received(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	p, side := e.pipe, e.side
	end := &p.ends[side]
	if len(e.buf) > end.framing.Max() && !end.framing.Stream {
		u.connSend(p, side, connReset, nil, false)
		return m.closed(slot, nodes.ErrFrame)
	}
	for _, f := range u.machines[e.from].linkTo(m).faults {
		if r := f.link.ResetPPM; r > 0 && u.chance(&f.str, about(e.id, siteConn), r) {
			f.Bite(1)
			u.connSend(p, side, connReset, nil, false)
			return m.closed(slot, nodes.ErrReset)
		}
	}
	buf, c := e.buf, end.conn
	u.begin(e, trace.Bytes(buf))
	u.stats.Frames++
	u.record(e, nil)
	m.callReceived(c, buf)
	for i := range buf { // whoever kept a part of it shall notice
		buf[i] = 0xDB
	}
	u.after(m, trace.Received)
	return true
}

// closed tells the node that a connection is over.
func (m *Machine) closed(slot uint32, err error) bool {
	u := m.u
	e := &u.slab[slot]
	c := e.pipe.ends[e.side].conn
	e.err, e.kind = err, trace.Closed
	u.dropStalled(&e.pipe.ends[e.side])
	m.forget(e.pipe, e.side)
	e.pipe.ends[e.side].giveUp(e.step)
	if err != nil {
		u.stats.Resets++
	}
	e = &u.slab[slot]
	u.begin(e, uint64(e.step))
	u.record(e, nil)
	m.callClosed(c, err)
	u.after(m, trace.Closed)
	return true
}

// dropStalled forgets what an end had sent and what never got through. What it had sent after that, and is still on its way,
// goes with it: a stream may end anywhere, but has no holes.
func (u *Universe) dropStalled(end *pipeEnd) {
	if len(end.stalled) > 0 && end.lost == 0 {
		end.lost = u.slab[end.stalled[0]].n
	}
	for _, slot := range end.stalled {
		u.release(slot)
	}
	end.stalled = nil
}

func (m *Machine) callOpened(c nodes.Conn, peer string) {
	defer m.leave(m.enter())
	m.conns.Opened((*environment)(m), c, peer)
}

func (m *Machine) callReceived(c nodes.Conn, p []byte) {
	defer m.leave(m.enter())
	m.conns.Received((*environment)(m), c, p)
}

func (m *Machine) callClosed(c nodes.Conn, err error) {
	defer m.leave(m.enter())
	m.conns.Closed((*environment)(m), c, err)
}
