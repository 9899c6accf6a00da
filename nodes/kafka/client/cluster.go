package client

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Cluster is what a client knows of a cluster, and its connections. Tasks of one machine may share it; each passes
// its own T.
type Cluster struct {
	config Config
	closed bool

	id         string
	brokers    []Broker // by ID
	controller int32
	topics     map[string]*topic
	refreshed  time.Duration
	next       int // which broker is asked next, where any will do

	conns        map[lane]*Conn
	uses         use // the last one that was taken
	down         map[nodes.Addr]*outage
	coordinators map[coordinatorKey]*coordinator
}

// Broker is where a broker is.
type Broker struct {
	ID   int32
	Addr nodes.Addr
	Rack string
}

// lane tells apart the connections to one broker: what may be parked there, a fetch or a member that joins, must not hold
// up the rest, for a broker answers what comes on one connection in order.
type lane struct {
	addr nodes.Addr
	use  use
}

// use is what a connection is for: ordinary, or what one consumer has taken for itself.
type use int

const ordinary use = 0

// newUse is one that nobody else has.
func (c *Cluster) newUse() use {
	c.uses++
	return c.uses
}

// outage is a broker that could not be reached.
type outage struct {
	failures int
	until    time.Duration
}

// New returns a client of a cluster. It connects when it is first asked for something.
func New(config Config) *Cluster {
	return &Cluster{
		config:       config.withDefaults(),
		controller:   -1,
		topics:       map[string]*topic{},
		conns:        map[lane]*Conn{},
		down:         map[nodes.Addr]*outage{},
		coordinators: map[coordinatorKey]*coordinator{},
	}
}

// Close ends all connections. Calls that are under way return ErrClosed.
func (c *Cluster) Close(t *task.T) {
	c.closed = true
	for u := ordinary; u <= c.uses; u++ {
		c.hangUp(t, u)
	}
}

// hangUp ends the connections of one use.
func (c *Cluster) hangUp(t *task.T, u use) {
	for _, addr := range c.addrs() {
		if conn := c.conns[lane{addr, u}]; conn != nil {
			conn.Drop(t)
		}
	}
}

// addrs are all places where a broker has been: the brokers by their ids, then the bootstrap list.
func (c *Cluster) addrs() []nodes.Addr {
	var addrs []nodes.Addr
	for _, b := range c.brokers {
		addrs = append(addrs, b.Addr)
	}
	for _, a := range c.config.Bootstrap {
		if !slices.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// Brokers are the brokers that were alive when the cluster was last asked, by their ids.
func (c *Cluster) Brokers() []Broker { return slices.Clone(c.brokers) }

// broker is where a broker is.
func (c *Cluster) broker(id int32) (Broker, bool) {
	for _, b := range c.brokers {
		if b.ID == id {
			return b, true
		}
	}
	return Broker{}, false
}

// connection is the connection to an address for a use. It is begun if there is none, unless the last attempt
// has just failed: then it is nil.
func (c *Cluster) connection(t *task.T, addr nodes.Addr, u use) *Conn {
	key := lane{addr, u}
	if conn := c.conns[key]; conn != nil {
		return conn
	}
	out := c.down[addr]
	if c.closed || out != nil && t.Monotonic() < out.until {
		return nil
	}
	c.conns[key] = connect(t, &c.config, addr, func(t *task.T, failed bool) {
		delete(c.conns, key)
		if !failed {
			delete(c.down, addr)
			return
		}
		out := c.down[addr]
		if out == nil {
			out = &outage{}
			c.down[addr] = out
		}
		pause := min(c.config.ReconnectBackoff<<min(out.failures, 16), c.config.ReconnectBackoffMax)
		out.failures++
		out.until = t.Monotonic() + pause
	})
	return c.conns[key]
}

// start sends a request to a broker and does not wait. It fails at once for one that is not known or just failed.
func (c *Cluster) start(t *task.T, id int32, u use, r kmsg.Request, timeout time.Duration, signal *task.Signal) *Call {
	b, known := c.broker(id)
	if known {
		if conn := c.connection(t, b.Addr, u); conn != nil {
			return conn.Start(t, r, timeout, signal)
		}
	}
	return &Call{req: r, done: true, err: &LostError{Err: ErrNoBroker}}
}

// Do sends a request to a broker and waits for the answer, for at most timeout (0: Config.RequestTimeout), once. The
// error is a *LostError.
func (c *Cluster) Do(t *task.T, id int32, r kmsg.Request, timeout time.Duration) (kmsg.Response, error) {
	if timeout == 0 {
		timeout = c.config.RequestTimeout
	}
	return c.start(t, id, ordinary, r, timeout, nil).Await(t)
}

// Any sends a request to whichever broker can be reached, until one answers or timeout (0: Config.RequestTimeout) is
// over.
func (c *Cluster) Any(t *task.T, r kmsg.Request, timeout time.Duration) (kmsg.Response, error) {
	resp, _, err := c.any(t, r, timeout)
	return resp, err
}

// any is Any, and tells who has answered.
func (c *Cluster) any(t *task.T, r kmsg.Request, timeout time.Duration) (kmsg.Response, nodes.Addr, error) {
	if timeout == 0 {
		timeout = c.config.RequestTimeout
	}
	deadline := t.Monotonic() + timeout
	err := error(&LostError{Err: ErrNoBroker})
	for !c.closed && t.Monotonic() < deadline {
		addrs := c.addrs()
		for range addrs {
			addr := addrs[c.next%len(addrs)]
			conn := c.connection(t, addr, ordinary)
			if conn == nil {
				c.next++
				continue
			}
			resp, callErr := conn.Do(t, r, deadline-t.Monotonic())
			if callErr == nil {
				return resp, addr, nil
			}
			err = callErr
			c.next++
			if c.closed || t.Monotonic() >= deadline {
				break
			}
		}
		t.Sleep(min(c.config.RetryBackoff, deadline-t.Monotonic()))
	}
	if c.closed {
		return nil, nodes.Addr{}, ErrClosed
	}
	return nil, nodes.Addr{}, err
}

// Controller sends a request to the active controller, which it looks for, until it is carried out or refused for
// good, or Config.APITimeout is over. code reads the answer's verdict.
func (c *Cluster) Controller(t *task.T, r kmsg.Request, code func(kmsg.Response) proto.Code) (kmsg.Response, error) {
	deadline := t.Monotonic() + c.config.APITimeout
	for {
		var err error
		if c.controller < 0 {
			err = c.Refresh(t)
		}
		if err == nil {
			resp, callErr := c.Do(t, c.controller, r, c.config.RequestTimeout)
			if callErr == nil && code(resp) != proto.NotController {
				return resp, nil
			}
			if callErr != nil && mayHaveArrived(callErr) {
				return nil, callErr // it may have been carried out: who asks must look
			}
			err = callErr
			if err == nil {
				err = &CodeError{Code: proto.NotController}
			}
		}
		c.controller = -1
		if c.closed || t.Monotonic()+c.config.RetryBackoff >= deadline {
			return nil, err
		}
		t.Sleep(c.config.RetryBackoff)
	}
}
