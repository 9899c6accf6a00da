package election

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
)

// Bounds, which are the original's unless said otherwise.
const (
	receivePlace = 100      // notifications that wait to be looked at; then the oldest is dropped
	sendBuffer   = 64 << 10 // bytes that a connection takes before the queue of one begins to fill; TCP's, there
	maxStrangers = 64       // connections that have not said who they are, or are of servers that nobody knows; here only
)

// peer is another server, as the connection manager knows it. Between two servers one connection is kept: the one
// that the server with the larger number has dialled.
type peer struct {
	sid   int64
	queue []byte     // the message that waits to be sent, with its length before it; a newer one takes its place. nil if none
	last  []byte     // the message that was handed to a connection last
	conn  nodes.Conn // the zero Conn if none stands
	said  int        // messages that were handed to conn
	in    []byte     // what has arrived of a message
	dial  nodes.Conn // a connection that is being set up; the zero Conn if none is
	tries int        // dials so far: which of several addresses is next
}

func (p *peer) up() bool { return p.conn != nodes.Conn{} }

func (p *peer) dialling() bool { return p.dial != nodes.Conn{} }

// visitor is a connection that was accepted, and has not yet said who it is.
type visitor struct {
	conn nodes.Conn
	in   []byte
}

// letter is a message that was received.
type letter struct {
	sid  int64
	body []byte
}

// manager is the connection manager: ZooKeeper's QuorumCnxManager. It is reliable as long as a connection
// stands, and otherwise keeps the newest message only.
type manager struct {
	cfg      *Config
	current  *config.Quorum
	next     *config.Quorum // nil if there is none
	peers    []*peer        // by number
	visitors []*visitor
	inbox    []letter
	halted   bool
}

func (m *manager) peer(sid int64) *peer {
	i, found := slices.BinarySearchFunc(m.peers, sid, func(p *peer, sid int64) int { return cmp.Compare(p.sid, sid) })
	if !found {
		m.peers = slices.Insert(m.peers, i, &peer{sid: sid})
	}
	return m.peers[i]
}

// send queues a message for a server, and connects to it if need be. What a server tells itself is received at once.
func (m *manager) send(env nodes.Env, sid int64, body []byte) {
	if m.halted {
		return
	}
	if sid == m.cfg.Self {
		m.receive(env, sid, body)
		return
	}
	p := m.peer(sid)
	p.queue = append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	m.connect(env, p, m.addresses(sid))
	m.flush(env, p)
}

// flush hands the message that waits to the connection, if that takes it.
func (m *manager) flush(env nodes.Env, p *peer) {
	if p.up() && p.queue != nil && env.Unsent(p.conn) < sendBuffer {
		p.last, p.queue = p.queue, nil
		m.write(env, p, p.last)
	}
}

func (m *manager) write(env nodes.Env, p *peer, b []byte) {
	p.said++
	if env.Write(p.conn, b) != nil {
		p.conn = nodes.Conn{}
	}
}

// connect begins to dial a server at one of its addresses, unless it is connected or being dialled.
func (m *manager) connect(env nodes.Env, p *peer, addrs []config.Address) {
	if p.up() || p.dialling() || len(addrs) == 0 {
		return
	}
	// ZOOKEEPER-2164 and others: each connection had to stand, or to fail, before the next was begun.
	if m.cfg.Quirks.BlockingConnect && slices.ContainsFunc(m.peers, (*peer).dialling) {
		return
	}
	p.dial = env.Dial(m.cfg.where(addrs[p.tries%len(addrs)]), nodes.Framing{Stream: true})
	p.tries++
	env.SetTimer(m.cfg.tag(tagDial, p.dial), m.cfg.ConnectTimeout)
}

// addresses are where a server listens for elections, by the present configuration or else by the next.
func (m *manager) addresses(sid int64) []config.Address {
	for _, q := range []*config.Quorum{m.current, m.next} {
		if q == nil {
			continue
		}
		if s, known := q.Member(sid); known {
			return s.Election
		}
	}
	return nil
}

// connectAll dials everybody for whom there was ever a message.
func (m *manager) connectAll(env nodes.Env) {
	for _, p := range m.peers {
		m.connect(env, p, m.addresses(p.sid))
		m.flush(env, p)
	}
}

// haveDelivered tells whether nothing waits for at least one server.
func (m *manager) haveDelivered() bool {
	return slices.ContainsFunc(m.peers, func(p *peer) bool { return p.queue == nil })
}

// opened takes a connection that stands.
func (m *manager) opened(env nodes.Env, c nodes.Conn) bool {
	if !c.Dialed {
		if c.Port != m.cfg.Port {
			return false
		}
		if m.halted || len(m.visitors) >= maxStrangers {
			env.Reset(c)
			return true
		}
		m.visitors = append(m.visitors, &visitor{conn: c})
		env.SetTimer(m.cfg.tag(tagHello, c), m.cfg.ConnectTimeout)
		return true
	}
	p := m.dialledBy(c)
	if p == nil {
		return false
	}
	env.StopTimer(m.cfg.tag(tagDial, c))
	m.dialled(env, p)
	err := env.Write(c, appendHello(nil, m.cfg.Self, m.cfg.Announce, m.cfg.MultiAddress))
	if err != nil {
		return true
	}
	if p.sid > m.cfg.Self {
		env.Close(c) // it was only to let the other side know, which dials back
		return true
	}
	m.keep(env, p, c, nil)
	return true
}

func (m *manager) dialledBy(c nodes.Conn) *peer {
	for _, p := range m.peers {
		if p.dial == c {
			return p
		}
	}
	return nil
}

// dialled tells that a dial is over, however it ended.
func (m *manager) dialled(env nodes.Env, p *peer) {
	p.dial = nodes.Conn{}
	if !m.cfg.Quirks.BlockingConnect {
		return
	}
	at := slices.Index(m.peers, p)
	for i := range m.peers { // whose turn it is now
		if next := m.peers[(at+1+i)%len(m.peers)]; next.queue != nil && next != p {
			m.connect(env, next, m.addresses(next.sid))
		}
	}
}

// keep makes c the connection to a server, in the place of the one before. What was last told
// to the server is told again if nothing newer waits: it may have been lost with the old connection, and it
// may be out of date.
func (m *manager) keep(env nodes.Env, p *peer, c nodes.Conn, in []byte) {
	if p.up() {
		env.Close(p.conn)
	}
	p.conn, p.in, p.said = c, nil, 0
	if p.queue == nil && p.last != nil && !m.cfg.Quirks.NoResend {
		m.write(env, p, p.last)
	}
	m.flush(env, p)
	m.frames(env, p, in)
}

// received takes bytes of a connection.
func (m *manager) received(env nodes.Env, c nodes.Conn, b []byte) bool {
	if i := m.visitorOn(c); i >= 0 {
		m.visitors[i].in = append(m.visitors[i].in, b...)
		m.welcome(env, i)
		return true
	}
	for _, p := range m.peers {
		if p.conn == c {
			m.frames(env, p, b)
			m.flush(env, p)
			return true
		}
	}
	return false
}

func (m *manager) visitorOn(c nodes.Conn) int {
	return slices.IndexFunc(m.visitors, func(v *visitor) bool { return v.conn == c })
}

// welcome decides about a connection once it has said who it is. If the server there has the smaller
// number, it only wanted to be dialled.
func (m *manager) welcome(env nodes.Env, i int) {
	v := m.visitors[i]
	sid, told, n, err := parseHello(v.in)
	if err == nil && n == 0 {
		return
	}
	m.visitors = slices.Delete(m.visitors, i, i+1)
	env.StopTimer(m.cfg.tag(tagHello, v.conn))
	if err != nil || sid < 0 || sid == m.cfg.Self || m.tooStrange(sid) {
		env.Reset(v.conn)
		return
	}
	p := m.peer(sid)
	if sid > m.cfg.Self {
		m.keep(env, p, v.conn, v.in[n:])
		return
	}
	if p.up() { // it does not count on that one any more
		env.Close(p.conn)
		p.conn = nodes.Conn{}
	}
	env.Close(v.conn)
	if len(told) == 0 {
		told = m.addresses(sid)
	}
	m.connect(env, p, told) // where it says it is: it may have moved
}

// tooStrange tells whether a server is not a member, and too many such are known already. Some must be let in: who is to
// join asks for the leader before it is a member.
func (m *manager) tooStrange(sid int64) bool {
	strangers := 0
	for _, p := range m.peers {
		if p.sid == sid {
			return false
		}
		if len(m.addresses(p.sid)) == 0 {
			strangers++
		}
	}
	return len(m.addresses(sid)) == 0 && strangers >= maxStrangers
}

// frames takes the messages out of the bytes of a connection. One that breaks the framing ends the connection.
func (m *manager) frames(env nodes.Env, p *peer, b []byte) {
	p.in = append(p.in, b...)
	for len(p.in) >= 4 {
		size := int32(binary.BigEndian.Uint32(p.in))
		if size <= 0 || size > proto.MaxNotification {
			env.Reset(p.conn)
			p.conn, p.in = nodes.Conn{}, nil
			return
		}
		end := 4 + int(size)
		if len(p.in) < end {
			return
		}
		m.receive(env, p.sid, p.in[4:end])
		p.in = p.in[end:]
	}
	if len(p.in) == 0 {
		p.in = nil
	}
}

// receive queues a message for WorkerReceiver.
func (m *manager) receive(env nodes.Env, sid int64, body []byte) {
	if len(m.inbox) == receivePlace {
		m.inbox = slices.Delete(m.inbox, 0, 1)
	}
	m.inbox = append(m.inbox, letter{sid, slices.Clone(body)})
	env.Post(m.cfg.stage(stageReceive), turn{})
}

// closed takes the end of a connection.
func (m *manager) closed(env nodes.Env, c nodes.Conn) bool {
	if i := m.visitorOn(c); i >= 0 {
		m.visitors = slices.Delete(m.visitors, i, i+1)
		env.StopTimer(m.cfg.tag(tagHello, c))
		return true
	}
	for _, p := range m.peers {
		switch c {
		case p.dial:
			env.StopTimer(m.cfg.tag(tagDial, c))
			m.dialled(env, p)
			return true
		case p.conn:
			p.conn, p.in = nodes.Conn{}, nil
			return true
		}
	}
	return false
}

// expired takes the timer of a connection that does not come to stand, or does not say who it is.
func (m *manager) expired(env nodes.Env, n uint64) {
	for i, v := range m.visitors {
		if v.conn.N == n {
			m.visitors = slices.Delete(m.visitors, i, i+1)
			env.Reset(v.conn)
			return
		}
	}
	for _, p := range m.peers {
		if p.dialling() && p.dial.N == n {
			env.Reset(p.dial)
			m.dialled(env, p)
			return
		}
	}
}

// halt ends all connections, and forgets all that was to be sent or to be looked at.
func (m *manager) halt(env nodes.Env) {
	for _, v := range m.visitors {
		env.StopTimer(m.cfg.tag(tagHello, v.conn))
		env.Close(v.conn)
	}
	for _, p := range m.peers {
		if p.dialling() {
			env.StopTimer(m.cfg.tag(tagDial, p.dial))
			env.Reset(p.dial)
		}
		if p.up() {
			env.Close(p.conn)
		}
	}
	m.peers, m.visitors, m.inbox, m.halted = nil, nil, nil, true
}

// tag names a timer of a connection.
func (c *Config) tag(name string, conn nodes.Conn) nodes.Tag {
	return nodes.Tag{Name: c.Prefix + name, N: conn.N}
}

func (c *Config) stage(name string) nodes.Tag { return nodes.Tag{Name: c.Prefix + name} }

// turn is what wakes a stage: it looks at its queue.
type turn struct{}

// Kind is the message's name.
func (turn) Kind() string { return "notification" }

// The names of timers and stages, behind the prefix.
const (
	tagDial      = "dial"
	tagHello     = "hello"
	tagPoll      = "poll"
	stageReceive = "receive"
	stageLook    = "look"
)

// finalizeWait is for how long nobody must name a better leader before a round is over.
const finalizeWait = 200 * time.Millisecond
