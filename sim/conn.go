package sim

import (
	"slices"

	"orrery/nodes"
	"orrery/trace"
)

// A pipe is a connection, both of its ends. Bytes are in order in each direction and
// are not lost while it stands; a cut of the link stalls them, and a stall that
// is too long breaks the connection on the sending side only. The other side is
// then half-open, and notices when it sends something itself.
type pipe struct {
	ends [2]pipeEnd // the one that dialled, the one that accepted
}

type pipeEnd struct {
	m           *Machine
	incarnation uint32
	conn        nodes.Conn
	framing     nodes.Framing
	open        bool // this end has not closed, and not been told of a close
	stands      bool // Opened was called here
	givenUp     bool // the end that dialled is over, not in order, before it stood: then it never will

	// The direction that begins at this end.
	lastAt   int64    // when the last thing sent arrives: what is sent next comes later
	unsent   int      // bytes on their way
	sent     uint64   // things that were sent: their numbers are their order
	stalled  []uint32 // what waits for the link, in order
	lost     uint64   // the first thing that this end has thrown away: nothing that was sent after it arrives. 0 is none
	resuming int      // of what has waited: so much is on its way once more
	breaking bool     // an event that breaks the connection is in the queue
}

// connStep is what an event of a connection is about.
type connStep uint8

const (
	connSyn connStep = iota + 1
	connAck
	connRefuse
	connFrame
	connFin
	connReset
	connBreak   // local: nobody has answered for too long
	connTimeout // local: the dial got no answer
)

// connRef finds the pipe of a Conn of a machine.
type connRef struct {
	n    uint64
	pipe *pipe
	side uint8
}

type port struct {
	number  int
	framing nodes.Framing
}

func (e *environment) Listen(number int, f nodes.Framing) error {
	m := (*Machine)(e)
	m.effect()
	m.needConns()
	if slices.ContainsFunc(m.ports, func(p port) bool { return p.number == number }) {
		return nodes.ErrInUse
	}
	m.ports = append(m.ports, port{number, f})
	return nil
}

func (m *Machine) needConns() {
	if m.conns == nil {
		panic("sim: " + string(m.id) + " uses connections, and is no nodes.ConnHandler")
	}
}

func (e *environment) Dial(to nodes.Addr, f nodes.Framing) nodes.Conn {
	m := (*Machine)(e)
	m.effect()
	m.needConns()
	u := m.u
	p := &pipe{}
	m.nextConn++
	c := nodes.Conn{N: m.nextConn, Port: to.Port, Dialed: true}
	dst := u.lookup(to.ID)
	p.ends[0] = pipeEnd{m: m, incarnation: m.incarnation, conn: c, framing: f, open: true}
	p.ends[1] = pipeEnd{m: dst, conn: nodes.Conn{Port: to.Port}, framing: f}
	m.ends = append(m.ends, connRef{c.N, p, 0})
	u.pipes = append(u.pipes, p)
	if dst == nil {
		u.connLocal(p, 0, connRefuse, 0)
		return c
	}
	u.connSend(p, 0, connSyn, nil, true)
	u.connLocal(p, 0, connTimeout, int64(u.cfg.Net.DialTimeout))
	return c
}

// find returns the end that a node means, or nil if it is over.
func (m *Machine) find(c nodes.Conn) *connRef {
	for i := len(m.ends) - 1; i >= 0; i-- {
		if m.ends[i].n == c.N {
			return &m.ends[i]
		}
	}
	return nil
}

func (e *environment) Write(c nodes.Conn, b []byte) error {
	m := (*Machine)(e)
	m.effect()
	ref := m.find(c)
	if ref == nil {
		return nodes.ErrClosed
	}
	end := &ref.pipe.ends[ref.side]
	if !end.framing.Stream && len(b) > end.framing.Max() {
		return nodes.ErrFrame
	}
	u := m.u
	if end.framing.Stream && len(b) > 1 {
		// A stream keeps bytes, not boundaries: cut it somewhere, or (by the benign
		// draw) not.
		u.ordinal++
		s := linkStream("conn", m, ref.pipe.ends[1-ref.side].m)
		if at := u.draw(&s, about(u.current^u.ordinal<<32, siteConn), uint64(len(b))); at > 0 {
			u.connSend(ref.pipe, ref.side, connFrame, b[:at], true)
			b = b[at:]
		}
	}
	u.connSend(ref.pipe, ref.side, connFrame, b, true)
	return nil
}

func (e *environment) Unsent(c nodes.Conn) int {
	if ref := (*Machine)(e).find(c); ref != nil {
		return ref.pipe.ends[ref.side].unsent
	}
	return 0
}

func (e *environment) Close(c nodes.Conn) { (*Machine)(e).hangUp(c, connFin) }

func (e *environment) Reset(c nodes.Conn) { (*Machine)(e).hangUp(c, connReset) }

func (m *Machine) hangUp(c nodes.Conn, how connStep) {
	m.effect()
	if ref := m.find(c); ref != nil {
		p, side := ref.pipe, ref.side
		m.forget(p, side)
		p.ends[side].giveUp(how)
		// A reset overtakes what is under way; a close comes after it.
		m.u.connSend(p, side, how, nil, how == connFin)
	}
}

// forget ends one end of a pipe: its node hears nothing more of it.
func (m *Machine) forget(p *pipe, side uint8) {
	p.ends[side].open = false
	m.ends = slices.DeleteFunc(m.ends, func(r connRef) bool { return r.pipe == p && r.side == side })
	if !p.ends[0].open && !p.ends[1].open {
		m.u.pipes = slices.DeleteFunc(m.u.pipes, func(q *pipe) bool { return q == p })
	}
}

// giveUp takes note that this end is over. What TCP's handshake has not made stand, bytes that were written ahead cannot reach: they have
// not left the machine.
func (end *pipeEnd) giveUp(how connStep) {
	end.givenUp = how != connFin && !end.stands
}

// breakConns ends all connections of a process that is gone. If only the process died,
// its operating system tells the others; a machine without power tells nobody.
func (m *Machine) breakConns() {
	for _, ref := range slices.Clone(m.ends) {
		m.forget(ref.pipe, ref.side)
		ref.pipe.ends[ref.side].giveUp(connReset)
		if !m.off {
			m.u.connSend(ref.pipe, ref.side, connReset, nil, true)
		}
	}
}

// connSend schedules what one end of a pipe sends to the other.
func (u *Universe) connSend(p *pipe, side uint8, step connStep, b []byte, inOrder bool) {
	end, other := &p.ends[side], &p.ends[1-side]
	if other.m == nil {
		return
	}
	l := end.m.linkTo(other.m)
	slot, e := u.alloc()
	e.kind = step.kind()
	e.to, e.from, e.cause = other.m.index, end.m.index, u.seq
	e.pipe, e.side, e.step = p, 1-side, step
	end.sent++
	e.n = end.sent
	e.id = l.nextID(u)
	e.buf = append(e.buf[:0], b...)
	end.unsent += len(b)
	at := u.now + 1
	if end.m != other.m {
		at = u.now + u.cfg.Net.Delay.at(u.draw(&l.str, about(e.id, siteDelay), distRange)) + l.extra
		for _, f := range l.faults {
			at += f.delay(u, e.id)
		}
	}
	if inOrder {
		end.lastAt = max(at, end.lastAt+1)
		at = end.lastAt
	}
	u.schedule(slot, at)
}

// connLocal schedules what the operating system tells a process about its own end.
func (u *Universe) connLocal(p *pipe, side uint8, step connStep, wait int64) {
	end := &p.ends[side]
	slot, e := u.alloc()
	e.kind = step.kind()
	e.to, e.from, e.cause = end.m.index, -1, u.seq
	e.pipe, e.side, e.step = p, side, step
	e.id = u.childID(uint64(step) << 56)
	u.schedule(slot, u.now+wait)
}

func (s connStep) kind() trace.Kind {
	switch s {
	case connSyn, connAck:
		return trace.Opened
	case connFrame:
		return trace.Received
	default:
		return trace.Closed
	}
}

// connArrives decides whether something sent over a connection gets through now. If
// not, it waits for the link, in order, and owns its slot.
func (u *Universe) connArrives(slot uint32) bool {
	e := &u.slab[slot]
	if e.from < 0 || e.from == e.to {
		return true
	}
	sender := &e.pipe.ends[1-e.side]
	if sender.hasLost(e) {
		u.release(slot)
		return false
	}
	l := u.machines[e.from].linkTo(u.machines[e.to])
	stalled := u.keepsBack(e)
	for _, f := range l.faults {
		if f.link.Cut || f.link.Hold {
			stalled = true
			f.Bite(1)
		}
	}
	if e.held { // it has waited before
		e.held = false
		sender.resuming--
		if !stalled {
			u.resumeRest(sender)
			return true
		}
	} else if !stalled && (len(sender.stalled) == 0 && sender.resuming == 0 || e.step == connReset) {
		return true
	}
	u.stall(sender, slot)
	u.beginBreaking(e.pipe, 1-e.side)
	return false
}

// hasLost tells whether something that was sent before e was thrown away.
func (end *pipeEnd) hasLost(e *event) bool {
	return end.lost > 0 && e.n > end.lost && e.step != connReset
}

// stall lets something wait for its link, in the order in which it was sent.
func (u *Universe) stall(sender *pipeEnd, slot uint32) {
	i := len(sender.stalled)
	for i > 0 && u.slab[sender.stalled[i-1]].n > u.slab[slot].n {
		i--
	}
	sender.stalled = slices.Insert(sender.stalled, i, slot)
}

func (u *Universe) beginBreaking(p *pipe, side uint8) {
	if end := &p.ends[side]; !end.breaking && end.open {
		end.breaking = true
		u.connLocal(p, side, connBreak, int64(u.cfg.Net.BreakAfter))
	}
}

// resumeConns lets what waits for a link go on, if nothing stalls the link any more.
func (u *Universe) resumeConns(l *link) {
	if l.isStalled() {
		return
	}
	for _, p := range u.pipes {
		for side := range p.ends {
			end, other := &p.ends[side], &p.ends[1-side]
			if end.m != l.from || other.m != l.to {
				continue
			}
			if end.resuming == 0 {
				u.resume(end)
			}
		}
	}
}

// resume lets what waits go on, at once and in order. What was sent later and is still on its way must not
// arrive before it: it waits in its turn, until the last of these has come.
func (u *Universe) resume(end *pipeEnd) {
	held := end.stalled
	end.stalled = nil
	end.resuming = len(held)
	for i, slot := range held {
		u.slab[slot].held = true
		u.schedule(slot, u.now+int64(i)+1)
	}
	end.lastAt = max(end.lastAt, u.now+int64(len(held)))
}

// resumeRest goes on with what has begun to wait in the meantime.
func (u *Universe) resumeRest(end *pipeEnd) {
	if end.resuming == 0 && len(end.stalled) > 0 {
		u.resume(end)
	}
}
