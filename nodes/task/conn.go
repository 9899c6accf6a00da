package task

import (
	"errors"
	"io"
	"slices"
	"time"

	"orrery/nodes"
)

// ErrNothing is what Read reports when nothing came in time. The connection still
// stands.
var ErrNothing = errors.New("task: nothing came in time")

// stream is one connection, as far as the tasks have not read it yet.
type stream struct {
	conn   nodes.Conn
	peer   string
	stream bool // no frames: what waits may be joined
	opened bool
	frames [][]byte
	ended  error // nil while it stands; io.EOF if the other side closed it
	waiter *T    // who is in Dial or Read
}

// port is a port that the machine listens on.
type port struct {
	framing  nodes.Framing
	accepted []*stream // not yet given to an Accept
	waiting  []*T      // those in Accept, in the order in which they began to wait
}

// Dial opens a connection, and waits until it stands. It returns what
// [nodes.ConnHandler] says of a dial that failed, and nodes.ErrTimeout if
// nothing was heard in time. The task must end the connection with Close or Reset,
// even after Read has told that it is over.
func (t *T) Dial(to nodes.Addr, f nodes.Framing, timeout time.Duration) (nodes.Conn, error) {
	c := t.env().Dial(to, f)
	s := &stream{conn: c, stream: f.Stream, waiter: t}
	t.m.conns[c.N] = s
	t.block("a connection to "+to.String(), timeout)
	s.waiter = nil
	switch {
	case s.opened:
		return c, nil
	case s.ended == nil:
		t.Reset(c)
		return nodes.Conn{}, nodes.ErrTimeout
	}
	delete(t.m.conns, c.N)
	return nodes.Conn{}, s.ended
}

// Listen accepts connections on a port, for Accept to take. At most Config.Inbox
// of them wait; further ones are reset.
func (t *T) Listen(n int, f nodes.Framing) error {
	if err := t.env().Listen(n, f); err != nil {
		return err
	}
	t.m.ports[n] = &port{framing: f}
	return nil
}

// Accept waits for a connection on a port that this machine listens on. ok is false
// if none came in time.
func (t *T) Accept(n int, timeout time.Duration) (c nodes.Conn, ok bool) {
	t.env()
	p := t.m.ports[n]
	if p == nil {
		panic("task: Accept on a port without Listen")
	}
	if len(p.accepted) > 0 {
		s := p.accepted[0]
		p.accepted = slices.Delete(p.accepted, 0, 1)
		return s.conn, true
	}
	if timeout <= 0 {
		return nodes.Conn{}, false
	}
	p.waiting = append(p.waiting, t)
	t.block("a connection", timeout)
	p.waiting = slices.DeleteFunc(p.waiting, func(o *T) bool { return o == t })
	c, t.conn = t.conn, nodes.Conn{}
	return c, c != nodes.Conn{}
}

// Peer is the other side of a connection, as the runtime knows it.
func (t *T) Peer(c nodes.Conn) string {
	t.env()
	if s := t.m.conns[c.N]; s != nil {
		return s.peer
	}
	return ""
}

// Read waits for the next frame (or, for a Stream, for some bytes); the slice is
// the caller's. At the end it returns io.EOF if the other side closed c in order, else
// what [nodes.ConnHandler] says; ErrNothing if nothing came in time; nodes.ErrClosed
// for a connection that this machine has ended. One task at a time may read a connection.
func (t *T) Read(c nodes.Conn, timeout time.Duration) ([]byte, error) {
	t.env()
	s := t.m.conns[c.N]
	if s == nil {
		return nil, nodes.ErrClosed
	}
	if s.waiter != nil {
		panic("task: two tasks read " + c.String())
	}
	if len(s.frames) == 0 && s.ended == nil && timeout > 0 {
		s.waiter = t
		t.block("a frame on "+c.String(), timeout)
		s.waiter = nil
	}
	if len(s.frames) > 0 {
		p := s.frames[0]
		s.frames = slices.Delete(s.frames, 0, 1)
		return p, nil
	}
	if s.ended != nil {
		return nil, s.ended
	}
	return nil, ErrNothing
}

// Write queues one frame (or, for a Stream, some bytes), see [nodes.Env].
func (t *T) Write(c nodes.Conn, p []byte) error { return t.env().Write(c, p) }

// Unsent is how many bytes were written to c and have not left this machine.
func (t *T) Unsent(c nodes.Conn) int { return t.env().Unsent(c) }

// Close ends c in order: what was written is still sent. What was not read is lost,
// and a task that reads c is told.
func (t *T) Close(c nodes.Conn) {
	env := t.env()
	if t.m.forget(c) {
		env.Close(c)
	}
}

// Reset ends c at once.
func (t *T) Reset(c nodes.Conn) {
	env := t.env()
	if t.m.forget(c) {
		env.Reset(c)
	}
}

// forget ends the machine's part of a connection. It returns whether the connection
// still stood.
func (m *machine) forget(c nodes.Conn) bool {
	s := m.conns[c.N]
	if s == nil {
		return false
	}
	delete(m.conns, c.N)
	stood := s.ended == nil
	s.frames, s.ended = nil, nodes.ErrClosed
	m.tell(s)
	return stood
}

// tell wakes the task that waits for s, once.
func (m *machine) tell(s *stream) {
	if t := s.waiter; t != nil && t.waits != "" {
		m.wake(t)
	}
}

// Opened tells the task that dials, or queues the connection for Accept.
func (m *machine) Opened(env nodes.Env, c nodes.Conn, peer string) {
	m.env = env
	if s := m.conns[c.N]; s != nil {
		s.opened, s.peer = true, peer
		m.tell(s)
	} else if p := m.ports[c.Port]; p != nil && !c.Dialed {
		m.accept(p, c, peer)
	}
	m.run()
}

func (m *machine) accept(p *port, c nodes.Conn, peer string) {
	if len(p.waiting) == 0 && len(p.accepted) == m.config.Inbox {
		m.env.Reset(c)
		return
	}
	s := &stream{conn: c, peer: peer, stream: p.framing.Stream, opened: true}
	m.conns[c.N] = s
	if len(p.waiting) == 0 {
		p.accepted = append(p.accepted, s)
		return
	}
	t := p.waiting[0]
	p.waiting = slices.Delete(p.waiting, 0, 1)
	t.conn = c
	m.wake(t)
}

// Received queues a frame for Read. A connection whose frames nobody reads is reset:
// a stream cannot drop what came in the middle.
func (m *machine) Received(env nodes.Env, c nodes.Conn, p []byte) {
	m.env = env
	if s := m.conns[c.N]; s != nil {
		switch last := len(s.frames) - 1; {
		case s.stream && last >= 0:
			s.frames[last] = append(s.frames[last], p...)
		case len(s.frames) == m.config.Inbox:
			env.Reset(c)
			s.frames, s.ended = nil, nodes.ErrReset
		default:
			s.frames = append(s.frames, append([]byte{}, p...))
		}
		m.tell(s)
	}
	m.run()
}

// Closed tells the task that dials or reads. What came before is still read first.
func (m *machine) Closed(env nodes.Env, c nodes.Conn, err error) {
	m.env = env
	if s := m.conns[c.N]; s != nil {
		s.ended = err
		if err == nil {
			s.ended = io.EOF
		}
		m.tell(s)
	}
	m.run()
}
