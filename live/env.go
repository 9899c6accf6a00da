package live

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"orrery/nodes"
)

// env is the nodes.Env of one call. It implements no nodes.Marker: coverage marks are the
// simulator's, and cost a failed type assertion here.
type env struct {
	p    *Process
	over bool // the call has returned
}

var (
	_ nodes.Env    = (*env)(nil)
	_ nodes.Noter  = (*env)(nil)
	_ nodes.Pauser = (*env)(nil)
)

// process is the effect boundary: a process that was killed or has halted does not come
// back from it.
func (e *env) process() *Process {
	if e.over {
		panic("live: an Env is valid only during the call that received it")
	}
	if e.p.dead || e.p.ordered.Load() == killed {
		panic(ended{})
	}
	return e.p
}

func (e *env) Self() nodes.ID { return e.process().cfg.ID }

// Now has no monotonic reading, so that two times differ as the wall clock says.
func (e *env) Now() time.Time { e.process(); return time.Now().Round(0) }

func (e *env) Monotonic() time.Duration { return time.Since(e.process().began) }

func (e *env) Rand() *rand.Rand { return e.process().rand }

func (e *env) Send(to nodes.ID, m nodes.Message) {
	p := e.process()
	frame := p.codec.Append(make([]byte, headerSize, 128), m)
	n := len(frame) - headerSize
	switch {
	case n > longest(p.cfg.MaxDatagram):
		p.stats.dropped.Add(1)
		p.log.Error("dropped a datagram that is too long", "to", string(to), "kind", m.Kind(), "bytes", n, "most", p.cfg.MaxDatagram)
	case to == p.cfg.ID:
		p.stats.sent.Add(1)
		p.local = append(p.local, letter{bytes: frame[headerSize:]})
	default:
		p.stats.sent.Add(1)
		appendHeader(frame[:0], n)
		p.peers.send(to, frame)
	}
}

func (e *env) SetTimer(tag nodes.Tag, d time.Duration) {
	p := e.process()
	now := time.Since(p.began)
	due := now + max(d, 0)
	if due < now { // d is longer than the rest of time
		due = 1<<63 - 1
	}
	p.timers.start(tag, due)
}

func (e *env) StopTimer(tag nodes.Tag) { e.process().timers.stop(tag) }

func (e *env) Post(stage nodes.Tag, m nodes.Message) {
	p := e.process()
	if _, is := p.node.(nodes.StageHandler); !is {
		panic(fmt.Sprintf("live: %T posts to stage %v and is no nodes.StageHandler", p.node, stage))
	}
	p.local = append(p.local, letter{stage: stage, msg: m})
}

func (e *env) Listen(port int, f nodes.Framing) error { return e.process().listen(port, f) }

func (e *env) Dial(to nodes.Addr, f nodes.Framing) nodes.Conn { return e.process().dial(to, f) }

func (e *env) Write(c nodes.Conn, p []byte) error {
	it := e.process().conns[c.N]
	if it == nil {
		return nodes.ErrClosed
	}
	return it.write(p)
}

func (e *env) Unsent(c nodes.Conn) int {
	it := e.process().conns[c.N]
	if it == nil {
		return 0
	}
	return it.out.waiting()
}

func (e *env) Pause(c nodes.Conn) { e.pause(c, true) }

func (e *env) Resume(c nodes.Conn) { e.pause(c, false) }

func (e *env) pause(c nodes.Conn, on bool) {
	if it := e.process().conns[c.N]; it != nil {
		it.ahead.pause(on)
	}
}

func (e *env) Close(c nodes.Conn) {
	p := e.process()
	if it := p.conns[c.N]; it != nil {
		delete(p.conns, c.N)
		it.finish()
	}
}

func (e *env) Reset(c nodes.Conn) {
	p := e.process()
	if it := p.conns[c.N]; it != nil {
		delete(p.conns, c.N)
		it.reset()
	}
}

func (e *env) Disk() nodes.Disk { return diskEnv{e} }

func (e *env) Halt(err error) {
	p := e.process()
	p.err = fmt.Errorf("%w: %w", ErrHalted, err)
	p.log.Error("halted", "err", err)
	p.dead = true
	panic(ended{})
}

func (e *env) Noting() bool {
	return e.process().log.Enabled(context.Background(), slog.LevelDebug)
}

func (e *env) Note(text string) { e.process().log.Debug("note", "text", text) }
