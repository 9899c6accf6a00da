package scenarios

import (
	"fmt"
	"strconv"
	"time"

	"orrery/checker"
	"orrery/checker/guarantee"
	"orrery/checker/isolation"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/nodes/commit"
	"orrery/trace"
)

// commitLoad is the workload of the bank: clients that move money between two or three accounts, and audit them all. Every transfer
// also appends its number to a list in each account, so that what came before what can be read there.
type commitLoad struct {
	c       *commitWorld
	w       *trial.World
	keys    uint64
	clients []*commitClient
	probe   *commitClient
	stopped bool
	stamp   int64

	txns  []isolation.Txn
	reads []guarantee.BankRead
	// audits counts those that have succeeded.
	audits int
}

func newCommitLoad(c *commitWorld, s *Scenario) *commitLoad {
	w := c.w
	l := &commitLoad{c: c, w: w, keys: 3 + w.Draw("accounts", 6)}
	ops, clients := w.Options.Ops, w.Options.Clients
	if ops == 0 {
		ops = s.Ops
	}
	if clients == 0 {
		clients = commitClients
	}
	think := commitHorizon / 20
	if w.Chance("clients in a hurry", 250_000) { // their transactions meet, and refuse each other
		think = 20 * time.Millisecond
	}
	for i := range clients {
		quota := ops / clients
		if i < ops%clients {
			quota++
		}
		l.add(fmt.Sprintf("w%d", i+1), quota, think)
	}
	w.Workload = l
	return l
}

func (l *commitLoad) add(name string, quota int, think time.Duration) *commitClient {
	coordinators := l.c.config.Coordinators
	first := l.w.Draw("first coordinator of "+name, uint64(len(coordinators)))
	list := append(append([]nodes.ID(nil), coordinators[first:]...), coordinators[:first]...)
	c := &commitClient{load: l, id: nodes.ID(name), number: int64(len(l.clients)), quota: quota, think: think, stream: "workload/" + name, coordinators: list}
	l.clients = append(l.clients, c)
	l.w.AddClient(c.id, func() nodes.Node { return c })
	return c
}

// Done implements trial.Workload.
func (l *commitLoad) Done() bool {
	for _, c := range l.clients {
		if !c.done() {
			return false
		}
	}
	return true
}

// Stop implements trial.Workload.
func (l *commitLoad) Stop() { l.stopped = true }

// Probe implements trial.Workload: a fresh client transfers something, and audits everything.
func (l *commitLoad) Probe([]nodes.ID) {
	l.stopped = false
	l.probe = l.add("probe", 2, 0)
	l.probe.insists = true
}

// Probed implements trial.Workload.
func (l *commitLoad) Probed() (bool, string) {
	if l.probe.succeeded < l.probe.quota {
		return false, fmt.Sprintf("a fresh client has succeeded with %d of %d transactions", l.probe.succeeded, l.probe.quota)
	}
	return true, ""
}

// Counted implements trial.Counter: transactions that have committed, and those that were begun, again and again if need be.
func (l *commitLoad) Counted() (ok, invoked int) {
	for _, c := range l.clients {
		ok, invoked = ok+c.succeeded, invoked+c.tries
	}
	return ok, invoked
}

func (l *commitLoad) now() int64 { l.stamp++; return l.stamp }

// account is the name of the i-th account.
func account(i uint64) string { return key(i) }

// commitClient is a client's machine.
type commitClient struct {
	load         *commitLoad
	id           nodes.ID
	number       int64
	coordinators []nodes.ID
	quota        int
	think        time.Duration
	stream       string // of its draws
	insists      bool   // it does again what did not succeed

	client    *commit.Client
	begun     int
	tries     int // begun, those included that were done again
	succeeded int
	serial    int64
	open      bool
	audit     bool
	ops       []commit.Op
	invoked   int64
}

func (c *commitClient) done() bool { return !c.open && (c.begun >= c.quota || c.load.stopped) }

// Codec implements nodes.Node.
func (c *commitClient) Codec() nodes.Codec { return commit.NewCodec() }

// Boot implements nodes.Node.
func (c *commitClient) Boot(env nodes.Env) error {
	c.client = commit.NewClient(commit.ClientConfig{Coordinators: c.coordinators})
	env.SetTimer(tagThink, c.pause(0))
	return nil
}

// Fire implements nodes.Node.
func (c *commitClient) Fire(env nodes.Env, tag nodes.Tag) {
	if tag == tagThink {
		c.begin(env)
		return
	}
	if res, done := c.client.Fire(env, tag); done {
		c.end(env, res)
	}
}

// Deliver implements nodes.Node.
func (c *commitClient) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if res, done := c.client.Deliver(env, from, m); done {
		c.end(env, res)
	}
}

// Synced implements nodes.Node. A client writes nothing.
func (c *commitClient) Synced(nodes.Env, nodes.Tag, error) {}

func (c *commitClient) pause(n int) time.Duration {
	if c.think == 0 {
		return time.Millisecond
	}
	return time.Duration(c.load.w.U.Draw(c.stream, trace.Mix(uint64(n), 6), 2*uint64(c.think)))
}

// choose draws the n-th transaction by that name, so that leaving out one changes no other.
func (c *commitClient) choose(n int) {
	l := c.load
	draw := func(what, limit uint64) uint64 { return l.w.U.Draw(c.stream, trace.Mix(uint64(n), what), limit) }
	c.ops = nil
	c.audit = draw(1, 5) == 0
	if c.insists {
		c.audit = n%2 == 1
		n = c.tries // there may be too little in the account that it was to be taken from
	}
	if c.audit {
		for i := range l.keys {
			c.ops = append(c.ops, commit.Op{Kind: commit.OpRead, Key: account(i)})
		}
		return
	}
	c.serial++
	mark := c.serial*100 + c.number
	amount := 1 + int64(draw(2, 40))
	from := draw(3, l.keys)
	to := (from + 1 + draw(4, l.keys-1)) % l.keys
	c.ops = append(c.ops, commit.Op{Kind: commit.OpAdd, Key: account(from), N: -amount}, commit.Op{Kind: commit.OpAppend, Key: account(from), N: mark},
		commit.Op{Kind: commit.OpAdd, Key: account(to), N: amount}, commit.Op{Kind: commit.OpAppend, Key: account(to), N: mark})
}

// unfinished are the transactions that clients still wait for: nobody knows how they end.
func (l *commitLoad) unfinished() {
	for _, c := range l.clients {
		if c.open && !c.audit {
			l.txns = append(l.txns, isolation.Txn{ID: int64(len(l.txns)), Process: c.number, Type: isolation.Info,
				Mops: c.appends(), Invoke: c.invoked, Return: l.now()})
		}
	}
}

// appends are what the transaction under way writes.
func (c *commitClient) appends() (list []isolation.Mop) {
	for _, o := range c.ops {
		if o.Kind == commit.OpAppend {
			list = append(list, isolation.Append(o.Key, o.N))
		}
	}
	return list
}

// begin begins the next transaction.
func (c *commitClient) begin(env nodes.Env) {
	if c.open || c.begun >= c.quota || c.load.stopped {
		return
	}
	c.choose(c.begun)
	c.begun++
	c.tries++
	c.open = true
	c.invoked = c.load.now()
	u := c.load.w.U
	u.BeginOp()
	if u.Recording() {
		u.NoteInvoke(c.id, c.act())
	}
	c.client.Start(env, c.ops)
}

// act is the transaction under way, in words.
func (c *commitClient) act() string {
	if c.audit {
		return "audit"
	}
	return "transfer " + strconv.FormatInt(c.ops[2].N, 10) + " from " + c.ops[0].Key + " to " + c.ops[2].Key
}

// end takes what has become of the transaction into the histories.
func (c *commitClient) end(env nodes.Env, res commit.Result) {
	l := c.load
	t := isolation.Txn{ID: int64(len(l.txns)), Process: c.number, Invoke: c.invoked, Return: l.now()}
	status := checker.OK
	switch res.Outcome {
	case commit.OutcomeOK:
		t.Type = isolation.OK
		c.succeeded++
	case commit.OutcomeFail:
		t.Type, status = isolation.Fail, checker.Fail
	case commit.OutcomeMaybe:
		t.Type, status = isolation.Info, checker.Maybe
	}
	if res.Outcome == commit.OutcomeOK {
		for _, i := range res.Items {
			t.Mops = append(t.Mops, isolation.Read(i.Key, i.List...))
		}
	}
	t.Mops = append(t.Mops, c.appends()...)
	if len(t.Mops) > 0 {
		l.txns = append(l.txns, t)
	}
	if c.audit && res.Outcome == commit.OutcomeOK && res.Whole {
		r := guarantee.BankRead{Client: string(c.id), Status: checker.OK, Call: t.Invoke, Ret: t.Return}
		for _, i := range res.Items {
			r.Balances = append(r.Balances, guarantee.Balance{Account: i.Key, Amount: i.Amount})
		}
		l.reads = append(l.reads, r)
		l.audits++
	}
	c.open = false
	if res.Outcome != commit.OutcomeOK && c.insists {
		c.begun-- // it must succeed in the end
	}
	u := l.w.U
	u.EndOp()
	if u.Recording() {
		u.NoteReturn(c.id, c.act()+" "+status.String())
	}
	env.SetTimer(tagThink, c.pause(c.begun))
}
