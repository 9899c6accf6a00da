package zab

import (
	"encoding/binary"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/session"
	"orrery/nodes/zab/tree"
)

// clients are the connections of the client port.
type clients struct {
	byConn    map[nodes.Conn]*client
	byNumber  map[uint64]*client
	bySession map[int64]*client
	order     []*client // in which they came: no answer may depend on the order of a map
}

func (c *clients) init() {
	c.byConn, c.byNumber, c.bySession = map[nodes.Conn]*client{}, map[uint64]*client{}, map[int64]*client{}
}

// auth is as whom a connection acts.
func (c *clients) auth(conn uint64) []proto.ID {
	if k := c.byNumber[conn]; k != nil {
		return k.identities
	}
	return nil
}

// client is a connection to the client port.
type client struct {
	conn       nodes.Conn
	peer       string
	in         []byte
	state      clientState
	session    int64
	timeout    time.Duration
	identities []proto.ID
	readOnly   bool
	received   uint64
	sent       uint64
	since      time.Time
	lastXid    int32
	lastOp     proto.OpCode
	lastZxid   int64
	queued     int // requests that are not answered
}

type clientState uint8

const (
	clientNew     clientState = iota // has said nothing yet
	clientOpening                    // waits for its session
	clientOpen
	clientClosing // has closed its session
)

// clientConnects takes a connection, if there are not too many.
func (s *Server) clientConnects(env nodes.Env, c nodes.Conn, peer string) {
	host := hostOf(peer)
	same := 0
	for _, k := range s.clients.order {
		if hostOf(k.peer) == host {
			same++
		}
	}
	if most := s.zoo.MaxClientConns; most > 0 && same >= most || s.zoo.MaxConns > 0 && len(s.clients.order) >= s.zoo.MaxConns {
		s.life.Refused++
		env.Reset(c)
		return
	}
	k := &client{conn: c, peer: peer, since: env.Now(), identities: []proto.ID{{Scheme: "ip", ID: host}}}
	s.clients.byConn[c], s.clients.byNumber[c.N] = k, k
	s.clients.order = append(s.clients.order, k)
}

// hostOf is a peer without its port.
func hostOf(peer string) string {
	for i := len(peer) - 1; i > 0; i-- {
		if peer[i] == ':' {
			return peer[:i]
		}
	}
	return peer
}

// clientSays takes bytes of a client, and what is whole of them.
func (s *Server) clientSays(env nodes.Env, c nodes.Conn, p []byte) {
	k := s.clients.byConn[c]
	if k == nil {
		return
	}
	k.in = append(k.in, p...)
	for s.clients.byConn[c] == k && len(k.in) >= 4 {
		if k.state == clientNew && s.command(env, k) {
			return
		}
		n := int32(binary.BigEndian.Uint32(k.in))
		if n < 0 || int(n) >= s.zoo.MaxBuffer {
			s.refuse(env, k)
			return
		}
		if len(k.in) < 4+int(n) {
			return
		}
		frame := append([]byte(nil), k.in[4:4+n]...)
		k.in = append(k.in[:0], k.in[4+n:]...)
		k.received++
		s.clientFrame(env, k, frame)
	}
}

// refuse cuts off a client that does not speak the protocol. Nobody else notices.
func (s *Server) refuse(env nodes.Env, k *client) {
	s.life.Refused++
	s.hangUp(env, k)
}

// hangUp ends a client's connection from this side. Its session lives on.
func (s *Server) hangUp(env nodes.Env, k *client) {
	env.Close(k.conn)
	s.clientGone(env, k.conn)
}

// clientGone forgets a connection.
func (s *Server) clientGone(_ nodes.Env, c nodes.Conn) {
	k := s.clients.byConn[c]
	if k == nil {
		return
	}
	delete(s.clients.byConn, c)
	delete(s.clients.byNumber, c.N)
	if s.clients.bySession[k.session] == k {
		delete(s.clients.bySession, k.session)
	}
	for i, o := range s.clients.order {
		if o == k {
			s.clients.order = append(s.clients.order[:i], s.clients.order[i+1:]...)
			break
		}
	}
	s.db.tree.RemoveConn(c.N)
	if s.pipe != nil {
		s.pipe.commits.forget(k.session, c)
	}
}

// cutClients ends the connections of all clients: this server does not serve any more.
func (s *Server) cutClients(env nodes.Env) {
	for len(s.clients.order) > 0 {
		s.hangUp(env, s.clients.order[0])
	}
}

// clientFrame takes a frame.
func (s *Server) clientFrame(env nodes.Env, k *client, frame []byte) {
	if k.state == clientNew {
		s.clientOpens(env, k, frame)
		return
	}
	if s.pipe == nil {
		s.hangUp(env, k)
		return
	}
	d := jute.NewDecoder(frame)
	var h proto.RequestHeader
	if err := h.Decode(d); err != nil || k.state != clientOpen {
		s.refuse(env, k)
		return
	}
	k.lastXid, k.lastOp = h.Xid, h.Type
	s.touch(env, k)
	body := d.Rest()
	if h.Type == proto.OpAuth {
		s.clientAuth(env, k, &h, body)
		return
	}
	if h.Type == proto.OpCloseSession {
		k.state = clientClosing
	}
	k.queued++
	r := &request{session: k.session, cxid: h.Xid, op: h.Type, raw: body, auth: k.identities, owner: s.ownOwner(), conn: k.conn,
		local: s.isLocal(k.session)}
	s.upgrade(env, r)
	s.pipe.submit(env, r)
}

// ownOwner is by which way requests of this server's own clients come.
func (s *Server) ownOwner() session.Owner { return session.Owner(s.id) + 1 }

func (s *Server) isLocal(id int64) bool {
	if s.pipe.leaderSessions != nil {
		return s.pipe.leaderSessions.IsLocal(id)
	}
	return s.pipe.learnerSessions.IsLocal(id)
}

// touch says that a session was heard of.
func (s *Server) touch(env nodes.Env, k *client) {
	if s.pipe.leaderSessions != nil {
		s.pipe.leaderSessions.Touch(k.session, k.timeout, env.Monotonic())
	} else {
		s.pipe.learnerSessions.Touch(k.session, k.timeout, env.Monotonic())
	}
}

// upgrade makes a local session global that asks for an ephemeral znode, before the request (ZOOKEEPER-1147).
func (s *Server) upgrade(env nodes.Env, r *request) {
	if !r.local || !r.asksEphemeral() {
		return
	}
	if !s.zoo.LocalUpgrading {
		r.refused = proto.CodeEphemeralOnLocalSession
		return
	}
	var timeout time.Duration
	var ok bool
	if s.pipe.leaderSessions != nil {
		timeout, ok = s.pipe.leaderSessions.Upgrade(r.session, env.Monotonic())
	} else {
		timeout, ok = s.pipe.learnerSessions.Upgrade(r.session)
	}
	r.local = false
	if ok {
		s.pipe.submit(env, s.createSession(r.session, timeout, nodes.Conn{}))
	}
}

// asksEphemeral tells whether the request makes an ephemeral znode.
func (r *request) asksEphemeral() bool {
	body, err := r.parse()
	if err != nil {
		return false
	}
	ephemeral := func(b jute.Record) bool {
		c, ok := b.(*proto.CreateRequest)
		return ok && (c.Flags == proto.ModeEphemeral || c.Flags == proto.ModeEphemeralSequential)
	}
	if m, ok := body.(*proto.MultiRequest); ok {
		for _, op := range m.Ops {
			if ephemeral(op.Request) {
				return true
			}
		}
		return false
	}
	return ephemeral(body)
}

// createSession is the request that makes a session global.
func (s *Server) createSession(id int64, timeout time.Duration, c nodes.Conn) *request {
	body := &proto.CreateSessionTxn{TimeOut: int32(timeout / time.Millisecond)}
	return &request{session: id, op: proto.OpCreateSession, body: body, raw: body.Append(nil), owner: s.ownOwner(), conn: c}
}

// clientAuth adds an identity to a connection.
func (s *Server) clientAuth(env nodes.Env, k *client, h *proto.RequestHeader, body []byte) {
	var a proto.AuthPacket
	if err := decode(body, &a); err != nil {
		s.refuse(env, k)
		return
	}
	ids, code := tree.Authenticate(a.Scheme, a.Auth, s.zoo.SuperDigest, hostOf(k.peer))
	for _, id := range ids {
		if !hasID(k.identities, id) {
			k.identities = append(k.identities, id)
		}
	}
	s.reply(env, k, proto.ReplyHeader{Xid: h.Xid, Err: code}, nil)
	if code != proto.CodeOK {
		s.hangUp(env, k)
	}
}

func hasID(list []proto.ID, id proto.ID) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

// reply sends an answer, with the zxid that this server has come to.
func (s *Server) reply(env nodes.Env, k *client, h proto.ReplyHeader, body jute.Record) {
	b := h.Append(make([]byte, 4, 64))
	if body != nil {
		b = body.Append(b)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	k.sent++
	k.lastZxid = h.Zxid
	_ = env.Write(k.conn, b)
}

// tellWatchers sends what watches have seen: before the answer to the request that it comes from, and before any answer
// that shows the new state.
func (s *Server) tellWatchers(env nodes.Env, events []tree.Event) {
	for i := range events {
		e := &events[i]
		if k := s.clients.byNumber[e.Conn]; k != nil {
			s.reply(env, k, proto.ReplyHeader{Xid: proto.XidNotification, Zxid: e.Zxid}, &e.WatcherEvent)
		}
	}
}
