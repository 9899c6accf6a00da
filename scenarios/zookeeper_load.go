package scenarios

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"orrery/checker"
	"orrery/checker/zookeeper"
	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/trace"
)

// zkLoad is the workload of an ensemble: a few clients, each with a session of its own and some requests under way, and one more
// that comes after the heal.
type zkLoad struct {
	z        *zkWorld
	clients  []*zkClient
	probe    *zkClient
	clock    int64 // orders what clients see
	history  zookeeper.History
	ok       int
	paths    []string
	kinds    []zkKind
	burst    uint64 // at most so many requests at once
	think    time.Duration
	watches  uint64 // one read of so many leaves a watch
	large    uint64 // what is written is up to so much longer
	stopped  bool
	sessions time.Duration
	over     func(c *zkClient, s client.State) // is told of the end of each session
}

func newZKLoad(z *zkWorld, s *Scenario) *zkLoad {
	w := z.w
	l := &zkLoad{z: z}
	ops := w.Options.Ops
	if ops == 0 {
		ops = s.Ops
	}
	clients := w.Options.Clients
	if clients == 0 {
		clients = zkClients
		if z.quirks.CommitProcLostWakeup {
			clients = 1
		}
	}
	l.drawKinds()
	l.burst = []uint64{1, 2, 4}[w.Draw("requests at once", 3)]
	l.think = []time.Duration{60 * time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond}[w.Draw("think", 3)]
	l.watches = 2 + w.Draw("watches", 4)
	l.sessions = max(w.DrawDuration("session timeout", 400*time.Millisecond, 2*time.Second), zkSessionSteps*time.Duration(len(z.all()))*w.Options.Window)
	l.paths = []string{"/a", "/b", "/a/x", "/a/y", "/b/x"}[:2+w.Draw("paths", 4)]
	for i := range clients {
		quota := ops / clients
		if i < ops%clients {
			quota++
		}
		l.add(fmt.Sprintf("c%d", i+1), quota, z.all())
	}
	if z.guests || w.Options.Bug == "" && w.Chance("guests", 150_000) {
		l.invite()
	}
	if z.readers {
		l.addReader()
	}
	return l
}

// zkSessionSteps is how many events, one after the other, begin a session. Where a schedule may make each of them late, a timeout is no
// shorter than that: clients give each server its part of it to answer, and would leave one after another behind with a session that it has
// just begun. With five servers and events that were late by 30 ms an ensemble did nothing else for good but begin sessions and end them.
const zkSessionSteps = 12

func (l *zkLoad) add(name string, quota int, servers []nodes.ID) *zkClient {
	c := &zkClient{load: l, id: nodes.ID(name), quota: quota, stream: "workload/" + name, open: map[uint64]*zookeeper.Op{}, ops: map[uint64]client.Op{}}
	for _, id := range servers {
		c.servers = append(c.servers, nodes.Addr{ID: id, Port: 2181})
	}
	l.clients = append(l.clients, c)
	l.z.w.AddClient(c.id, func() nodes.Node { return c })
	return c
}

// Done implements trial.Workload.
func (l *zkLoad) Done() bool {
	if loss := l.z.loss; loss != nil && !loss.over && !l.stopped {
		return false
	}
	for _, c := range l.clients {
		if len(c.open) > 0 || c != l.probe && c.begun < c.quota && !l.stopped {
			return false
		}
	}
	return true
}

// Stop implements trial.Workload.
func (l *zkLoad) Stop() {
	l.stopped = true
	l.z.endMishaps()
}

// Probe implements trial.Workload: a fresh client works through everything once.
func (l *zkLoad) Probe(core []nodes.ID) {
	l.probe = l.add("probe", len(zkProbe), core)
	l.probe.script = zkProbe
}

// Probed implements trial.Workload.
func (l *zkLoad) Probed() (bool, string) {
	if l.probe.c == nil {
		return false, "a fresh client has not begun"
	}
	if l.probe.succeeded < l.probe.quota {
		return false, fmt.Sprintf("a fresh client has succeeded with %d of %d requests; its session is %s", l.probe.succeeded, l.probe.quota, l.probe.c.State())
	}
	return true, ""
}

// Counted implements trial.Counter.
func (l *zkLoad) Counted() (ok, invoked int) { return l.ok, len(l.history.Ops) }

func (l *zkLoad) tick() int64 { l.clock++; return l.clock }

// judge checks what the clients saw against what was committed.
func (l *zkLoad) judge() error {
	h := l.history
	h.Log = []zookeeper.Txn{}
	closed := map[int64]bool{}
	for _, t := range l.z.watch.history {
		x := zkLogged(t.txn)
		h.Log = append(h.Log, x)
		closed[x.Session] = closed[x.Session] || x.Kind == zookeeper.Close
	}
	if l.z.local { // the end of a session that its server alone knew is no transaction
		h.Ops = slices.DeleteFunc(slices.Clone(h.Ops), func(o zookeeper.Op) bool { return o.Kind == zookeeper.Close && !closed[o.Session] })
	}
	r := zookeeper.Check(h, zookeeper.Options{})
	if r.Verdict != checker.Violated {
		return nil
	}
	for _, f := range r.Findings {
		if !f.Allowed {
			return &checker.InvariantError{Property: string(f.Anomaly), Detail: f.Sentence}
		}
	}
	return &checker.InvariantError{Property: "history", Detail: r.Reason}
}

// zkPatience is how often a fresh client's connection may be lost after the heal: what is under way then may still be late.
const zkPatience = 5

// zkClient is a client's machine: one session after another.
type zkClient struct {
	load    *zkLoad
	id      nodes.ID
	servers []nodes.Addr
	quota   int
	stream  string // of its draws
	script  []func(c *zkClient) zkAsk
	asks    func(c *zkClient) zkAsk // instead of what is drawn for everybody
	burst   uint64                  // of what it asks: so many at once, and no more before they are answered
	think   time.Duration           // instead of everybody's
	ended   func(*zookeeper.Op)     // is told of the end of each request
	apart   bool                    // what it does is not part of the history
	content bool                    // with reads of a server that knows no leader
	auth    string                  // user:password by which it is known
	heard   func(*zookeeper.Op, client.Op, *client.Done)
	told    func(client.Watched)

	c         *client.Client
	conn      int32 // of the session
	begun     int
	succeeded int
	open      map[uint64]*zookeeper.Op // by the client's number
	ops       map[uint64]client.Op     // likewise, of who is told of answers
	asked     []uint64                 // in order
	cuts      int                      // connections that were lost while requests were open
	gone      bool                     // the session is over; a new one is to be begun
	stat      map[string]int32         // the version that was last seen
	on        nodes.Conn               // that stands
	in        []byte                   // of it, and not yet a whole frame
	lastXid   int32                    // that was answered on this connection
	lively    time.Duration            // when its session was last answered anything
	left      zkLeft
}

func (c *zkClient) wire(env nodes.Env) framed { return framed{env, &c.in} }

// Codec implements nodes.Node.
func (c *zkClient) Codec() nodes.Codec { return nodes.JSONCodec() }

// Deliver implements nodes.Node. There are no datagrams.
func (c *zkClient) Deliver(nodes.Env, nodes.ID, nodes.Message) {}

// Synced implements nodes.Node. A client writes nothing.
func (c *zkClient) Synced(nodes.Env, nodes.Tag, error) {}

// Boot implements nodes.Node.
func (c *zkClient) Boot(env nodes.Env) error {
	c.begin(env)
	env.SetTimer(tagThink, c.pause(0))
	return nil
}

// begin begins a session.
func (c *zkClient) begin(env nodes.Env) {
	c.c = client.New(client.Config{Servers: c.servers, Timeout: c.load.sessions, ReadOnly: c.content})
	c.conn, c.gone, c.stat = -1, false, map[string]int32{}
	c.left.clear()
	c.c.Start(c.wire(env))
	if c.auth != "" {
		c.c.AddAuth(c.wire(env), "digest", []byte(c.auth))
	}
	c.take(env)
}

// pause is how long a client thinks. It is never nothing: who waits for a connection thinks the same thing again.
func (c *zkClient) pause(n int) time.Duration {
	think := cmp.Or(c.think, c.load.think)
	return max(time.Millisecond, time.Duration(c.load.z.w.U.Draw(c.stream, trace.Mix(uint64(n), 1000), uint64(2*think)+1)))
}

// Fire implements nodes.Node.
func (c *zkClient) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagThink {
		c.work(env)
		return
	}
	c.c.Fire(c.wire(env), tag)
	c.take(env)
}

// Opened implements nodes.ConnHandler.
func (c *zkClient) Opened(env nodes.Env, conn nodes.Conn, _ string) {
	c.lastXid, c.on = 0, conn
	c.c.Opened(c.wire(env), conn)
	c.take(env)
}

// Received implements nodes.ConnHandler.
func (c *zkClient) Received(env nodes.Env, conn nodes.Conn, p []byte) {
	if conn != c.on {
		return // an older connection
	}
	c.in = append(c.in, p...)
	wire := c.wire(env)
	for f := wire.frame(); f != nil && conn == c.on; f = wire.frame() {
		if c.c.State() == client.Connected && len(f) >= 4 {
			c.lively = c.load.z.w.U.Now()
			c.inOrder(int32(binary.BigEndian.Uint32(f)))
		}
		c.c.Received(wire, conn, f)
		c.take(env)
	}
}

// inOrder: what is asked on a connection is answered in that order. The client state machine would hang up without a word.
func (c *zkClient) inOrder(xid int32) {
	if xid <= 0 {
		return
	}
	c.load.z.w.Asked(string(zookeeper.FIFO))
	if c.lastXid != 0 && xid != c.lastXid+1 {
		c.load.z.w.U.Violate(string(zookeeper.FIFO), fmt.Sprintf("%s is answered request %d behind request %d", c.id, xid, c.lastXid))
	}
	c.lastXid = xid
}

// Closed implements nodes.ConnHandler.
func (c *zkClient) Closed(env nodes.Env, conn nodes.Conn, _ error) {
	if conn == c.on {
		c.on = nodes.Conn{}
	}
	c.c.Closed(c.wire(env), conn)
	c.take(env)
}

// work makes the next requests.
func (c *zkClient) work(env nodes.Env) {
	u := c.load.z.w.U
	if c.gone {
		c.begin(env)
	}
	if c.begun < c.quota && (c.script != nil || !c.load.stopped) {
		n := 1 + u.Draw(c.stream, trace.Mix(uint64(c.begun), 1001), c.load.burst)
		switch {
		case c.script != nil:
			n = 4
		case c.asks != nil:
			n = c.burst - min(c.burst, uint64(len(c.open)))
		}
		for range min(n, uint64(c.quota-c.begun)) {
			if s := c.c.State(); (s == client.Connected || s == client.ConnectedReadOnly) && len(c.open) < 8 {
				c.ask(env)
			}
		}
	}
	if !c.load.stopped || c.script != nil {
		env.SetTimer(tagThink, c.pause(c.begun))
	}
	c.take(env)
}

// ask makes one request.
func (c *zkClient) ask(env nodes.Env) {
	var a zkAsk
	switch {
	case c.script != nil:
		a = c.script[c.begun](c)
	case c.asks != nil:
		a = c.asks(c)
	default:
		a = c.load.draw(c)
	}
	c.begun++
	a.record.Session, a.record.Conn, a.record.Invoke = c.c.Session(), c.conn, c.load.tick()
	u := c.load.z.w.U
	u.BeginOp()
	if u.Recording() {
		u.NoteInvoke(c.id, zkAct(&a.record))
	}
	n := c.c.Do(c.wire(env), a.op)
	c.open[n] = &a.record
	if c.heard != nil {
		c.ops[n] = a.op
	}
	c.asked = append(c.asked, n)
}

// take takes what has come about.
func (c *zkClient) take(env nodes.Env) {
	for {
		ev, ok := c.c.Take()
		if !ok {
			break
		}
		switch ev := ev.(type) {
		case client.Changed:
			switch {
			case ev.State == client.Connected || ev.State == client.ConnectedReadOnly:
				c.conn++
			case ev.State == client.Disconnected && c.script != nil && c.conn >= 0 && len(c.open) > 0:
				if c.cuts++; c.cuts == zkPatience {
					c.load.z.w.U.Violate(zkAnswered, fmt.Sprintf("%s has turned to another server %d times because it was not answered, and nothing is broken", c.id, c.cuts))
				}
			case ev.State.Over():
				c.gone = true
				if c.load.over != nil {
					c.load.over(c, ev.State)
				}
			}
		case client.Watched:
			c.watched(ev)
		case client.Done:
			c.done(ev)
		}
	}
	if c.gone && c.load.stopped && c.script != nil {
		env.SetTimer(tagThink, time.Millisecond)
	}
}

// done takes the end of a request.
func (c *zkClient) done(d client.Done) {
	r := c.open[d.Call]
	if r == nil {
		return
	}
	delete(c.open, d.Call)
	defer delete(c.ops, d.Call)
	u, l := c.load.z.w.U, c.load
	r.Return, r.Xid, r.Zxid = l.tick(), d.Xid, d.Zxid
	r.Status = checker.OK
	switch {
	case d.Xid == 0:
		r.Status = checker.Fail
	case d.Err == proto.CodeConnectionLoss || d.Zxid == 0 && d.Err == proto.CodeSessionExpired:
		r.Status = checker.Maybe
	}
	if r.Status == checker.OK {
		zkAnswer(r, &d)
		c.saw(r)
		if c.heard != nil {
			c.heard(r, c.ops[d.Call], &d)
		}
		if r.Code == 0 {
			l.ok++
		}
		c.succeeded++
	} else if c.script != nil {
		c.begun-- // the core must serve it in the end
	}
	if c.ended != nil {
		c.ended(r)
	}
	u.EndOp()
	if u.Recording() {
		u.NoteReturn(c.id, zkAct(r)+" "+r.Status.String())
	}
	if r.Status != checker.Fail && !c.apart {
		l.history.Ops = append(l.history.Ops, *r)
	}
}

// saw keeps the versions that were seen, so that a conditional write has a chance.
func (c *zkClient) saw(r *zookeeper.Op) {
	if r.Stat != nil {
		c.stat[r.Path] = r.Stat.Version
	}
	if err := c.left.answered(r); err != nil {
		c.broken(err)
	}
}

// watched takes an event.
func (c *zkClient) watched(ev client.Watched) {
	l := c.load
	if c.told != nil {
		c.told(ev)
	}
	if !c.apart {
		l.history.Events = append(l.history.Events, zookeeper.Event{Session: c.c.Session(), Conn: c.conn, Type: zookeeper.EventType(ev.Type), Path: ev.Path, At: l.tick()})
	}
	if err := c.left.fired(zookeeper.EventType(ev.Type), ev.Path); err != nil {
		c.broken(err)
	}
}

func (c *zkClient) broken(err error) {
	var e *checker.InvariantError
	if errors.As(err, &e) {
		c.load.z.w.U.Violate(e.Property, string(c.id)+" "+e.Detail)
	}
}
