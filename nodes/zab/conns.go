package zab

import (
	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// conns are the connections of the quorum port, of either side.
type conns struct {
	byConn map[nodes.Conn]*link
}

func (c *conns) init() { c.byConn = map[nodes.Conn]*link{} }

// link is a connection between a leader and a learner: a stream of packets.
type link struct {
	conn nodes.Conn
	in   []byte // what has arrived and is not yet a whole packet
	// raw, if set, takes bytes that are not packets: a snapshot. It returns how many it took, and whether it is done.
	raw func(env nodes.Env, p []byte) (used int, done bool, err error)

	packet  func(env nodes.Env, p *proto.QuorumPacket) // takes a packet
	closed  func(env nodes.Env)                        // takes the end
	paused  bool                                       // what arrives waits
	reading bool                                       // a packet is being taken: whoever goes on reading is on the stack already
	out     []byte
}

func (s *Server) newLink(c nodes.Conn) *link {
	l := &link{conn: c}
	s.conns.byConn[c] = l
	return l
}

// Opened implements nodes.ConnHandler.
func (s *Server) Opened(env nodes.Env, c nodes.Conn, peer string) {
	switch {
	case s.elect != nil && s.elect.Opened(env, c):
		s.takeElection(env)
	case c.Dialed:
		if s.learner != nil && s.learner.link != nil && s.learner.link.conn == c {
			s.learner.connected(env)
		}
	case s.clients.ports[c.Port]:
		s.clientConnects(env, c, peer)
	case s.leader == nil: // whoever does not lead has no learners
		env.Close(c)
	default:
		s.leader.learnerConnects(env, s.newLink(c))
	}
}

// Received implements nodes.ConnHandler.
func (s *Server) Received(env nodes.Env, c nodes.Conn, p []byte) {
	if s.elect != nil && s.elect.Received(env, c, p) {
		s.takeElection(env)
		return
	}
	if l := s.conns.byConn[c]; l != nil {
		l.in = append(l.in, p...)
		s.readPackets(env, l)
		return
	}
	s.clientSays(env, c, p)
}

// Closed implements nodes.ConnHandler.
func (s *Server) Closed(env nodes.Env, c nodes.Conn, _ error) {
	if s.elect != nil && s.elect.Closed(env, c) {
		s.takeElection(env)
		return
	}
	if l := s.conns.byConn[c]; l != nil {
		delete(s.conns.byConn, c)
		l.closed(env)
		return
	}
	s.clientGone(env, c)
}

// maxPacket bounds what one packet may carry: a proposal of the longest request, with what belongs to it.
func (s *Server) maxPacket() int { return s.zoo.MaxBuffer + 1<<20 }

// readPackets hands over what is whole, until the link is closed by what it says.
func (s *Server) readPackets(env nodes.Env, l *link) {
	if l.reading {
		return
	}
	l.reading = true
	p := l.in
	for len(p) > 0 && !l.paused && s.conns.byConn[l.conn] == l {
		if l.raw != nil {
			used, done, err := l.raw(env, p)
			if err != nil {
				s.cut(env, l)
				return
			}
			p = p[used:]
			if !done {
				break
			}
			l.raw = nil
			continue
		}
		n, err := proto.QuorumPacketSize(p, s.maxPacket())
		if err != nil {
			s.cut(env, l)
			return
		}
		if n == 0 {
			break
		}
		var packet proto.QuorumPacket
		if err := decode(p[:n], &packet); err != nil {
			s.cut(env, l)
			return
		}
		p = p[n:]
		l.packet(env, &packet)
	}
	l.in = append(l.in[:0], p...)
	l.reading = false
}

// cut ends a link from this side, and says so to whom it belongs to.
func (s *Server) cut(env nodes.Env, l *link) {
	if s.conns.byConn[l.conn] != l {
		return
	}
	delete(s.conns.byConn, l.conn)
	env.Reset(l.conn)
	l.closed(env)
}

// drop ends a link from this side without a word to anybody.
func (s *Server) drop(env nodes.Env, l *link) {
	if s.conns.byConn[l.conn] == l {
		delete(s.conns.byConn, l.conn)
		env.Close(l.conn)
	}
}

// send writes a packet.
func (l *link) send(env nodes.Env, p *proto.QuorumPacket) {
	l.out = p.Append(l.out[:0])
	_ = env.Write(l.conn, l.out) // a connection that has ended says so by Closed
}
