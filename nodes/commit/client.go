package commit

import (
	"time"

	"orrery/nodes"
)

// Outcome is what a client knows of its transaction.
type Outcome uint8

// The outcomes.
const (
	OutcomeOK    Outcome = iota + 1 // committed
	OutcomeFail                     // aborted: it has no effect, and never will
	OutcomeMaybe                    // nobody has answered in time: it may have committed, or may yet
)

// Result is what became of a transaction.
type Result struct {
	Outcome Outcome
	Items   []Item // what was read
	Whole   bool   // Items are all that was asked for; false can be only after Paxos Commit went on without its coordinator
	Txn     TxnID
}

// ClientConfig says how a client asks.
type ClientConfig struct {
	Coordinators []nodes.ID
	Retry        time.Duration // after which it asks again; 0 means 200 ms
	Deadline     time.Duration // after which it gives up; 0 means 2 s
}

// Client runs one transaction at a time. The node that owns it passes on its messages and timers.
type Client struct {
	cfg     ClientConfig
	epochs  []uint64 // by coordinator: its epoch, as far as is known
	at      int      // the coordinator in use
	request uint64
	ops     []Op
	open    bool
	begun   bool // the coordinator may have begun it
	since   time.Duration
}

// NewClient makes a client.
func NewClient(cfg ClientConfig) *Client {
	if cfg.Retry == 0 {
		cfg.Retry = 200 * time.Millisecond
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 2 * time.Second
	}
	return &Client{cfg: cfg, epochs: make([]uint64, len(cfg.Coordinators))}
}

var tagClient = nodes.Tag{Name: "commit client"}

// Start begins a transaction. The client must have none open.
func (c *Client) Start(env nodes.Env, ops []Op) {
	c.request++
	c.ops, c.open, c.begun, c.since = ops, true, false, env.Monotonic()
	c.send(env)
}

func (c *Client) send(env nodes.Env) {
	epoch := c.epochs[c.at]
	c.begun = c.begun || epoch > 0
	env.Send(c.cfg.Coordinators[c.at], &Message{Type: Begin, Request: c.request, Epoch: epoch, Ops: c.ops})
	env.SetTimer(tagClient, c.cfg.Retry)
}

// Fire takes a timer, and returns the result if that ends the transaction.
func (c *Client) Fire(env nodes.Env, tag nodes.Tag) (Result, bool) {
	if tag != tagClient || !c.open {
		return Result{}, false
	}
	if env.Monotonic()-c.since >= c.cfg.Deadline {
		return c.giveUp()
	}
	if !c.begun { // nobody has heard of it who could have begun it: another coordinator may
		c.at = (c.at + 1) % len(c.cfg.Coordinators)
	}
	c.send(env)
	return Result{}, false
}

// giveUp ends the transaction without knowing; the next one goes to another coordinator.
func (c *Client) giveUp() (Result, bool) {
	c.open = false
	c.at = (c.at + 1) % len(c.cfg.Coordinators)
	if !c.begun {
		return Result{Outcome: OutcomeFail}, true
	}
	return Result{Outcome: OutcomeMaybe}, true
}

// Deliver takes a message, and returns the result if that ends the transaction.
func (c *Client) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) (Result, bool) {
	m := message.(*Message)
	if !c.open || m.Request != c.request || from != c.cfg.Coordinators[c.at] {
		return Result{}, false
	}
	switch m.Type {
	case Stale:
		if m.Epoch <= c.epochs[c.at] {
			return Result{}, false // of an earlier life
		}
		c.epochs[c.at] = m.Epoch
		if c.begun { // in the coordinator's earlier life, which may have got far
			env.StopTimer(tagClient)
			return c.giveUp()
		}
		c.send(env)
	case Reply:
		c.open = false
		env.StopTimer(tagClient)
		r := Result{Outcome: OutcomeFail, Items: m.Items, Whole: m.Whole, Txn: m.Txn}
		if m.Yes {
			r.Outcome = OutcomeOK
		}
		return r, true
	}
	return Result{}, false
}
