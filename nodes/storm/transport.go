package storm

import (
	"maps"
	"slices"

	"orrery/nodes"
)

// workerPort is where a worker takes transfers over connections.
const workerPort = 6700

// work is a transfer in the queue of a task.
type work struct {
	launch uint64
	m      *Transfer
}

// Kind implements nodes.Message.
func (w *work) Kind() string { return w.m.Kind() }

// send sends a transfer to the worker of its task. If nobody is known to run it, it is lost.
func (w *Worker) send(m *Transfer) {
	to, known := w.routes[m.To]
	switch {
	case !known:
		nodes.Reachable(w.env, "a transfer has nowhere to go")
	case to == w.env.Self():
		w.receive(m)
	case w.cfg.Links == Datagrams:
		w.env.Send(to, m)
	default:
		c, up := w.links[to]
		if !up {
			c = w.env.Dial(nodes.Addr{ID: to, Port: workerPort}, nodes.Framing{})
			w.links[to] = c
		}
		_ = w.env.Write(c, w.codec.Append(nil, m)) // an error is told by Closed
	}
}

// receive puts a transfer into the queue of its task, unless that is full, or the transfer is the copy of one that was there.
func (w *Worker) receive(m *Transfer) {
	e := w.execs[m.To]
	if e == nil || !w.ready && w.cfg.Quirks.DropsAtStart {
		return
	}
	if w.cfg.Links == Datagrams && !w.cfg.Quirks.NoDedupe && !w.first(m) {
		nodes.Reachable(w.env, "a worker drops a copy")
		return
	}
	if e.queued >= w.cfg.Queue {
		w.dropped++
		e.probe(Event{Kind: QueueFull, Tuple: m.id()})
		nodes.Reachable(w.env, "a queue is full")
		return
	}
	e.queued++
	w.env.Post(nodes.Tag{Name: stageTask, N: uint64(m.To)}, &work{w.launch, m})
	w.watermark(e)
}

// Posted implements nodes.StageHandler: a task takes the next transfer from its queue.
func (w *Worker) Posted(env nodes.Env, stage nodes.Tag, m nodes.Message) {
	w.enter(env)
	k := m.(*work)
	e := w.execs[int32(stage.N)]
	if e == nil || k.launch != w.launch {
		return
	}
	if e.strand == nil {
		w.takes(e, k.m)
		return
	}
	e.strand.do(func() { w.takes(e, k.m) })
}

// takes has a task handle a transfer. A task that waits has not taken what is behind it in its queue.
func (w *Worker) takes(e *executor, m *Transfer) {
	e.queued--
	nodes.Always(w.env, e.queued >= 0 && e.queued < w.cfg.Queue, "storm: queues are bounded")
	w.watermark(e)
	e.take(m)
}

// sender names the transfers of a task to another one, in one launch of the sender.
type sender struct {
	from, to int32
	session  uint64
}

// window remembers which of the last transfers have come.
type window struct {
	highest uint64
	bits    [windowSize / 64]uint64
}

// windowSize is how far a datagram may be overtaken before it counts as lost.
const windowSize = 4096

// first tells whether a transfer has not come before.
func (w *Worker) first(m *Transfer) bool {
	k := sender{m.From, m.To, m.Session}
	s := w.seen[k]
	if s == nil {
		s = &window{}
		w.seen[k] = s
	}
	return s.first(m.Seq)
}

func (s *window) first(n uint64) bool {
	if n+windowSize <= s.highest {
		return false // nobody knows: a loss is what the protocol can bear
	}
	if n > s.highest+windowSize {
		*s = window{highest: n - windowSize}
	}
	for s.highest < n {
		s.highest++
		s.bits[s.highest%windowSize/64] &^= 1 << (s.highest % 64)
	}
	word, bit := &s.bits[n%windowSize/64], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// outside is a connection to a machine that is no worker, for one task: see [Context.Call].
type outside struct {
	to    nodes.Addr
	e     *executor
	conn  nodes.Conn
	waits *executor // for a frame
}

func (w *Worker) dial(to nodes.Addr, e *executor) *outside {
	for _, c := range w.calls {
		if c.to == to && c.e == e {
			c.waits = e
			return c
		}
	}
	c := &outside{to: to, e: e, conn: w.env.Dial(to, nodes.Framing{}), waits: e}
	w.calls = append(w.calls, c)
	return c
}

func (w *Worker) hangUp(to nodes.Addr, e *executor) {
	for i, c := range w.calls {
		if c.to == to && c.e == e {
			w.env.Reset(c.conn)
			w.calls = append(w.calls[:i:i], w.calls[i+1:]...)
			return
		}
	}
}

// Opened implements nodes.ConnHandler.
func (w *Worker) Opened(env nodes.Env, c nodes.Conn, _ string) {
	w.enter(env)
	if w.zk.Opened(env, c) {
		w.pump(nil)
	}
}

// Received implements nodes.ConnHandler.
func (w *Worker) Received(env nodes.Env, c nodes.Conn, p []byte) {
	w.enter(env)
	if w.zk.Received(env, c, p) {
		w.pump(nil)
		return
	}
	for _, o := range w.calls {
		if o.conn == c {
			if e := o.waits; e != nil {
				e.frame = append(make([]byte, 0, len(p)), p...)
				e.strand.resume()
			}
			return
		}
	}
	if c.Dialed {
		return
	}
	m, err := w.codec.Decode(p)
	t, is := m.(*Transfer)
	if err != nil || !is {
		env.Reset(c)
		return
	}
	w.receive(t)
}

// Closed implements nodes.ConnHandler. What was under way to another worker is lost; the next transfer dials anew.
func (w *Worker) Closed(env nodes.Env, c nodes.Conn, _ error) {
	w.enter(env)
	if w.zk.Closed(env, c) {
		w.pump(nil)
		return
	}
	for i, o := range w.calls {
		if o.conn == c {
			w.calls = append(w.calls[:i:i], w.calls[i+1:]...)
			if o.waits != nil {
				o.waits.strand.resume()
			}
			return
		}
	}
	if w.topo == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(w.links)) { // those too to workers that run none of the tasks by now
		if w.links[id] == c {
			delete(w.links, id)
		}
	}
}

// watermark tells the other workers when the first queue rises above its high watermark, and when the last has fallen below the
// low one. Storm 1 does it by way of ZooKeeper, Storm 2 by messages; here it is messages.
func (w *Worker) watermark(e *executor) {
	high, low := w.cfg.Queue*w.cfg.HighPPM/1_000_000, w.cfg.Queue*w.cfg.LowPPM/1_000_000
	was := w.congested
	if e.queued >= high {
		w.congested = true
	} else if was && e.queued <= low {
		w.congested = false
		for _, task := range w.order {
			w.congested = w.congested || w.execs[task].queued > low
		}
	}
	if w.congested != was {
		nodes.Reachable(w.env, "back-pressure begins or ends")
		for _, id := range w.peers() {
			w.env.Send(id, &Pressure{w.topo.Name, w.congested})
		}
	}
}

// press notes that another worker is congested, or no longer.
func (w *Worker) press(from nodes.ID, congested bool) {
	if congested {
		w.pressed[from] = w.env.Monotonic() + 3*w.cfg.BeatEvery
	} else {
		delete(w.pressed, from)
	}
}

// mayEmit tells whether spouts may emit: the workers are ready, and none is congested.
func (w *Worker) mayEmit() bool {
	if !w.active || w.congested {
		return false
	}
	now := w.env.Monotonic()
	for _, who := range slices.Sorted(maps.Keys(w.pressed)) {
		if now < w.pressed[who] {
			return false
		}
	}
	return true
}

var _ interface {
	nodes.ConnHandler
	nodes.StageHandler
	nodes.Halter
} = (*Worker)(nil)
