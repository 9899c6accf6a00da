package broker

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// channel is an ordered source of requests: an accepted connection, or the loop by which a link ends at this same broker. It has
// one request in process at a time, and is muted meanwhile.
type channel struct {
	id       uint64 // in the order of their beginning
	conn     nodes.Conn
	host     string
	listener int   // index of the listener that accepted it
	loop     *link // of a loop, else nil

	queue  []inbound
	bytes  int64 // of the queue
	busy   bool  // a request is in process
	queued bool  // it is among the broker's ready ones
	paused bool  // nothing is read from it
	last   time.Duration
}

// inbound is a request that waits for its turn: a frame, or, on a loop, a request.
type inbound struct {
	frame []byte
	out   *outbound
}

// pending is a request in process.
type pending struct {
	ch          *channel
	correlation int32
	out         *outbound // on a loop
	topic       string    // of a topic that this broker makes for itself, without a channel
}

// Opened implements [nodes.ConnHandler].
func (b *Broker) Opened(env nodes.Env, c nodes.Conn, peer string) {
	if b.store.Opened(env, c) {
		b.drain(env)
		return
	}
	if c.Dialed {
		return // what was to be sent is on its way
	}
	host, listener := hostOf(peer), b.listenerOf(c.Port)
	if b.refuses(host, listener) {
		b.stats.Refused++
		env.Reset(c)
		return
	}
	b.channelIDs++
	ch := &channel{id: b.channelIDs, conn: c, host: host, listener: listener, last: env.Monotonic()}
	b.channels[c] = ch
	b.accepted = append(b.accepted, ch)
	b.hosts[host]++
	b.watchIdle(env)
}

// refuses tells that a host, or everybody, has as many connections as may be, or that the broker is about to end. A listener that is
// the brokers' own counts no clients, and is not closed to brokers for what clients do (KIP-402).
func (b *Broker) refuses(host string, listener int) bool {
	limit := b.cfg.MaxPerIP
	for _, o := range b.cfg.MaxPerIPOf {
		if o.Host == host {
			limit = o.Max
		}
	}
	brokers := len(b.cfg.Listeners) > 1 && b.cfg.Listeners[listener].Name == b.cfg.InterBroker
	return b.stage > leaving || !brokers && len(b.channels) >= b.cfg.MaxConnections || b.hosts[host] >= limit
}

// hostOf is the host of a peer: a machine's ID, or the host of "host:port".
func hostOf(peer string) string {
	if i := strings.LastIndexByte(peer, ':'); i >= 0 {
		return strings.Trim(peer[:i], "[]")
	}
	return peer
}

func (b *Broker) listenerOf(port int) int {
	return max(0, slices.IndexFunc(b.cfg.Listeners, func(l listener) bool { return l.Port == port }))
}

// Received implements [nodes.ConnHandler].
func (b *Broker) Received(env nodes.Env, c nodes.Conn, p []byte) {
	defer b.drain(env)
	if b.store.Received(env, c, p) {
		return
	}
	if c.Dialed {
		b.linkReceived(env, c, p)
		return
	}
	ch := b.channels[c]
	if ch == nil {
		return
	}
	ch.last = env.Monotonic()
	if !b.ready() || ch.busy || len(ch.queue) > 0 || b.full() || env.Unsent(c) > b.unsentMax() {
		b.enqueue(env, ch, inbound{frame: slices.Clone(p)})
		return
	}
	b.take(env, ch, p, false)
}

// enqueue keeps a request until its turn, and reads no more from where it came.
func (b *Broker) enqueue(env nodes.Env, ch *channel, in inbound) {
	ch.queue = append(ch.queue, in)
	ch.bytes += int64(len(in.frame))
	b.queuedBytes += int64(len(in.frame))
	b.pause(env, ch)
	if !ch.busy {
		b.wake(ch)
	}
}

// wake puts a channel among those whose next request may be taken.
func (b *Broker) wake(ch *channel) {
	if !ch.queued && !ch.busy && len(ch.queue) > 0 {
		ch.queued = true
		b.readied = append(b.readied, ch)
	}
}

// next takes the next request of the channels that wait, if that is possible.
func (b *Broker) next(env nodes.Env) bool {
	if !b.ready() || len(b.readied) == 0 || b.replicas.Full() {
		return false
	}
	ch := b.readied[0]
	b.readied = b.readied[1:]
	ch.queued = false
	if ch.busy || len(ch.queue) == 0 || b.gone(ch) {
		return true
	}
	if ch.loop == nil && env.Unsent(ch.conn) > b.unsentMax() {
		ch.queued = true
		b.slow = append(b.slow, ch)
		b.watchSlow(env)
		return true
	}
	in := ch.queue[0]
	ch.queue[0] = inbound{}
	ch.queue = ch.queue[1:]
	ch.bytes -= int64(len(in.frame))
	b.queuedBytes -= int64(len(in.frame))
	if in.out != nil {
		b.takeLoop(env, ch, in.out)
	} else {
		b.take(env, ch, in.frame, true)
	}
	return true
}

// full tells that what waits takes as much memory as it may (queued.max.request.bytes).
func (b *Broker) full() bool {
	return b.cfg.QueuedBytes >= 0 && b.queuedBytes >= b.cfg.QueuedBytes || b.replicas.Full()
}

// unsentMax is how much of the answers to one client may wait in this machine before its next request is looked at.
func (b *Broker) unsentMax() int { return max(b.cfg.SendBuffer, 1<<16) }

// gone tells that a channel has ended.
func (b *Broker) gone(ch *channel) bool { return ch.loop == nil && b.channels[ch.conn] != ch }

// take takes a frame. If it is not the broker's own it may be used during this call alone, and what is kept of a request
// needs a copy.
func (b *Broker) take(env nodes.Env, ch *channel, frame []byte, own bool) {
	if !own && !borrows(frame) {
		frame = slices.Clone(frame)
	}
	h, r, err := proto.ReadRequest(frame)
	if err != nil {
		b.bad(env, ch, h, err)
		return
	}
	b.stats.Requests++
	b.calls++
	ch.busy = true
	b.pending[b.calls] = pending{ch: ch, correlation: h.Correlation}
	b.dispatch(env, b.calls, ch, h.ClientID, r)
}

// borrows tells that a request is one of which no module keeps anything: those that carry much.
func borrows(frame []byte) bool {
	return len(frame) >= 2 && frame[0] == 0 && kmsg.Key(frame[1]) == kmsg.Produce
}

// bad ends a connection that does not speak the protocol, or one version too new of it. Only to ApiVersions there is an
// answer that every client understands.
func (b *Broker) bad(env nodes.Env, ch *channel, h proto.Header, err error) {
	var unsupported *proto.UnsupportedError
	if !errors.As(err, &unsupported) {
		b.stats.Garbage++
		b.drop(env, ch)
		return
	}
	b.stats.Unsupported++
	if kmsg.Key(h.Key) != kmsg.ApiVersions {
		b.drop(env, ch)
		return
	}
	resp := kmsg.NewPtrApiVersionsResponse()
	resp.ErrorCode = int16(proto.UnsupportedVersion)
	k := kmsg.NewApiVersionsResponseApiKey()
	k.ApiKey, k.MaxVersion = h.Key, proto.Max(h.Key, false)
	resp.ApiKeys = append(resp.ApiKeys, k)
	b.write(env, ch, h.Correlation, resp)
	b.wake(ch)
	b.resume(env, ch)
}

// done answers a request. A nil response says nothing, as acks=0 asks for.
func (b *Broker) done(env nodes.Env, call uint64, resp kmsg.Response) {
	p, ok := b.pending[call]
	if !ok {
		return
	}
	delete(b.pending, call)
	if p.ch == nil {
		b.created(env, p.topic, resp)
		return
	}
	p.ch.busy = false
	if p.out != nil {
		b.linkAnswered(env, p.ch.loop, p.out, resp)
	} else if !b.gone(p.ch) {
		p.ch.last = env.Monotonic()
		if resp != nil {
			b.write(env, p.ch, p.correlation, resp)
		}
		if len(p.ch.queue) == 0 {
			b.resume(env, p.ch)
		}
	}
	b.wake(p.ch)
}

func (b *Broker) write(env nodes.Env, ch *channel, correlation int32, resp kmsg.Response) {
	if n := carried(resp); n > cap(b.out) {
		b.out = make([]byte, 0, n)
	}
	b.out = proto.AppendResponse(b.out[:0], correlation, resp)
	if err := env.Write(ch.conn, b.out); err != nil {
		b.forget(ch)
	}
	if cap(b.out) > keptBuffer {
		b.out = nil
	}
}

// keptBuffer is how long the buffer for what is written may be between two answers.
const keptBuffer = 16 << 20

// carried is about how long an answer is that carries much, so that the buffer need not grow step by step.
func carried(resp kmsg.Response) int {
	r, ok := resp.(*kmsg.FetchResponse)
	if !ok {
		return 0
	}
	n := 64
	for i := range r.Topics {
		n += 64 + len(r.Topics[i].Topic)
		for j := range r.Topics[i].Partitions {
			n += 128 + len(r.Topics[i].Partitions[j].RecordBatches)
		}
	}
	return n
}

// Closed implements [nodes.ConnHandler].
func (b *Broker) Closed(env nodes.Env, c nodes.Conn, err error) {
	defer b.drain(env)
	if b.store.Closed(env, c) {
		return
	}
	if c.Dialed {
		b.linkClosed(env, c, cmp.Or(err, nodes.ErrReset))
		return
	}
	if ch := b.channels[c]; ch != nil {
		if errors.Is(err, nodes.ErrFrame) {
			b.stats.Garbage++
		}
		b.forget(ch)
	}
}

// drop ends a channel.
func (b *Broker) drop(env nodes.Env, ch *channel) {
	if !b.gone(ch) && ch.loop == nil {
		env.Close(ch.conn)
		b.forget(ch)
	}
}

// forget removes a channel whose connection has ended. What it has in process goes on; nobody is answered.
func (b *Broker) forget(ch *channel) {
	if b.gone(ch) {
		return
	}
	delete(b.channels, ch.conn)
	if i, ok := slices.BinarySearchFunc(b.accepted, ch.id, func(ch *channel, id uint64) int { return cmp.Compare(ch.id, id) }); ok {
		b.accepted = slices.Delete(b.accepted, i, i+1)
	}
	if b.hosts[ch.host]--; b.hosts[ch.host] == 0 {
		delete(b.hosts, ch.host)
	}
	b.queuedBytes -= ch.bytes
	ch.queue, ch.bytes = nil, 0
}

// pause reads no more from a channel, where the runtime can.
func (b *Broker) pause(env nodes.Env, ch *channel) {
	if p, ok := env.(nodes.Pauser); ok && ch.loop == nil && !ch.paused {
		ch.paused = true
		p.Pause(ch.conn)
	}
}

func (b *Broker) resume(env nodes.Env, ch *channel) {
	if p, ok := env.(nodes.Pauser); ok && ch.paused {
		ch.paused = false
		p.Resume(ch.conn)
	}
}

// The timers of channels.
const (
	tagIdle = "broker/idle" // looks for connections that nobody uses
	tagSlow = "broker/slow" // looks whether clients have read their answers
)

// watchIdle keeps the timer of idle connections going while there are any.
func (b *Broker) watchIdle(env nodes.Env) {
	if b.cfg.IdleTimeout > 0 && !b.idling {
		b.idling = true
		env.SetTimer(nodes.Tag{Name: tagIdle}, b.cfg.IdleTimeout)
	}
}

// closeIdle closes connections that nobody has used for connections.max.idle.ms.
func (b *Broker) closeIdle(env nodes.Env) {
	b.idling = false
	now := env.Monotonic()
	for _, ch := range slices.Clone(b.accepted) {
		if !ch.busy && len(ch.queue) == 0 && now-ch.last >= b.cfg.IdleTimeout {
			b.drop(env, ch)
		}
	}
	if len(b.channels) > 0 {
		b.watchIdle(env)
	}
}

// watchSlow looks again soon at those who do not read their answers.
func (b *Broker) watchSlow(env nodes.Env) {
	if !b.slowSet {
		b.slowSet = true
		env.SetTimer(nodes.Tag{Name: tagSlow}, 10*time.Millisecond)
	}
}

func (b *Broker) retrySlow() {
	b.slowSet = false
	slow := b.slow
	b.slow = nil
	for _, ch := range slow {
		ch.queued = false
		b.wake(ch)
	}
}
