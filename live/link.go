package live

import (
	"net"
	"time"

	"orrery/nodes"
)

// link carries datagrams to one machine.
type link struct {
	p    *Process
	to   nodes.ID
	addr string // "" for a stranger, who cannot be dialled
	out  *outbox
}

// stuck is how long a peer may take nothing off the wire before the connection is given up.
const stuck = 10 * time.Second

func newLink(p *Process, to nodes.ID, addr string) *link {
	return &link{p: p, to: to, addr: addr, out: newOutbox(p.cfg.Queue)}
}

// run keeps a connection to the peer, until the process ends.
func (l *link) run() {
	log := l.p.log.With("peer", string(l.to), "addr", l.addr)
	pause := backoff{min: l.p.cfg.BackoffMin, max: l.p.cfg.BackoffMax}
	complained := false
	for {
		nc, err := l.dial()
		if err == nil {
			pause.reset()
			complained = false
			l.p.stats.connects.Add(1)
			log.Info("peer connected")
			err = l.serve(nc)
			l.p.sockets.close(nc)
			if l.ending() {
				return
			}
			log.Warn("peer lost", "err", reason(err))
		} else if !complained && !l.ending() {
			complained = true
			log.Warn("peer cannot be reached; trying on", "err", cause(err))
		}
		if !pause.wait(l.p.closing) {
			return
		}
	}
}

func (l *link) ending() bool {
	select {
	case <-l.p.closing:
		return true
	default:
		return false
	}
}

// dial makes a connection and says hello.
func (l *link) dial() (net.Conn, error) {
	d := net.Dialer{Timeout: l.p.cfg.DialTimeout}
	nc, err := d.DialContext(l.p.dialing, "tcp", l.addr)
	if err != nil {
		return nil, err
	}
	watchful(nc)
	l.p.sockets.track(nc)
	if err := greet(nc, l.p.cfg.ID, l.to); err != nil {
		l.p.sockets.close(nc)
		return nil, err
	}
	return nc, nil
}

// serve sends what waits and reads what comes, until the connection ends. A connection that was
// dialled is read as well: to see its end, and because a machine that does not
// know this one answers on it.
func (l *link) serve(nc net.Conn) error {
	gone := make(chan struct{})
	written := make(chan struct{})
	began := l.p.goWriter(func() {
		defer close(written)
		l.write(nc, gone)
	})
	if !began {
		return net.ErrClosed
	}
	err := l.p.peers.read(nc, l.to)
	if l.ending() {
		<-written
	}
	close(gone)
	l.p.sockets.close(nc)
	<-written
	return err
}

// write sends until the connection ends, or until the process is being stopped and all is
// sent. What was taken and not written is lost, as a datagram may be.
func (l *link) write(nc net.Conn, gone <-chan struct{}) {
	for {
		frames, ok := l.out.take(gone)
		if !ok {
			break
		}
		n := size(frames)
		err := nc.SetWriteDeadline(time.Now().Add(stuck))
		if err == nil {
			_, err = (*net.Buffers)(&frames).WriteTo(nc)
		}
		l.out.sent(n)
		if err != nil {
			nc.Close() // and the reader ends
			return
		}
	}
	if t, is := nc.(*net.TCPConn); is && l.ending() {
		_ = t.CloseWrite()
	}
}

func size(frames [][]byte) (n int) {
	for _, f := range frames {
		n += len(f)
	}
	return n
}
