package live

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"

	"orrery/nodes"
)

// peers carry datagrams: a link to each machine of Config.Peers, and one to each
// stranger that has connected to this process.
type peers struct {
	p     *Process
	known map[nodes.ID]*link // does not change

	mu        sync.Mutex
	strangers map[nodes.ID]*link
	unknown   map[nodes.ID]bool // to whom nothing can be sent; told once
}

// maxStrangers bounds the machines that connect without being in Config.Peers.
const maxStrangers = 10_000

func newPeers(p *Process) *peers {
	s := &peers{p: p, known: map[nodes.ID]*link{}, strangers: map[nodes.ID]*link{}, unknown: map[nodes.ID]bool{}}
	for id, addr := range p.cfg.Peers {
		if id != p.cfg.ID {
			s.known[id] = newLink(p, id, addr)
		}
	}
	return s
}

// start begins to dial and to accept.
func (s *peers) start() {
	for _, l := range s.known {
		s.p.writers.Go(l.run)
	}
	if s.p.datagram != nil {
		s.p.workers.Go(func() {
			s.p.accept(s.p.datagram, func(nc net.Conn) {
				s.p.sockets.track(nc)
				s.p.workers.Go(func() { s.accepted(nc) })
			})
		})
	}
}

// send queues a datagram, with its header.
func (s *peers) send(to nodes.ID, frame []byte) {
	l := s.known[to]
	if l == nil {
		s.mu.Lock()
		l = s.strangers[to]
		tell := l == nil && !s.unknown[to]
		if tell && len(s.unknown) < maxStrangers {
			s.unknown[to] = true
		}
		s.mu.Unlock()
		if tell {
			s.p.log.Warn("dropped a datagram to a machine that is not connected and has no known address", "to", string(to))
		}
	}
	if l == nil {
		s.p.stats.dropped.Add(1)
		return
	}
	s.p.stats.dropped.Add(uint64(l.out.put(frame)))
}

// accepted serves a connection that another machine has made.
func (s *peers) accepted(nc net.Conn) {
	defer s.p.sockets.close(nc)
	from, err := answer(nc, s.p.cfg.ID)
	if err != nil {
		s.p.log.Warn("refused a connection for datagrams", "from", nc.RemoteAddr().String(), "err", cause(err))
		return
	}
	log := s.p.log.With("peer", string(from), "addr", nc.RemoteAddr().String())
	if s.known[from] != nil {
		log.Debug("peer has connected")
		log.Debug("peer has disconnected", "err", reason(s.read(nc, from)))
		return
	}
	l := newLink(s.p, from, "")
	if !s.admit(l) {
		log.Warn("refused a connection for datagrams: there are too many of machines that are not peers", "most", maxStrangers)
		return
	}
	log.Info("client connected")
	err = l.serve(nc)
	s.leave(l)
	log.Info("client disconnected", "err", reason(err))
}

// admit makes l the way to its machine, in place of an older connection.
func (s *peers) admit(l *link) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.strangers[l.to]
	if old == nil && len(s.strangers) >= maxStrangers {
		return false
	}
	s.strangers[l.to] = l
	delete(s.unknown, l.to)
	return true
}

func (s *peers) leave(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.strangers[l.to] == l {
		delete(s.strangers, l.to)
	}
}

// read hands datagrams to the loop until the connection or the process ends.
func (s *peers) read(nc net.Conn, from nodes.ID) error {
	r := bufio.NewReaderSize(nc, 32<<10)
	g := newGauge()
	defer g.close()
	for {
		b, err := readFrame(r, s.p.cfg.MaxDatagram)
		if err != nil {
			return err
		}
		g.acquire(len(b))
		ok := s.p.inbox.put(func() {
			g.release(len(b))
			s.p.deliver(from, b)
		})
		if !ok {
			return net.ErrClosed
		}
	}
}

// each calls f with every link.
func (s *peers) each(f func(l *link)) {
	for _, l := range s.known {
		f(l)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.strangers {
		f(l)
	}
}

// finish lets what waits be the last that is sent.
func (s *peers) finish() { s.each(func(l *link) { l.out.close() }) }

// abandon throws it away.
func (s *peers) abandon() { s.each(func(l *link) { l.out.abort() }) }

// reason is why a connection ended, for the log.
func reason(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "the other side closed it"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	}
	return cause(err).Error()
}
