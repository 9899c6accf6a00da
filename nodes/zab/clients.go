package zab

import (
	"encoding/binary"
	"slices"
	"strings"
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
	perHost   map[string]int
	ports     map[int]bool // that are listened at
	order     []*client    // in which they came: no answer may depend on the order of a map
	inProcess int          // requests of all of them that are not answered
}

func (c *clients) init() {
	c.byConn, c.byNumber, c.bySession = map[nodes.Conn]*client{}, map[uint64]*client{}, map[int64]*client{}
	c.perHost, c.ports = map[string]int{}, map[int]bool{}
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
	in         []byte // has come, and is not yet taken
	state      clientState
	throttled  bool // nothing is taken of it until some of its requests are answered
	taking     bool // its frames are being taken
	commanding bool // it says a four-letter word
	session    int64
	timeout    time.Duration
	identities []proto.ID
	tellsRead  bool            // it wants to be told whether the server only reads
	queued     []time.Duration // when its requests came that are not answered, by the monotonic clock

	since          time.Time
	received, sent uint64 // packets
	lastXid        int32
	lastOp         string
	lastZxid       int64
	lastResponse   int64 // in ms since 1970
	latency        latencies
}

type clientState uint8

const (
	clientNew     clientState = iota // has said nothing yet
	clientOpening                    // waits for its session
	clientOpen
	clientClosing // has closed its session
)

// maxUnread is how many bytes may wait for a client that does not read what it is told.
const maxUnread = 64 << 20

// listenForClients accepts clients at a port, if it is one.
func (s *Server) listenForClients(env nodes.Env, port int) error {
	if port == 0 || s.clients.ports[port] {
		return nil
	}
	if err := env.Listen(port, nodes.Framing{Stream: true}); err != nil {
		return err
	}
	s.clients.ports[port] = true
	return nil
}

// clientConnects takes a connection, if there are not too many.
func (s *Server) clientConnects(env nodes.Env, c nodes.Conn, peer string) {
	host := hostOf(peer)
	most, all := s.zoo.MaxClientConns, s.zoo.MaxConns
	if most > 0 && s.clients.perHost[host] >= most || all > 0 && len(s.clients.order) >= all {
		s.life.Refused++
		if nodes.Noting(env) {
			nodes.Note(env, "refuses a client: too many connections from "+host)
		}
		env.Close(c)
		return
	}
	k := &client{conn: c, peer: peer, since: env.Now(), lastXid: -1, lastZxid: -1, lastOp: "NA",
		identities: []proto.ID{{Scheme: "ip", ID: host}}}
	s.clients.byConn[c], s.clients.byNumber[c.N] = k, k
	s.clients.perHost[host]++
	s.clients.order = append(s.clients.order, k)
}

// hostOf is a peer without its port, and without the brackets of an IPv6 address.
func hostOf(peer string) string {
	if i := strings.LastIndexByte(peer, ':'); i > 0 {
		peer = peer[:i]
	}
	return strings.TrimSuffix(strings.TrimPrefix(peer, "["), "]")
}

// refuse cuts off a client that does not speak the protocol. Nobody else notices.
func (s *Server) refuse(env nodes.Env, k *client, why string) {
	s.life.Refused++
	if nodes.Noting(env) {
		nodes.Note(env, "cuts off the client at "+k.peer+": "+why)
	}
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
	host := hostOf(k.peer)
	if s.clients.perHost[host]--; s.clients.perHost[host] == 0 {
		delete(s.clients.perHost, host)
	}
	s.clients.inProcess -= len(k.queued)
	s.clients.order = slices.DeleteFunc(s.clients.order, func(o *client) bool { return o == k })
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
	body, err := r.parse(new(jute.Decoder))
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
		s.refuse(env, k, "an authentication that is none")
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
	b := h.Append(append(s.scratch.out[:0], 0, 0, 0, 0))
	if body != nil {
		b = body.Append(b)
	}
	if cap(b) <= keptOutput {
		s.scratch.out = b
	}
	s.write(env, k, b)
}

// keptOutput is how much room for an answer is kept for the next one.
const keptOutput = 64 << 10

// write sends a frame whose first four bytes are for its length.
func (s *Server) write(env nodes.Env, k *client, b []byte) {
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	k.sent++
	s.traffic.sent++
	_ = env.Write(k.conn, b) // a connection that has ended says so by Closed
	if env.Unsent(k.conn) > maxUnread {
		s.refuse(env, k, "it does not read what it is told")
	}
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
