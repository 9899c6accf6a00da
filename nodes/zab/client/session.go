package client

import (
	"errors"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/proto"
)

// Session is a [Client] for straight-line code: its calls wait for their answers. One task owns it. What has to be done in
// the background (pings, reconnects) happens during its calls, and only then: a task that does something else for longer than the
// session's time-out loses the session, as a program does that stands still for so long.
type Session struct {
	t       *task.T
	c       *Client
	conn    nodes.Conn // as the task knows it; zero if there is none
	named   nodes.Conn // as the client knows it; zero if it has none
	to      nodes.Addr // where it is to be dialled, if conn is zero
	framing nodes.Framing
	dials   uint64
	timers  []timer
	waiting []Watched
	ended   []Done
}

// timer is a timer that the client has set.
type timer struct {
	tag nodes.Tag
	at  time.Duration
}

// OpenSession begins a session on a task. It does not wait for a connection.
func OpenSession(t *task.T, cfg Config) *Session {
	s := &Session{t: t, c: New(cfg)}
	s.c.Start(s.env())
	s.take()
	return s
}

// Client is the state machine of the session, to look at.
func (s *Session) Client() *Client { return s.c }

// Do makes a request, and waits for its end.
func (s *Session) Do(op Op) Done {
	id := s.c.Do(s.env(), op)
	s.take()
	for {
		for i, d := range s.ended {
			if d.Call == id {
				s.ended = slices.Delete(s.ended, i, i+1)
				return d
			}
		}
		s.step(task.Forever)
	}
}

// Close ends the session.
func (s *Session) Close() Done { return s.Do(Op{Type: proto.OpCloseSession}) }

// AddAuth adds an identity; see [Client.AddAuth].
func (s *Session) AddAuth(scheme string, auth []byte) {
	s.c.AddAuth(s.env(), scheme, auth)
	s.take()
}

// Sleep lets d pass, during which the session is kept alive.
func (s *Session) Sleep(d time.Duration) {
	for end := s.t.Monotonic() + d; s.t.Monotonic() < end; {
		s.step(end - s.t.Monotonic())
	}
}

// Watched waits for the next event of a watch, for at most timeout. ok is false if none came, or if the session is over.
func (s *Session) Watched(timeout time.Duration) (w Watched, ok bool) {
	begun := s.t.Monotonic()
	for len(s.waiting) == 0 {
		left := timeout - (s.t.Monotonic() - begun)
		if left <= 0 || s.c.State().Over() {
			return Watched{}, false
		}
		s.step(left)
	}
	w = s.waiting[0]
	s.waiting = slices.Delete(s.waiting, 0, 1)
	return w, true
}

// Connect waits until the client is connected, for at most timeout, and tells whether it is.
func (s *Session) Connect(timeout time.Duration) bool {
	for end := s.t.Monotonic() + timeout; !s.c.connected() && !s.c.State().Over() && s.t.Monotonic() < end; {
		s.step(end - s.t.Monotonic())
	}
	return s.c.connected()
}

// step does the next thing that the client waits for, or waits, but no longer than d.
func (s *Session) step(d time.Duration) {
	now, due := s.t.Monotonic(), task.Forever
	for i, tm := range s.timers {
		if tm.at <= now {
			s.timers = slices.Delete(s.timers, i, i+1)
			s.c.Fire(s.env(), tm.tag)
			s.take()
			return
		}
		due = min(due, tm.at-now)
	}
	switch {
	case s.named == nodes.Conn{}:
		s.t.Sleep(min(d, due))
		return
	case s.conn == nodes.Conn{}:
		s.dial(due) // even if that is longer than d: a task that never waits for long would never be connected
		return
	}
	p, err := s.t.Read(s.conn, min(d, due))
	switch {
	case errors.Is(err, task.ErrNothing):
	case err == nil:
		s.c.Received(s.env(), s.named, p)
	default:
		s.t.Reset(s.conn)
		s.lost()
	}
	s.take()
}

// dial opens the connection that the client waits for. The time that it may take ends with the client's next timer.
func (s *Session) dial(d time.Duration) {
	conn, err := s.t.Dial(s.to, s.framing, d)
	if errors.Is(err, nodes.ErrTimeout) {
		return // the timer says what becomes of it
	}
	if err != nil {
		s.lost()
	} else {
		s.conn = conn
		s.c.Opened(s.env(), s.named)
	}
	s.take()
}

// lost tells the client that its connection is over.
func (s *Session) lost() {
	named := s.named
	s.conn, s.named = nodes.Conn{}, nodes.Conn{}
	s.c.Closed(s.env(), named)
}

// take sorts what has come about.
func (s *Session) take() {
	for ev, ok := s.c.Take(); ok; ev, ok = s.c.Take() {
		switch ev := ev.(type) {
		case Done:
			s.ended = append(s.ended, ev)
		case Watched:
			s.waiting = append(s.waiting, ev)
		}
	}
}

func (s *Session) env() nodes.Env { return &taskEnv{Env: s.t.Env(), s: s} }

// taskEnv is the machine as the client of a session sees it: what the task must do itself, or wait for, goes through the session.
type taskEnv struct {
	nodes.Env
	s *Session
}

// Dial only notes what is to be dialled: the task will, when it is its turn to wait.
func (e *taskEnv) Dial(to nodes.Addr, f nodes.Framing) nodes.Conn {
	e.s.dials++
	e.s.to, e.s.framing = to, f
	e.s.named = nodes.Conn{N: e.s.dials, Port: to.Port, Dialed: true}
	return e.s.named
}

func (e *taskEnv) Write(_ nodes.Conn, p []byte) error { return e.s.t.Write(e.s.conn, p) }

func (e *taskEnv) Close(nodes.Conn) { e.drop(e.s.t.Close) }

func (e *taskEnv) Reset(nodes.Conn) { e.drop(e.s.t.Reset) }

func (e *taskEnv) drop(how func(nodes.Conn)) {
	if e.s.conn != (nodes.Conn{}) {
		how(e.s.conn)
	}
	e.s.conn, e.s.named = nodes.Conn{}, nodes.Conn{}
}

func (e *taskEnv) SetTimer(tag nodes.Tag, d time.Duration) {
	e.StopTimer(tag)
	e.s.timers = append(e.s.timers, timer{tag, e.Monotonic() + d})
}

func (e *taskEnv) StopTimer(tag nodes.Tag) {
	e.s.timers = slices.DeleteFunc(e.s.timers, func(t timer) bool { return t.tag == tag })
}
