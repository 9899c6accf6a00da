package live

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"orrery/nodes"
)

// conn is one end of a connection. The node's calls go to the outbox; a writer empties it, and a
// reader hands frames to the loop.
type conn struct {
	p       *Process
	name    nodes.Conn
	framing nodes.Framing
	out     *outbox
	ahead   *gauge

	deaf   atomic.Bool   // the node has ended it: what comes in is read and thrown away
	gone   chan struct{} // closed when the connection is over, however it ended
	goOnce sync.Once

	mu     sync.Mutex
	nc     net.Conn // nil while it is being dialled
	killed bool     // ended at once
}

// linger is how long a connection that the node has closed may take to deliver what was
// written, and to hear the other side's end.
const linger = 30 * time.Second

// newConn names a connection of this process. The node must be able to hear of it.
func (p *Process) newConn(port int, dialed bool, f nodes.Framing) *conn {
	p.lastConn++
	c := &conn{
		p:       p,
		name:    nodes.Conn{N: p.lastConn, Port: port, Dialed: dialed},
		framing: f,
		out:     newOutbox(0),
		ahead:   newGauge(),
		gone:    make(chan struct{}),
	}
	p.conns[c.name.N] = c
	return c
}

// handler is the node, as one that speaks over connections.
func (p *Process) handler() nodes.ConnHandler {
	h, is := p.node.(nodes.ConnHandler)
	if !is {
		panic(fmt.Sprintf("live: %T uses connections and is no nodes.ConnHandler", p.node))
	}
	return h
}

// dial begins a connection.
func (p *Process) dial(to nodes.Addr, f nodes.Framing) nodes.Conn {
	p.handler()
	c := p.newConn(to.Port, true, f)
	p.goWriter(func() { c.dial(to) })
	return c.name
}

func (c *conn) dial(to nodes.Addr) {
	addr, err := c.p.cfg.place(to)
	var nc net.Conn
	if err == nil {
		d := net.Dialer{Timeout: c.p.cfg.DialTimeout}
		nc, err = d.DialContext(c.p.ctx, "tcp", addr)
	}
	if err != nil {
		c.p.inbox.put(func() { c.closed(dialError(err)) })
		c.leave()
		return
	}
	watchful(nc)
	c.serve(nc)
}

// listen accepts connections on a port until the process ends.
func (p *Process) listen(port int, f nodes.Framing) error {
	p.handler()
	addr, err := p.cfg.place(nodes.Addr{ID: p.cfg.ID, Port: port})
	if err != nil {
		return fmt.Errorf("live: cannot listen on port %d: %w", port, err)
	}
	if p.listeners[port] != nil {
		return fmt.Errorf("live: %w: %d, by this process", nodes.ErrInUse, port)
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("live: %w: %s", nodes.ErrInUse, addr)
	case err != nil:
		return fmt.Errorf("live: cannot listen on %s: %w", addr, cause(err))
	}
	p.listeners[port] = l
	p.workers.Go(func() {
		p.accept(l, func(nc net.Conn) { p.accepted(port, f, nc) })
	})
	return nil
}

// accepted waits for the loop to take the connection: the kernel's queue is the only one.
func (p *Process) accepted(port int, f nodes.Framing, nc net.Conn) {
	p.sockets.track(nc)
	taken := make(chan struct{})
	ok := p.inbox.put(func() {
		defer close(taken)
		c := p.newConn(port, false, f)
		if !p.goWriter(func() { c.serve(nc) }) {
			p.sockets.close(nc)
		}
	})
	if !ok {
		p.sockets.close(nc)
		return
	}
	select {
	case <-taken:
	case <-p.closing:
	}
}

// serve is the life of a connection that stands.
func (c *conn) serve(nc net.Conn) {
	if !c.attach(nc) {
		return
	}
	c.p.inbox.put(func() {
		if c.present() {
			c.p.call(func(env nodes.Env) { c.p.handler().Opened(env, c.name, nc.RemoteAddr().String()) })
		}
	})
	written := make(chan error, 1)
	go func() { written <- c.send(nc) }()
	err := c.read(nc)
	c.leave()
	_ = nc.SetWriteDeadline(time.Now()) // nobody waits for what is being written
	if werr := <-written; err == io.EOF && errors.Is(werr, syscall.ECONNRESET) {
		err = werr // the kernel tells of a reset once, and the reader then sees a plain end
	}
	c.p.sockets.close(nc)
	c.p.inbox.put(func() { c.closed(streamError(err)) })
}

// attach gives the connection its socket, unless it has been ended meanwhile.
func (c *conn) attach(nc net.Conn) bool {
	c.p.sockets.track(nc)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.killed {
		c.p.sockets.close(nc)
		return false
	}
	c.nc = nc
	return true
}

// present tells whether the node still has the connection. It is for the loop.
func (c *conn) present() bool { return c.p.conns[c.name.N] == c }

// received hands one frame over.
func (c *conn) received(b []byte) {
	c.ahead.release(len(b))
	if c.present() {
		c.p.call(func(env nodes.Env) { c.p.handler().Received(env, c.name, b) })
	}
}

// closed tells the node of the end.
func (c *conn) closed(err error) {
	if c.present() {
		delete(c.p.conns, c.name.N)
		c.p.call(func(env nodes.Env) { c.p.handler().Closed(env, c.name, err) })
	}
}

// finish ends the connection in order, after what was written.
func (c *conn) finish() {
	c.deaf.Store(true)
	c.out.close()
	c.ahead.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc != nil {
		_ = c.nc.SetWriteDeadline(time.Now().Add(linger)) // of what is being written now
	}
}

// reset ends it at once, and tells the other side so.
func (c *conn) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	if t, is := c.nc.(*net.TCPConn); is {
		_ = t.SetLinger(0)
	}
	c.endNow()
}

// abandon ends it at once, as the end of the process does.
func (c *conn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	c.endNow()
}

func (c *conn) endNow() {
	if c.nc != nil {
		c.p.sockets.close(c.nc)
	}
	c.deaf.Store(true)
	c.leave()
}

// leave ends all waiting around the connection.
func (c *conn) leave() {
	c.goOnce.Do(func() { close(c.gone) })
	c.out.abort()
	c.ahead.close()
}

// dialError is what Closed reports of a dial that failed.
func dialError(err error) error {
	if timedOut(err) {
		return fmt.Errorf("%w: %w", nodes.ErrTimeout, cause(err))
	}
	return fmt.Errorf("%w: %w", nodes.ErrRefused, cause(err))
}

// streamError is what Closed reports of a connection that stood.
func streamError(err error) error {
	switch {
	case err == io.EOF:
		return nil
	case errors.Is(err, nodes.ErrFrame):
		return nodes.ErrFrame
	case timedOut(err):
		return fmt.Errorf("%w: %w", nodes.ErrTimeout, cause(err))
	}
	return fmt.Errorf("%w: %w", nodes.ErrReset, cause(err))
}
