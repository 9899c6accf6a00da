package client

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Conn is one connection to a broker. Requests are written at once, answers come in the same order. A task of its own
// dials and reads; it ends with the connection.
type Conn struct {
	config  *Config
	addr    nodes.Addr
	conn    nodes.Conn
	open    bool
	err     error // why it has ended; nil while it stands or is being made
	last    int32 // the last correlation id
	queue   []*Call
	pending []*Call         // written, in this order
	max     map[int16]int16 // by key, what the broker speaks; nil if it was not asked
	ended   func(t *task.T, failed bool)
}

// Call is a request on its way.
type Call struct {
	conn    *Conn
	req     kmsg.Request
	id      int32
	sent    bool
	silent  bool // there is no answer to come
	expires time.Duration
	signal  *task.Signal // raised when done
	done    bool
	resp    kmsg.Response
	err     error
}

// Connect begins to dial a broker. It does not block; what is asked meanwhile is sent when the connection stands.
func Connect(t *task.T, config Config, addr nodes.Addr) *Conn {
	config = config.withDefaults()
	return connect(t, &config, addr, nil)
}

// connect is Connect for a Cluster, which is told when the connection ends, and whether it never stood.
func connect(t *task.T, config *Config, addr nodes.Addr, ended func(t *task.T, failed bool)) *Conn {
	c := &Conn{config: config, addr: addr, ended: ended}
	spawn(t, "conn "+addr.String(), c.run)
	return c
}

// spawn starts a task that is nobody's sub-task, so that a caller's T.Wait does not wait for it.
func spawn(t *task.T, name string, body func(*task.T)) {
	t.Go(name, func(t *task.T) { t.Go(name, body) })
}

// run is the connection's task.
func (c *Conn) run(t *task.T) {
	conn, err := t.Dial(c.addr, nodes.Framing{}, c.config.DialTimeout)
	switch {
	case err != nil:
		c.end(t, err)
		return
	case c.err != nil: // given up meanwhile
		t.Reset(conn)
		return
	}
	c.conn = conn
	if c.config.Negotiate {
		if err := c.negotiate(t); err != nil {
			c.end(t, err)
			return
		}
	}
	c.open = true
	for _, call := range c.queue {
		c.write(t, call)
	}
	c.queue = nil
	for {
		frame, err := t.Read(conn, task.Forever)
		if err == nil {
			err = c.take(t, frame)
		}
		if err != nil {
			c.end(t, err)
			return
		}
	}
}

// negotiate asks which versions the broker speaks; again in version 0 if it does not speak the first one (KIP-511).
func (c *Conn) negotiate(t *task.T) error {
	r := kmsg.NewPtrApiVersionsRequest()
	r.ClientSoftwareName, r.ClientSoftwareVersion = "orrery", "1"
	for _, r.Version = range []int16{proto.Max(18, false), 0} {
		if err := t.Write(c.conn, proto.AppendRequest(nil, proto.Header{ClientID: c.config.ClientID}, r)); err != nil {
			return err
		}
		frame, err := t.Read(c.conn, c.config.RequestTimeout)
		if err != nil {
			return err
		}
		_, resp, err := proto.ReadResponse(frame, r)
		if err != nil {
			return err
		}
		v := resp.(*kmsg.ApiVersionsResponse)
		if proto.Code(v.ErrorCode) == proto.UnsupportedVersion && r.Version > 0 {
			continue
		}
		if v.ErrorCode != 0 {
			return codeError(v.ErrorCode)
		}
		c.max = map[int16]int16{}
		for _, k := range v.ApiKeys {
			c.max[k.ApiKey] = k.MaxVersion
		}
		return nil
	}
	return ErrUnsupported
}

// Start sends a request and does not wait. signal, which may be nil, is raised when the call is done.
func (c *Conn) Start(t *task.T, r kmsg.Request, timeout time.Duration, signal *task.Signal) *Call {
	if signal == nil {
		signal = new(task.Signal)
	}
	call := &Call{conn: c, req: r, signal: signal, expires: t.Monotonic() + timeout}
	if p, ok := r.(*kmsg.ProduceRequest); ok && p.Acks == 0 {
		call.silent = true
	}
	switch {
	case c.err != nil:
		call.end(t, nil, &LostError{Err: c.err})
	case c.open:
		c.write(t, call)
	default:
		c.queue = append(c.queue, call)
	}
	return call
}

// write sends a call's request in the largest version that both sides speak.
func (c *Conn) write(t *task.T, call *Call) {
	key := call.req.Key()
	v := c.config.version(key)
	if c.max != nil {
		theirs, ok := c.max[key]
		if !ok {
			theirs = -1
		}
		v = min(v, theirs)
	}
	if v < 0 {
		call.end(t, nil, &LostError{Err: ErrUnsupported})
		return
	}
	call.req.SetVersion(v)
	c.last++
	call.id = c.last
	h := proto.Header{Correlation: call.id, ClientID: c.config.ClientID}
	if err := t.Write(c.conn, proto.AppendRequest(nil, h, call.req)); err != nil {
		call.end(t, nil, &LostError{Err: err})
		return
	}
	call.sent = true
	if call.silent {
		call.end(t, nil, nil)
		return
	}
	c.pending = append(c.pending, call)
}

// take gives a frame to the call that it answers, which is the oldest.
func (c *Conn) take(t *task.T, frame []byte) error {
	if len(c.pending) == 0 {
		return proto.ErrMalformed
	}
	call := c.pending[0]
	id, resp, err := proto.ReadResponse(frame, call.req)
	if err == nil && id != call.id {
		err = proto.ErrMalformed
	}
	if err != nil {
		return err
	}
	c.pending = slices.Delete(c.pending, 0, 1)
	call.end(t, resp, nil)
	return nil
}

// Drop gives the connection up, and with it all calls that have no answer.
func (c *Conn) Drop(t *task.T) { c.end(t, ErrClosed) }

// end is the end of the connection, whoever noticed it first.
func (c *Conn) end(t *task.T, err error) {
	if c.err != nil {
		return
	}
	if errors.Is(err, io.EOF) {
		err = nodes.ErrReset
	}
	c.err = err
	if c.conn != (nodes.Conn{}) {
		t.Reset(c.conn)
	}
	calls := append(c.pending, c.queue...)
	c.pending, c.queue = nil, nil
	for _, call := range calls {
		call.end(t, nil, &LostError{Sent: call.sent, Err: err})
	}
	if c.ended != nil {
		c.ended(t, !c.open)
	}
}

// end makes a call done.
func (call *Call) end(t *task.T, resp kmsg.Response, err error) {
	if !call.done {
		call.done, call.resp, call.err = true, resp, err
		call.signal.Raise(t)
	}
}

// expire gives the connection up if the answer is overdue: what is behind it will not come sooner.
func (call *Call) expire(t *task.T) {
	if !call.done && t.Monotonic() >= call.expires {
		call.conn.end(t, ErrTimeout)
	}
}

// Done tells that the call has its answer, or never will.
func (call *Call) Done() bool { return call.done }

// Await blocks until the call is done. The error is a *LostError.
func (call *Call) Await(t *task.T) (kmsg.Response, error) {
	for !call.done {
		call.signal.Wait(t, call.expires-t.Monotonic())
		call.expire(t)
	}
	return call.resp, call.err
}

// Do sends a request and waits for the answer, for at most timeout; then the connection is given up. The error is a
// *LostError. A refusal by the broker is an answer.
func (c *Conn) Do(t *task.T, r kmsg.Request, timeout time.Duration) (kmsg.Response, error) {
	return c.Start(t, r, timeout, nil).Await(t)
}
