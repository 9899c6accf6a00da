package paxos

import (
	"fmt"
	"slices"
	"time"

	"orrery/nodes"
)

// ClientConfig says whom a client asks, and how patiently. All but Servers may be zero.
type ClientConfig struct {
	// Servers are the replicas to ask, in this order until one answers.
	Servers []nodes.ID
	// Timeout is how long to wait for one answer before asking the next server. 0 means 500 ms.
	Timeout time.Duration
	// Deadline is how long to try one operation. 0 means 5 s.
	Deadline time.Duration
	// BackOff is the first pause after a server that cannot help; it doubles up to
	// Timeout, and each pause is drawn between its half and its whole. 0 means 20 ms.
	BackOff time.Duration
}

// Outcome is what is certain about an operation that has ended.
type Outcome uint8

// The outcomes.
const (
	OutcomeOK    Outcome = iota // it was executed once, and Answer says how
	OutcomeFail                 // it was not executed and never will be
	OutcomeMaybe                // it may have been executed, or may yet be, once; or never
)

// String is the outcome in lower case.
func (o Outcome) String() string { return [...]string{"ok", "fail", "maybe"}[o] }

// Unreadable is Result.Why when a replica says that the operation was executed, and the answer makes no
// sense. Only a defect does that.
const Unreadable = "the answer cannot be read"

// Result is how an operation has ended.
type Result struct {
	Op      Op
	Outcome Outcome
	Answer  Answer // if Outcome is OutcomeOK
	Why     string // if it is not: what happened, for people
}

// Client is the client's side of the protocol, as a state machine for a node to embed: the node
// passes on the replies and the timers that are the client's (see [Client.Mine]), and is told when
// the operation has ended. One operation is under way at a time. The client registers
// its session by itself, numbers its commands, finds the leader, and repeats
// itself; the session makes sure that what it repeats is executed once.
type Client struct {
	cfg     ClientConfig
	state   clientState
	session uint64
	seq     uint64
	nonce   uint64 // of the registration under way
	op      Op
	command []byte
	began   time.Duration
	sent    int // transmissions of the operation itself
	target  int // in cfg.Servers
	turn    int // whose turn it is in cfg.Servers, where nobody knows better
	pauses  int // in a row
	hops    int // redirections in a row
	timer   uint64
	request Request
}

type clientState uint8

const (
	clientIdle clientState = iota
	clientRegisters
	clientWaits
	clientPauses // before it asks again
)

const tagClient = "paxos-client"

// NewClient returns a client that has no session yet. It panics if there is nobody to
// ask.
func NewClient(cfg ClientConfig) *Client {
	if len(cfg.Servers) == 0 {
		panic("paxos: ClientConfig.Servers is empty")
	}
	orDuration(&cfg.Timeout, 500*time.Millisecond)
	orDuration(&cfg.Deadline, 5*time.Second)
	orDuration(&cfg.BackOff, 20*time.Millisecond)
	cfg.Servers = slices.Clone(cfg.Servers)
	return &Client{cfg: cfg}
}

// Mine tells whether a timer is the client's.
func (c *Client) Mine(tag nodes.Tag) bool { return tag.Name == tagClient }

// Idle tells whether no operation is under way.
func (c *Client) Idle() bool { return c.state == clientIdle }

// Session is the number of the client's session; 0 before it has one.
func (c *Client) Session() uint64 { return c.session }

// Seq is the number of the last operation within its session.
func (c *Client) Seq() uint64 { return c.seq }

// Ask makes the client begin with that server next, if it knows it.
func (c *Client) Ask(server nodes.ID) {
	if i := slices.Index(c.cfg.Servers, server); i >= 0 {
		c.target = i
	}
}

// Start begins an operation. It panics if one is under way.
func (c *Client) Start(env nodes.Env, op Op) {
	if c.state != clientIdle {
		panic("paxos: client starts an operation while one is under way")
	}
	c.op, c.command = op, op.Append(c.command[:0])
	c.seq++
	c.began, c.sent, c.pauses, c.hops = env.Monotonic(), 0, 0, 0
	c.nonce = env.Rand().Uint64()
	c.send(env)
}

// send asks the present target, for a session first if there is none.
func (c *Client) send(env nodes.Env) {
	if c.session == 0 {
		c.state = clientRegisters
		c.request = Request{Seq: c.nonce}
	} else {
		c.state = clientWaits
		c.sent++
		c.request = Request{Session: c.session, Seq: c.seq, Command: c.command}
	}
	env.Send(c.cfg.Servers[c.target], &c.request)
	c.wait(env, c.cfg.Timeout)
}

func (c *Client) wait(env nodes.Env, d time.Duration) {
	env.StopTimer(nodes.Tag{Name: tagClient, N: c.timer})
	c.timer++
	left := c.cfg.Deadline - (env.Monotonic() - c.began)
	env.SetTimer(nodes.Tag{Name: tagClient, N: c.timer}, max(0, min(d, left)))
}

// Deliver takes a message that has come for the client's node. done tells that the operation has
// ended, and how is in the result.
func (c *Client) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) (res Result, done bool) {
	reply, ok := m.(*Reply)
	if !ok || c.state == clientIdle {
		return Result{}, false
	}
	if c.session == 0 {
		if reply.Seq != c.nonce {
			return Result{}, false
		}
		return c.registered(env, from, reply)
	}
	if reply.Seq != c.seq || reply.Session != c.session && reply.Session != 0 {
		return Result{}, false // the answer to something that is over
	}
	switch reply.Status {
	case StatusOK:
		a, err := readAnswer(c.op.Kind, reply.Result)
		if err != nil {
			return c.end(env, OutcomeMaybe, Answer{}, Unreadable)
		}
		c.Ask(from)
		return c.end(env, OutcomeOK, a, "")
	case StatusNotLeader, StatusBusy:
		return c.elsewhere(env, from, reply)
	case StatusBad:
		return c.end(env, OutcomeFail, Answer{}, "the command is not valid")
	case StatusExpired:
		c.session = 0 // not by itself for this operation: it may have been executed under the old one
		return c.end(env, OutcomeMaybe, Answer{}, "the session has expired")
	}
	return c.end(env, OutcomeMaybe, Answer{}, "a later command of this session was executed")
}

// registered takes the answer to a registration.
func (c *Client) registered(env nodes.Env, from nodes.ID, reply *Reply) (Result, bool) {
	if reply.Status != StatusOK {
		return c.elsewhere(env, from, reply)
	}
	c.session = reply.Session
	c.Ask(from)
	c.send(env)
	return Result{}, false
}

// elsewhere follows a redirection, or pauses and asks the next.
func (c *Client) elsewhere(env nodes.Env, from nodes.ID, reply *Reply) (Result, bool) {
	if c.state == clientPauses || from != c.cfg.Servers[c.target] {
		return Result{}, false // somebody else was asked since
	}
	known := slices.Index(c.cfg.Servers, reply.Leader)
	if reply.Status == StatusNotLeader && known >= 0 && known != c.target && c.hops < 2 {
		c.hops++
		c.target = known
		c.send(env)
		return Result{}, false
	}
	if reply.Status == StatusNotLeader {
		c.askNext()
	}
	c.hops = 0
	c.state = clientPauses
	pause := min(c.cfg.BackOff<<min(c.pauses, 16), c.cfg.Timeout)
	c.pauses++
	c.wait(env, pause/2+time.Duration(env.Rand().Int64N(int64(pause/2)+1)))
	return Result{}, false
}

// askNext turns to the next server in turn. The turn does not follow redirections: two
// servers that have left the cluster may go on pointing to each other.
func (c *Client) askNext() {
	c.turn = (c.turn + 1) % len(c.cfg.Servers)
	c.target = c.turn
}

// Fire takes a timer that is the client's.
func (c *Client) Fire(env nodes.Env, tag nodes.Tag) (res Result, done bool) {
	if !c.Mine(tag) {
		panic("paxos: not a timer of the client: " + tag.String())
	}
	if c.state == clientIdle || tag.N != c.timer {
		return Result{}, false
	}
	if c.state != clientPauses { // the target is silent
		c.askNext()
	}
	if waited := env.Monotonic() - c.began; waited >= c.cfg.Deadline {
		why := fmt.Sprintf("no answer within %v", c.cfg.Deadline)
		if c.sent == 0 || c.op.Kind.Reads() {
			return c.end(env, OutcomeFail, Answer{}, why)
		}
		return c.end(env, OutcomeMaybe, Answer{}, why)
	}
	c.send(env)
	return Result{}, false
}

func (c *Client) end(env nodes.Env, o Outcome, a Answer, why string) (Result, bool) {
	env.StopTimer(nodes.Tag{Name: tagClient, N: c.timer})
	c.state = clientIdle
	return Result{Op: c.op, Outcome: o, Answer: a, Why: why}, true
}
