package scenarios

import (
	"fmt"
	"time"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/paxos"
)

// kvLoad is the workload of a key-value store: a few clients, each with one operation at a
// time and a little thought between two, and one more client that comes after the
// heal and looks at everything.
type kvLoad struct {
	w        *trial.World
	history  *checker.Recorder
	servers  []nodes.ID
	clients  []*kvClient
	probe    *kvClient
	timeout  time.Duration // after which a client asks again
	patience time.Duration // after which it gives an operation up; 0 means the client's own measure
	stopped  bool
}

func newKVLoad(w *trial.World, s *Scenario, servers []nodes.ID) *kvLoad {
	l := &kvLoad{w: w, servers: servers, history: checker.NewRecorder(nil)}
	ops := w.Options.Ops
	if ops == 0 {
		ops = s.Ops
	}
	l.history.Grow(ops + 16)
	l.timeout = w.DrawDuration("clients' time-out", 100*time.Millisecond, 500*time.Millisecond)
	switch w.Draw("clients' patience", 4) {
	case 2: // what was asked once may yet be executed
		l.patience = w.DrawDuration("clients' short patience", 200*time.Millisecond, time.Second)
	case 3: // so that an operation for which the cluster does nothing any more stays open for good
		l.patience = time.Hour
	}
	think := 40 * time.Millisecond
	if w.Chance("clients in a hurry", 150_000) { // their commands meet in batches, and in queues that are full
		think = 2 * time.Millisecond
	}
	kv := newKVOps(w)
	clients := w.Options.Clients
	if clients == 0 {
		clients = paxosClients
	}
	for i := range clients {
		quota := ops / clients
		if i < ops%clients {
			quota++
		}
		l.add(fmt.Sprintf("c%d", i+1), kv, quota, think, servers)
	}
	w.History, w.Model, w.Workload = l.history, checker.KV, l
	return l
}

func (l *kvLoad) add(name string, kv *kvOps, quota int, think time.Duration, servers []nodes.ID) *kvClient {
	c := &kvClient{load: l, id: nodes.ID(name), kv: kv, quota: quota, think: think, stream: "workload/" + name, last: map[string]string{}}
	c.servers = append([]nodes.ID(nil), servers...)
	if n := uint64(len(servers)); n > 1 { // everyone begins with another server
		first := l.w.Draw("first server of "+name, n)
		c.servers = append(append(c.servers[:0], servers[first:]...), servers[:first]...)
	}
	l.clients = append(l.clients, c)
	l.w.AddClient(c.id, func() nodes.Node { return c })
	return c
}

// Done implements trial.Workload.
func (l *kvLoad) Done() bool {
	for _, c := range l.clients {
		if !c.done() {
			return false
		}
	}
	return true
}

// Stop implements trial.Workload.
func (l *kvLoad) Stop() { l.stopped = true }

// Probe implements trial.Workload: a fresh client writes, reads every key, and does the rest. That the
// reads give what was acknowledged is for the checker of the history to tell.
func (l *kvLoad) Probe(core []nodes.ID) {
	l.stopped = false
	probe := l.clients[0].kv.probe()
	l.probe = l.add("probe", probe, len(probe.script), 0, core)
}

// Probed implements trial.Workload.
func (l *kvLoad) Probed() (bool, string) {
	if l.probe.succeeded < l.probe.quota {
		return false, fmt.Sprintf("a fresh client has succeeded with %d of %d operations; the last one: %s",
			l.probe.succeeded, l.probe.quota, l.probe.lastWhy)
	}
	return true, ""
}

// kvClient is a client's machine.
type kvClient struct {
	load    *kvLoad
	id      nodes.ID
	kv      *kvOps
	servers []nodes.ID
	quota   int
	think   time.Duration
	stream  string // of its draws

	client    *paxos.Client
	codec     nodes.Codec
	begun     int
	succeeded int
	op        checker.OpID
	current   checker.Op
	open      bool
	limit     int               // of the scan under way; 0 means none
	last      map[string]string // per key, what this client last saw in it
	lastWhy   string
}

func (c *kvClient) done() bool { return !c.open && (c.begun >= c.quota || c.load.stopped) }

var tagThink = nodes.Tag{Name: "think"}

// Codec implements nodes.Node.
func (c *kvClient) Codec() nodes.Codec {
	if c.codec == nil {
		c.codec = paxos.NewCodec()
	}
	return c.codec
}

// Boot implements nodes.Node.
func (c *kvClient) Boot(env nodes.Env) error {
	c.client = paxos.NewClient(paxos.ClientConfig{Servers: c.servers, Timeout: c.load.timeout, Deadline: c.load.patience})
	env.SetTimer(tagThink, c.kv.think(c, 0))
	return nil
}

// Fire implements nodes.Node.
func (c *kvClient) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagThink {
		c.begin(env)
		return
	}
	if res, done := c.client.Fire(env, tag); done {
		c.end(env, res)
	}
}

// Deliver implements nodes.Node.
func (c *kvClient) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if res, done := c.client.Deliver(env, from, m); done {
		c.end(env, res)
	}
}

// Synced implements nodes.Node. A client writes nothing.
func (c *kvClient) Synced(nodes.Env, nodes.Tag, error) {}

// begin begins the next operation.
func (c *kvClient) begin(env nodes.Env) {
	if c.open || c.begun >= c.quota || c.load.stopped {
		return
	}
	c.current = c.kv.next(c, c.begun)
	c.begun++
	c.open = true
	u := c.load.w.U
	u.BeginOp()
	c.op = c.load.history.Invoke(string(c.id), c.current)
	if u.Recording() {
		u.NoteInvoke(c.id, c.load.history.Op(c.op).Act())
	}
	ask := toPaxos(c.current)
	ask.Limit = c.limit
	c.client.Start(env, ask)
}

// end takes what has become of the operation into the history.
func (c *kvClient) end(env nodes.Env, res paxos.Result) {
	h, op := c.load.history, c.current
	c.load.w.Asked("answers-can-be-read")
	if res.Why == paxos.Unreadable {
		c.load.w.U.Violate("answers-can-be-read", fmt.Sprintf("%s cannot read the answer to %s", c.id, h.Op(c.op).Act()))
	}
	switch {
	case res.Outcome == paxos.OutcomeMaybe:
		h.Maybe(c.op)
	case res.Outcome == paxos.OutcomeFail:
		h.Fail(c.op)
	case op.F == checker.Scan:
		pairs := make([]checker.Pair, 0, len(res.Answer.Pairs))
		for _, p := range res.Answer.Pairs {
			pairs = append(pairs, checker.Pair{Key: p.Key, Value: p.Value})
		}
		c.limited(h.Op(c.op), pairs)
		h.OKScan(c.op, pairs)
	case op.F == checker.Get:
		v := checker.Unset
		if res.Answer.Done {
			v = checker.Val(res.Answer.Value)
		}
		c.saw(op.Key, v)
		h.OK(c.op, v)
	case op.F == checker.CAS && !res.Answer.Done:
		found := checker.Unset
		if res.Answer.Held {
			found = checker.Val(res.Answer.Value)
		}
		c.saw(op.Key, found)
		h.Mismatch(c.op, found)
	case op.F == checker.Delete && !res.Answer.Done:
		c.saw(op.Key, checker.Unset)
		h.OK(c.op, checker.Unset) // there was nothing to delete
	default:
		if op.F != checker.Append {
			c.saw(op.Key, op.In)
		}
		h.OK(c.op, checker.Value{})
	}
	c.open = false
	c.lastWhy = res.Why
	if res.Outcome == paxos.OutcomeOK {
		c.succeeded++
	} else if c.kv.script != nil {
		c.begun-- // the core must serve it in the end
	}
	u := c.load.w.U
	u.EndOp()
	if u.Recording() {
		u.NoteReturn(c.id, h.Op(c.op).Act()+" "+h.Op(c.op).Status.String())
	}
	env.SetTimer(tagThink, c.kv.think(c, c.begun))
}

// limited makes a scan that its limit has ended one that was to end there: behind its last key
// it says nothing.
func (c *kvClient) limited(op *checker.Op, pairs []checker.Pair) {
	n := len(pairs)
	if c.limit == 0 || n < c.limit {
		return
	}
	c.load.w.Asked("scans-keep-their-limit")
	if n > c.limit {
		c.load.w.U.Violate("scans-keep-their-limit", fmt.Sprintf("%s has asked for at most %d keys and got %d", c.id, c.limit, n))
	}
	if last := pairs[n-1].Key; op.To == "" || last < op.To {
		op.To = last + "!" // no key of this workload lies between the two
	}
}

func (c *kvClient) saw(key string, v checker.Value) {
	if v.IsSet() {
		c.last[key] = v.Text()
	} else {
		delete(c.last, key)
	}
}

// toPaxos is an operation of the history as the protocol has it.
func toPaxos(op checker.Op) paxos.Op {
	o := paxos.Op{Key: op.Key, Value: op.In.Text()}
	switch op.F {
	case checker.Get:
		o.Kind = paxos.OpGet
	case checker.Put:
		o.Kind = paxos.OpPut
	case checker.Append:
		o.Kind = paxos.OpAppend
	case checker.Delete:
		o.Kind = paxos.OpDelete
	case checker.Scan:
		o.Kind, o.To = paxos.OpScan, op.To
	case checker.CAS:
		o.Kind, o.Expect = paxos.OpCAS, op.Expect.Text()
		if !op.Expect.IsSet() {
			o.Kind, o.Expect = paxos.OpCreate, ""
		}
	default:
		panic("scenarios: the store has no " + op.F.String())
	}
	return o
}
