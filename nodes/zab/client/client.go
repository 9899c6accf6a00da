package client

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Config says whom a client connects to. Servers is needed.
type Config struct {
	Servers  []nodes.Addr
	Timeout  time.Duration // of the session, as it is asked for; 0 means 10 s
	ReadOnly bool          // whether a server that is cut off from its quorum will do
	Prefix   string        // of the client's timers; "" means "zookeeper/"
	MaxFrame int           // the longest answer that is accepted, in bytes; 0 means 4 MiB, as in the Java client
	// Stream has the client write and read the lengths of frames itself. The bytes are the same; but both ends of a simulated
	// connection must be of one kind, and a server listens for a stream, whose first bytes may be a four-letter word.
	Stream bool
}

// State is how a client stands with the servers.
type State uint8

// The states of a client. The last three are for ever.
const (
	Disconnected State = iota
	Connected
	ConnectedReadOnly
	Expired
	AuthFailed
	Closed
)

// String is the state in a word.
func (s State) String() string {
	return [...]string{"Disconnected", "Connected", "ConnectedReadOnly", "Expired", "AuthFailed", "Closed"}[s]
}

// Over tells whether a client in that state will never be connected again.
func (s State) Over() bool { return s >= Expired }

// Event is what has come about: one of [Done], [Watched] and [Changed].
type Event interface{ event() }

// Done ends a request.
type Done struct {
	Call     uint64 // what Do returned
	Op       Op
	Err      proto.ErrCode
	Response jute.Record // of the operation's own type; nil after an error, of a Multi too if it was not answered
	Zxid     int64       // what the server had applied when it answered; 0 if nobody answered
	Xid      int32       // the number that the request was sent under; 0 if it was not sent
}

// Watched tells what a watch has seen. Known is false if this client had left none that the event concerns.
type Watched struct {
	Type  proto.EventType
	Path  string
	Zxid  int64 // of the change, since 3.9; -1 from older servers
	Known bool
}

// Changed tells that the client stands differently with the servers.
type Changed struct{ State State }

func (Done) event()    {}
func (Watched) event() {}
func (Changed) event() {}

// call is a request under way.
type call struct {
	id  uint64
	op  Op
	xid int32
}

// Client is a session with ZooKeeper.
type Client struct {
	cfg     Config
	state   State
	events  []Event
	w       watches
	auth    []proto.AuthPacket
	session int64
	passwd  []byte
	zxid    int64         // the last that was seen
	timeout time.Duration // of the session, as it was granted

	conn    nodes.Conn // zero if there is none
	broken  bool       // something could not be written to it
	in      []byte     // of a stream: what is not yet a whole frame
	server  int        // in cfg.Servers, of the present connection or the next
	misses  int        // connections in a row that came to nothing
	calls   uint64
	xid     int32
	waiting []call        // not yet sent
	pending []call        // sent and not answered
	heardAt time.Duration // when the server last said something, and
	saidAt  time.Duration // when the client did
	closing bool

	reader      jute.Decoder // of frames
	out, framed []byte       // room for a request, and for its frame
}

// keptRoom is how many bytes of room are kept for the next request.
const keptRoom = 64 << 10

// New returns a client that has no session yet. It panics if there is no server.
func New(cfg Config) *Client {
	if len(cfg.Servers) == 0 {
		panic("client: Config.Servers is empty")
	}
	cfg.Servers = slices.Clone(cfg.Servers)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Prefix = cmp.Or(cfg.Prefix, "zookeeper/")
	cfg.MaxFrame = cmp.Or(cfg.MaxFrame, 4<<20)
	return &Client{cfg: cfg, timeout: cfg.Timeout, passwd: make([]byte, 16)}
}

// Start begins to connect, with a server drawn by chance.
func (c *Client) Start(env nodes.Env) {
	c.server = env.Rand().IntN(len(c.cfg.Servers))
	c.dial(env)
}

// State is how the client stands with the servers.
func (c *Client) State() State { return c.state }

// Session is the session's number; 0 before there is one.
func (c *Client) Session() int64 { return c.session }

// Zxid is the last transaction that the client has seen the effect of.
func (c *Client) Zxid() int64 { return c.zxid }

// Timeout is the session's time-out as it was granted; before that, as it is asked for.
func (c *Client) Timeout() time.Duration { return c.timeout }

// Server is the server that the client is connected to, or tries next.
func (c *Client) Server() nodes.Addr { return c.cfg.Servers[c.server] }

// Pending is how many requests have not been answered.
func (c *Client) Pending() int { return len(c.waiting) + len(c.pending) }

// Take returns the next thing that has come about. It is to be called after each event that the client has taken,
// and after Do, until ok is false.
func (c *Client) Take() (ev Event, ok bool) {
	if len(c.events) == 0 {
		return nil, false
	}
	ev = c.events[0]
	c.events = slices.Delete(c.events, 0, 1)
	return ev, true
}

// Do makes a request, and returns the number that its Done will carry. Without a connection it waits for one, and
// ends with CodeConnectionLoss if the next attempt at one fails.
func (c *Client) Do(env nodes.Env, op Op) uint64 {
	c.calls++
	call := call{id: c.calls, op: op}
	if c.state.Over() || c.closing {
		c.end(call, c.failure(), nil, 0)
		return call.id
	}
	c.closing = op.Type == proto.OpCloseSession
	c.waiting = append(c.waiting, call)
	c.flush(env)
	return call.id
}

// Close ends the session. Its Done is the last one.
func (c *Client) Close(env nodes.Env) uint64 { return c.Do(env, Op{proto.OpCloseSession, nil}) }

// AddAuth adds an identity ("digest", "user:password") to this connection, and to all that follow. If a server refuses
// it, the client is over.
func (c *Client) AddAuth(env nodes.Env, scheme string, auth []byte) {
	p := proto.AuthPacket{Scheme: scheme, Auth: slices.Clone(auth)}
	c.auth = append(c.auth, p)
	if c.connected() {
		c.send(env, proto.XidAuth, Op{proto.OpAuth, &p})
	}
}

func (c *Client) connected() bool { return c.state == Connected || c.state == ConnectedReadOnly }

// failure is what a request ends with that can no longer be answered.
func (c *Client) failure() proto.ErrCode {
	switch c.state {
	case Expired, Closed:
		return proto.CodeSessionExpired
	case AuthFailed:
		return proto.CodeAuthFailed
	}
	if c.closing {
		return proto.CodeSessionExpired
	}
	return proto.CodeConnectionLoss
}

func (c *Client) end(call call, err proto.ErrCode, r jute.Record, zxid int64) {
	c.events = append(c.events, Done{Call: call.id, Op: call.op, Err: err, Response: r, Zxid: zxid, Xid: call.xid})
}

func (c *Client) become(s State) {
	if c.state != s {
		c.state = s
		c.events = append(c.events, Changed{s})
	}
}

// flush sends what waits.
func (c *Client) flush(env nodes.Env) {
	for c.connected() && len(c.waiting) > 0 {
		call := c.waiting[0]
		c.waiting = slices.Delete(c.waiting, 0, 1)
		c.xid = max(c.xid+1, 1) // after 2^31-1 comes 1, for what is negative has a meaning
		call.xid = c.xid
		c.pending = append(c.pending, call)
		c.send(env, call.xid, call.op)
	}
}

// write writes one frame to the connection.
func (c *Client) write(env nodes.Env, p []byte) error {
	if c.cfg.Stream {
		p = append(binary.BigEndian.AppendUint32(c.framed[:0], uint32(len(p))), p...)
		if cap(p) <= keptRoom {
			c.framed = p
		}
	}
	return env.Write(c.conn, p)
}

// send writes one request.
func (c *Client) send(env nodes.Env, xid int32, op Op) {
	b := (&proto.RequestHeader{Xid: xid, Type: op.Type}).Append(c.out[:0])
	if op.Request != nil {
		b = op.Request.Append(b)
	}
	if cap(b) <= keptRoom {
		c.out = b
	}
	c.saidAt = env.Monotonic()
	if c.write(env, b) != nil { // too long, or the connection is over: no answer will be the right one
		c.broken = true
		env.SetTimer(c.tag(tagTick), 0)
	}
}
