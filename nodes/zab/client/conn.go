package client

import (
	"encoding/binary"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// The client's timers.
const (
	tagTick  = "tick"  // looks after the connection
	tagRetry = "retry" // dials again after a pause
)

// retryPause is the longest pause after all servers have been tried in vain; the pause is drawn.
const retryPause = time.Second

func (c *Client) tag(name string) nodes.Tag { return nodes.Tag{Name: c.cfg.Prefix + name} }

// silenceMax is how long a server may say nothing.
func (c *Client) silenceMax() time.Duration {
	if !c.connected() { // it is still to say the first word, and each server is to have its turn
		return max(c.timeout/time.Duration(len(c.cfg.Servers)), time.Millisecond)
	}
	return c.timeout * 2 / 3
}

// dial begins a connection to the next server.
func (c *Client) dial(env nodes.Env) {
	c.conn = env.Dial(c.cfg.Servers[c.server], nodes.Framing{Stream: c.cfg.Stream, MaxFrame: c.cfg.MaxFrame})
	c.broken, c.in = false, nil
	c.heardAt, c.saidAt = env.Monotonic(), env.Monotonic()
	env.SetTimer(c.tag(tagTick), c.silenceMax())
}

// Opened takes a connection, if it is the client's.
func (c *Client) Opened(env nodes.Env, conn nodes.Conn) bool {
	if conn != c.conn || conn == (nodes.Conn{}) {
		return false
	}
	hello := proto.ConnectRequest{LastZxidSeen: c.zxid, TimeOut: int32(c.cfg.Timeout.Milliseconds()), SessionID: c.session,
		Passwd: c.passwd, ReadOnly: c.cfg.ReadOnly, HasReadOnly: true}
	_ = c.write(env, hello.Append(nil)) // if it fails, Closed is about to say so
	return true
}

// Closed takes the end of a connection, if it was the client's.
func (c *Client) Closed(env nodes.Env, conn nodes.Conn) bool {
	if conn != c.conn || conn == (nodes.Conn{}) {
		return false
	}
	c.lost(env)
	return true
}

// lost gives up a connection that is over, and turns to the next server. As in the Java client, what waits to be
// sent is lost with it.
func (c *Client) lost(env nodes.Env) {
	if c.connected() {
		c.misses = 0
	}
	c.conn = nodes.Conn{}
	env.StopTimer(c.tag(tagTick))
	over := c.state.Over()
	if c.closing && !over {
		c.become(Closed) // the answer to closeSession may be lost; the session ends all the same
	} else if !over {
		c.become(Disconnected)
	}
	c.fail(proto.CodeConnectionLoss)
	if c.state.Over() {
		return
	}
	c.server = (c.server + 1) % len(c.cfg.Servers)
	c.misses++
	pause := time.Duration(0)
	if c.misses%len(c.cfg.Servers) == 0 {
		pause = time.Duration(env.Rand().Int64N(int64(retryPause)))
	}
	env.SetTimer(c.tag(tagRetry), pause)
}

// fail ends all requests.
func (c *Client) fail(err proto.ErrCode) {
	for _, call := range append(c.pending, c.waiting...) {
		c.end(call, err, nil, 0)
	}
	c.pending, c.waiting = nil, nil
}

// HangUp ends the connection, if there is one: what has no answer ends with a connection loss, and the next server is dialled.
func (c *Client) HangUp(env nodes.Env) {
	if c.conn != (nodes.Conn{}) {
		c.hangUp(env)
	}
}

// hangUp ends the connection itself.
func (c *Client) hangUp(env nodes.Env) {
	env.Reset(c.conn)
	c.lost(env)
}

// over ends the client for ever.
func (c *Client) over(env nodes.Env, s State, err proto.ErrCode) {
	c.become(s)
	c.fail(err)
	env.Close(c.conn)
	c.conn = nodes.Conn{}
	env.StopTimer(c.tag(tagTick))
	env.StopTimer(c.tag(tagRetry))
}

// Fire takes a timer, if it is the client's.
func (c *Client) Fire(env nodes.Env, tag nodes.Tag) bool {
	name, mine := strings.CutPrefix(tag.Name, c.cfg.Prefix)
	if !mine {
		return false
	}
	switch {
	case name == tagRetry && c.conn == nodes.Conn{} && !c.state.Over():
		c.dial(env)
	case name == tagTick && c.conn != nodes.Conn{}:
		c.tick(env)
	}
	return true
}

// tick pings a server, or leaves one that has been silent for too long.
func (c *Client) tick(env nodes.Env) {
	now := env.Monotonic()
	if c.broken || now-c.heardAt >= c.silenceMax() {
		c.hangUp(env)
		return
	}
	next := c.heardAt + c.silenceMax()
	if c.connected() {
		if now-c.saidAt >= c.timeout/3 {
			c.send(env, proto.XidPing, Op{proto.OpPing, nil})
		}
		next = min(next, c.saidAt+c.timeout/3)
	}
	env.SetTimer(c.tag(tagTick), max(next-now, time.Millisecond))
}

// Received takes a frame, or some bytes of a stream, if it came on the client's connection. A frame that cannot be read ends the
// connection.
func (c *Client) Received(env nodes.Env, conn nodes.Conn, p []byte) bool {
	if conn != c.conn || conn == (nodes.Conn{}) {
		return false
	}
	c.heardAt = env.Monotonic()
	if !c.cfg.Stream {
		c.frame(env, p)
		return true
	}
	in := append(c.in, p...)
	used := 0
	for conn == c.conn && len(in)-used >= 4 {
		n := int(binary.BigEndian.Uint32(in[used:]))
		if n > c.cfg.MaxFrame {
			c.hangUp(env)
			break
		}
		if len(in)-used < 4+n {
			break
		}
		used += 4 + n
		c.frame(env, in[used-n:used]) // of which nothing is kept: decoders copy
	}
	if conn == c.conn {
		c.in = in[:copy(in, in[used:])]
	}
	return true
}

// frame takes one frame.
func (c *Client) frame(env nodes.Env, p []byte) {
	c.reader.Reset(p)
	if !c.connected() {
		c.welcomed(env, &c.reader)
	} else {
		c.answered(env, &c.reader)
	}
}

// welcomed takes the first answer: there is a session, or it has expired.
func (c *Client) welcomed(env nodes.Env, d *jute.Decoder) {
	var r proto.ConnectResponse
	if r.Decode(d) != nil {
		c.hangUp(env)
		return
	}
	if r.TimeOut <= 0 {
		c.over(env, Expired, proto.CodeSessionExpired)
		return
	}
	c.session, c.passwd = r.SessionID, r.Passwd
	c.timeout = time.Duration(r.TimeOut) * time.Millisecond
	if r.ReadOnly {
		c.become(ConnectedReadOnly)
	} else {
		c.become(Connected)
	}
	for i := range c.auth {
		c.send(env, proto.XidAuth, Op{proto.OpAuth, &c.auth[i]})
	}
	for _, op := range c.w.requests(c.zxid) {
		c.send(env, proto.XidSetWatches, op)
	}
	c.flush(env)
	c.tick(env)
}

// answered takes any later frame.
func (c *Client) answered(env nodes.Env, d *jute.Decoder) {
	var h proto.ReplyHeader
	if h.Decode(d) != nil {
		c.hangUp(env)
		return
	}
	switch h.Xid {
	case proto.XidPing, proto.XidSetWatches:
		c.zxid = max(c.zxid, h.Zxid)
		return
	case proto.XidAuth:
		if h.Err != proto.CodeOK {
			c.over(env, AuthFailed, proto.CodeAuthFailed)
		}
		return
	case proto.XidNotification:
		c.watched(env, d, h.Zxid)
		return
	}
	if len(c.pending) == 0 || c.pending[0].xid != h.Xid {
		c.hangUp(env) // answers come in order: this server is out of its mind
		return
	}
	call := c.pending[0]
	var body jute.Record
	if h.Err == proto.CodeOK || call.op.Type == proto.OpMulti && d.Left() > 0 {
		if body = response(call.op.Type); body != nil && body.Decode(d) != nil {
			c.hangUp(env)
			return
		}
	}
	c.pending = c.pending[1:]
	c.zxid = max(c.zxid, h.Zxid)
	c.w.answered(call.op, h.Err)
	c.end(call, h.Err, body, h.Zxid)
	if call.op.Type == proto.OpCloseSession {
		c.over(env, Closed, proto.CodeSessionExpired)
	}
}

// watched takes what a watch has seen.
func (c *Client) watched(env nodes.Env, d *jute.Decoder, zxid int64) {
	var e proto.WatcherEvent
	if e.Decode(d) != nil {
		c.hangUp(env)
		return
	}
	c.events = append(c.events, Watched{Type: e.Type, Path: e.Path, Zxid: zxid, Known: c.w.fired(e.Type, e.Path)})
}
