package live

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// sockets are all that a process has open, so that its end leaves none.
type sockets struct {
	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

// track notes a connection. After closeAll it closes it at once.
func (s *sockets) track(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return
	}
	if s.open == nil {
		s.open = map[net.Conn]struct{}{}
	}
	s.open[nc] = struct{}{}
}

// close closes one connection.
func (s *sockets) close(nc net.Conn) {
	nc.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, nc)
}

func (s *sockets) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for nc := range s.open {
		nc.Close()
	}
	s.open = nil
}

// watchful makes the kernel notice, within half a minute or so, that the other side's
// machine is gone without a word.
func watchful(nc net.Conn) {
	if t, is := nc.(*net.TCPConn); is {
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
		})
	}
}

// accept takes connections until the listener is closed. When the computer has no more to
// give, it waits and goes on.
func (p *Process) accept(l net.Listener, take func(net.Conn)) {
	pause := backoff{min: 5 * time.Millisecond, max: time.Second}
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause.reset()
			watchful(nc)
			take(nc)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			p.log.Warn("cannot accept a connection", "on", l.Addr().String(), "err", cause(err))
			if !pause.wait(p.closing) {
				return
			}
		}
	}
}

// cause takes the wrapping of package net off an error: the address is in the log line, and
// in the message, already.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, syscall.ETIMEDOUT) || errors.As(err, &n) && n.Timeout()
}
