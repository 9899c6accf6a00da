package broker

import (
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// purpose tells apart the connections to one broker.
type purpose uint8

const (
	fetching    purpose = iota // the fetcher's Fetch, which may wait there
	asking                     // the fetcher's other questions
	controlling                // LeaderAndIsr, StopReplica, UpdateMetadata
	departing                  // ControlledShutdown
	marking                    // WriteTxnMarkers
	verifying                  // AddPartitionsToTxn with verifyOnly (KIP-890)
)

// String is the client id that the requests of that purpose carry.
func (p purpose) String() string {
	return [...]string{"fetcher", "fetcher-asks", "controller", "controlled-shutdown", "txn-markers", "txn-verifier"}[p]
}

// linkKey names a connection to a broker.
type linkKey struct {
	to int32
	p  purpose
}

// link is the connection to a broker for one purpose. It is made when it is needed, and made anew after it has ended.
type link struct {
	id      uint64
	key     linkKey
	addr    nodes.Addr
	conn    nodes.Conn // zero if there is none
	loop    *channel   // if the broker is this one
	wait    []*outbound
	last    int32 // correlation
	timeout time.Duration
	timed   bool // its timer is set
}

// outbound is a request on its way to a broker.
type outbound struct {
	correlation int32
	call        uint64 // of the module that asks
	req         kmsg.Request
	deadline    time.Duration
}

// errNoBroker says that nobody knows where a broker is; errLate, that it did not answer in time.
var (
	errNoBroker = errors.New("kafka: no address is known for the broker")
	errLate     = errors.New("kafka: the broker did not answer in time")
)

// tagLink is the timer of a link's requests. N is the link's number.
const tagLink = "broker/link"

// loopMessage is a request to this same broker, on its way through a stage.
type loopMessage struct {
	l   *link
	out *outbound
}

// Kind implements [nodes.Message].
func (loopMessage) Kind() string { return "loop" }

// send sends a request of a module to a broker. What becomes of it is told to the module, not before this call has returned.
func (b *Broker) send(env nodes.Env, key linkKey, addr nodes.Addr, call uint64, r kmsg.Request) {
	l := b.links[key]
	if l == nil {
		b.linkIDs++
		l = &link{id: b.linkIDs, key: key, timeout: b.patience(key.p)}
		b.links[key] = l
		b.linkOrder = append(b.linkOrder, l)
	}
	out := &outbound{call: call, req: r, deadline: env.Monotonic() + l.timeout}
	if key.to == b.id {
		l.wait = append(l.wait, out)
		env.Post(nodes.Tag{Name: "broker/loop", N: uint64(key.p)}, loopMessage{l, out})
		return
	}
	if l.conn != (nodes.Conn{}) && addr != l.addr {
		b.breakLink(env, l, nodes.ErrReset)
	}
	if l.conn == (nodes.Conn{}) {
		if addr == (nodes.Addr{}) {
			b.failures = append(b.failures, failure{key.p, call, errNoBroker})
			return
		}
		l.addr = addr
		l.conn = env.Dial(addr, b.framing())
		b.dialled[l.conn] = l
	}
	l.last++
	out.correlation = l.last
	l.wait = append(l.wait, out)
	b.out = proto.AppendRequest(b.out[:0], proto.Header{Correlation: out.correlation, ClientID: b.clientID(key.p)}, r)
	if err := env.Write(l.conn, b.out); err != nil {
		b.breakLink(env, l, err)
		return
	}
	b.watchLink(env, l)
}

// failure is the end of a request that came to nothing, until the module is told.
type failure struct {
	p    purpose
	call uint64
	err  error
}

// patience is how long an answer may take.
func (b *Broker) patience(p purpose) time.Duration {
	switch p {
	case fetching, asking:
		return b.cfg.ReplicaWait
	case controlling, departing:
		return b.cfg.ControllerWait
	case marking, verifying:
	}
	return b.cfg.RequestTimeout
}

func (b *Broker) clientID(p purpose) string { return b.clientIDs[p] }

// watchLink keeps the timer of a link going while it waits for something.
func (b *Broker) watchLink(env nodes.Env, l *link) {
	if !l.timed && len(l.wait) > 0 {
		l.timed = true
		env.SetTimer(nodes.Tag{Name: tagLink, N: l.id}, l.wait[0].deadline-env.Monotonic())
	}
}

// linkTimer breaks a connection on which the oldest request has waited too long.
func (b *Broker) linkTimer(env nodes.Env, id uint64) {
	i := slices.IndexFunc(b.linkOrder, func(l *link) bool { return l.id == id })
	if i < 0 {
		return
	}
	l := b.linkOrder[i]
	l.timed = false
	if len(l.wait) > 0 && l.key.to != b.id && l.wait[0].deadline <= env.Monotonic() {
		b.breakLink(env, l, errLate)
	}
	b.watchLink(env, l)
}

// breakLink ends a connection, and everything that waits for it.
func (b *Broker) breakLink(env nodes.Env, l *link, err error) {
	if l.conn != (nodes.Conn{}) {
		env.Reset(l.conn)
		delete(b.dialled, l.conn)
		l.conn = nodes.Conn{}
	}
	b.fail(l, err)
}

func (b *Broker) fail(l *link, err error) {
	for _, out := range l.wait {
		b.failures = append(b.failures, failure{l.key.p, out.call, err})
	}
	l.wait = nil
}

// linkReceived takes an answer. One that cannot be read, or to what was not asked, ends the connection.
func (b *Broker) linkReceived(env nodes.Env, c nodes.Conn, p []byte) {
	l := b.dialled[c]
	if l == nil {
		return
	}
	if len(l.wait) == 0 {
		b.stats.Garbage++
		b.breakLink(env, l, nodes.ErrFrame)
		return
	}
	out := l.wait[0]
	if l.key.p != fetching { // of what a fetch brings all is written at once: nothing of it is kept
		p = slices.Clone(p)
	}
	correlation, resp, err := proto.ReadResponse(p, out.req)
	if err != nil || correlation != out.correlation {
		b.stats.Garbage++
		b.breakLink(env, l, nodes.ErrFrame)
		return
	}
	l.wait[0] = nil
	l.wait = l.wait[1:]
	b.answered(env, l.key.p, out.call, resp, nil)
}

// linkClosed takes the end of a connection.
func (b *Broker) linkClosed(env nodes.Env, c nodes.Conn, err error) {
	if l := b.dialled[c]; l != nil {
		delete(b.dialled, c)
		l.conn = nodes.Conn{}
		b.fail(l, err)
	}
}

// answered tells a module what came of a request of its own.
func (b *Broker) answered(env nodes.Env, p purpose, call uint64, resp kmsg.Response, err error) {
	switch p {
	case fetching, asking:
		b.replicas.Answered(env, call, resp, err)
	case controlling, departing:
		b.ctrl.Answered(env, call, resp, err)
	case marking:
		b.txns.Answered(env, call, resp, err)
	case verifying:
		b.verified(env, call, resp, err)
	}
}

// Posted implements [nodes.StageHandler]: a request of this broker to itself arrives.
func (b *Broker) Posted(env nodes.Env, _ nodes.Tag, m nodes.Message) {
	in := m.(loopMessage)
	if !slices.Contains(in.l.wait, in.out) {
		return
	}
	if in.l.loop == nil {
		b.channelIDs++
		in.l.loop = &channel{id: b.channelIDs, host: string(env.Self()), loop: in.l}
	}
	b.enqueue(env, in.l.loop, inbound{out: in.out})
	b.drain(env)
}

// takeLoop takes a request of this broker to itself.
func (b *Broker) takeLoop(env nodes.Env, ch *channel, out *outbound) {
	b.calls++
	ch.busy = true
	b.pending[b.calls] = pending{ch: ch, out: out}
	b.dispatch(env, b.calls, ch, b.clientID(ch.loop.key.p), out.req)
}

// linkAnswered is the answer to a request of this broker to itself.
func (b *Broker) linkAnswered(env nodes.Env, l *link, out *outbound, resp kmsg.Response) {
	i := slices.Index(l.wait, out)
	if i < 0 {
		return
	}
	l.wait = slices.Delete(l.wait, i, i+1)
	b.answered(env, l.key.p, out.call, resp, nil)
}

// breakAll ends the connections of a purpose.
func (b *Broker) breakAll(env nodes.Env, p purpose) {
	for _, l := range b.linkOrder {
		if l.key.p == p {
			b.breakLink(env, l, nodes.ErrClosed)
		}
	}
}

// framing is how requests become frames.
func (b *Broker) framing() nodes.Framing { return nodes.Framing{MaxFrame: b.cfg.MaxRequestSize} }
