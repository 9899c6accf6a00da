package lock

import (
	"time"

	"orrery/nodes"
)

// Kind is the sort of lock that a client uses.
type Kind uint8

// The kinds of lock.
const (
	OnRow    Kind = iota // one Row
	OnCaches             // one Cache, or several as Redlock
	OnPaxos              // replicas of package paxos
)

// ClientConfig says what a client is.
type ClientConfig struct {
	Kind  Kind
	Nodes []nodes.ID // that keep the lock
	Store nodes.ID   // the resource
	// First is the number of the first acquisition. It must be larger than any of an earlier life of the same client.
	First uint64
	// TTL is the time of a lease. 0 means 300 ms.
	TTL time.Duration
	// Guard is how long before the end of its lease the client begins no write any more: it must be longer than Work, a pause
	// of the process and the delay of a message together, or a resource without fencing is not protected.
	// 0 means a third of TTL.
	Guard time.Duration
	// DriftPPM is by how much the rates of two clocks may differ. 0 means 10,000 (1 %).
	DriftPPM int64
	// LockDelay is how much longer than a lease whoever waits on Paxos watches the holder: see RowConfig.
	LockDelay time.Duration
	// Steps is how many writes a section has. 0 means 3.
	Steps uint64
	// Think is the time before a write, up to the look at the lease; Work that from the look to the write.
	Think, Work time.Duration
	// Rest is the time between two sections, and before another attempt; it is drawn between its half and its whole.
	// 0 means 50 ms.
	Rest time.Duration
	// Sections is after how many sections the client wants no more; see also Client.Again. A section counts if all
	// its writes were accepted.
	Sections int
	Quirks   Quirks
}

func (c *ClientConfig) setDefaults() {
	if c.TTL == 0 {
		c.TTL = 300 * time.Millisecond
	}
	if c.Guard == 0 {
		c.Guard = c.TTL / 3
	}
	if c.DriftPPM == 0 {
		c.DriftPPM = 10_000
	}
	if c.Steps == 0 {
		c.Steps = 3
	}
	if c.Rest == 0 {
		c.Rest = 50 * time.Millisecond
	}
}

// Phase is where a client stands.
type Phase uint8

// The phases.
const (
	Resting Phase = iota
	Acquiring
	Holding
)

// Client takes the lock, writes to the resource, and gives the lock back, again and again. It implements nodes.Node.
type Client struct {
	cfg   ClientConfig
	locks service
	phase Phase
	n     uint64 // of the present acquisition, or the last
	seq   uint64 // of the last request
	token uint64
	until time.Duration // the end of the lease, by the monotonic clock
	wall  time.Time     // and by the wall clock, for Quirks.LeaseByWallClock
	step  uint64
	done  int
	lost  int
}

// service is the client's side of one kind of lock. It calls Client.granted and Client.extended.
type service interface {
	acquire(env nodes.Env) // until it is granted, or given back
	extend(env nodes.Env)
	release(env nodes.Env)
	deliver(env nodes.Env, from nodes.ID, m nodes.Message)
	fire(env nodes.Env, tag nodes.Tag)
}

// NewClient makes a client.
func NewClient(cfg ClientConfig) *Client {
	cfg.setDefaults()
	c := &Client{cfg: cfg, n: cfg.First}
	switch cfg.Kind {
	case OnRow:
		c.locks = &onRow{c: c}
	case OnCaches:
		c.locks = &onCaches{c: c}
	case OnPaxos:
		c.locks = newOnPaxos(c)
	}
	return c
}

var (
	tagRest   = nodes.Tag{Name: "rest"}
	tagThink  = nodes.Tag{Name: "think"}
	tagWork   = nodes.Tag{Name: "work"}
	tagAnswer = nodes.Tag{Name: "answer"}
)

// Codec implements nodes.Node.
func (*Client) Codec() nodes.Codec { return NewCodec() }

// Synced implements nodes.Node; there is no disk.
func (*Client) Synced(nodes.Env, nodes.Tag, error) {}

// Phase is where the client stands.
func (c *Client) Phase() Phase { return c.phase }

// Lease is the present acquisition, or the last: its number, its token, and the end of its lease by the client's
// monotonic clock.
func (c *Client) Lease() (n, token uint64, until time.Duration) { return c.n, c.token, c.until }

// Believes tells whether the client believes that it holds the lock, when its clocks show these times.
func (c *Client) Believes(monotonic time.Duration, wall time.Time) bool {
	switch {
	case c.phase != Holding:
		return false
	case c.cfg.Quirks.NeverChecks:
		return true
	case c.cfg.Quirks.LeaseByWallClock:
		return wall.Before(c.wall)
	}
	return monotonic < c.until
}

// Sections is how many sections were completed, and how many were given up because the lease ran out or the store
// refused a write.
func (c *Client) Sections() (done, lost int) { return c.done, c.lost }

// Idle tells whether the client wants nothing.
func (c *Client) Idle() bool { return c.phase == Resting && c.done >= c.cfg.Sections }

// Again makes the client want some sections more. It takes effect at the client's next look, a Rest later at most.
func (c *Client) Again(sections int) { c.cfg.Sections = c.done + sections }

// Ledger is what the client knows of a lock on Paxos; nil before it knows anything, and for the other kinds.
func (c *Client) Ledger() *Ledger {
	if p, is := c.locks.(*onPaxos); is && p.known {
		return &p.ledger
	}
	return nil
}

// Boot implements nodes.Node.
func (c *Client) Boot(env nodes.Env) error { c.rest(env); return nil }

func (c *Client) rest(env nodes.Env) {
	c.phase = Resting
	env.SetTimer(tagRest, c.between(env, c.cfg.Rest))
}

// between draws from the half of d to its whole.
func (c *Client) between(env nodes.Env, d time.Duration) time.Duration {
	return d/2 + time.Duration(env.Rand().Int64N(int64(d/2)+1))
}

// Deliver implements nodes.Node.
func (c *Client) Deliver(env nodes.Env, from nodes.ID, message nodes.Message) {
	if m, is := message.(*Message); is && m.Type == Written {
		c.written(env, m)
		return
	}
	c.locks.deliver(env, from, message)
}

// Fire implements nodes.Node.
func (c *Client) Fire(env nodes.Env, tag nodes.Tag) {
	switch tag {
	case tagRest:
		if c.done >= c.cfg.Sections {
			c.rest(env) // Again may be called
			return
		}
		c.phase = Acquiring
		c.n++
		c.locks.acquire(env)
	case tagThink:
		c.look(env)
	case tagWork:
		c.write(env)
	case tagAnswer:
		c.look(env) // and write once more
	default:
		c.locks.fire(env, tag)
	}
}

// end is the end of a lease that was asked for at a moment: a time of the monotonic clock. Whoever keeps the lock
// began to count later than that, and counts no faster than drift allows.
func (c *Client) end(env nodes.Env, asked time.Duration) time.Duration {
	if c.cfg.Quirks.NoMargin {
		return env.Monotonic() + c.cfg.TTL
	}
	return asked + c.cfg.TTL - c.cfg.TTL*time.Duration(c.cfg.DriftPPM)/1_000_000 - 2*time.Millisecond
}

func (c *Client) setLease(env nodes.Env, until time.Duration) {
	c.until = until
	if c.cfg.Quirks.LeaseByWallClock {
		c.wall = env.Now().Add(until - env.Monotonic())
	}
}

// left is what is left of the lease, without the guard.
func (c *Client) left(env nodes.Env) time.Duration {
	if c.cfg.Quirks.LeaseByWallClock {
		return c.wall.Sub(env.Now()) - c.cfg.Guard
	}
	return c.until - env.Monotonic() - c.cfg.Guard
}

// granted begins the section.
func (c *Client) granted(env nodes.Env, token uint64, asked time.Duration) {
	if c.phase != Acquiring {
		return
	}
	c.setLease(env, c.end(env, asked))
	c.token = token
	if c.left(env) <= 0 { // it came too late
		c.giveUp(env)
		return
	}
	c.phase, c.step = Holding, 1
	nodes.Sometimes(env, true, "a client gets the lock")
	if nodes.Noting(env) {
		nodes.Note(env, c.claim(env).String()+" has the lock")
	}
	env.SetTimer(tagThink, c.cfg.Think)
}

func (c *Client) claim(env nodes.Env) Claim { return Claim{env.Self(), c.n} }

// extended lengthens the lease. One that has run out stays so: somebody else may have come since.
func (c *Client) extended(env nodes.Env, asked time.Duration) {
	out := env.Monotonic() >= c.until && !c.cfg.Quirks.ExtendsAfterExpiry
	if until := c.end(env, asked); c.phase == Holding && !out && until > c.until {
		c.setLease(env, until)
	}
}

// look looks at the lease, and at nothing else before the write.
func (c *Client) look(env nodes.Env) {
	left := c.left(env)
	if left <= 0 && c.cfg.Quirks.ExtendsAfterExpiry {
		c.locks.extend(env)
		env.SetTimer(tagThink, c.cfg.Guard/4)
		return
	}
	if left <= 0 && !c.cfg.Quirks.NeverChecks {
		nodes.Sometimes(env, true, "a lease runs out in a section")
		if nodes.Noting(env) {
			nodes.Note(env, c.claim(env).String()+" sees that its lease has run out")
		}
		c.giveUp(env)
		return
	}
	if left < c.cfg.TTL/2 {
		c.locks.extend(env)
	}
	env.SetTimer(tagWork, c.cfg.Work)
}

func (c *Client) write(env nodes.Env) {
	c.seq++
	env.Send(c.cfg.Store, &Message{Type: Write, N: c.n, Seq: c.seq, Token: c.token, Step: c.step})
	env.SetTimer(tagAnswer, c.cfg.TTL/3)
}

// written takes the store's answer.
func (c *Client) written(env nodes.Env, m *Message) {
	if c.phase != Holding || m.N != c.n || m.Seq != c.seq {
		return
	}
	env.StopTimer(tagAnswer)
	switch {
	case !m.OK:
		nodes.Sometimes(env, true, "the resource refuses a token")
		c.giveUp(env)
	case c.step < c.cfg.Steps:
		c.step++
		env.SetTimer(tagThink, c.cfg.Think)
	default:
		c.done++
		c.leave(env)
	}
}

// giveUp ends a section that was not completed.
func (c *Client) giveUp(env nodes.Env) {
	c.lost++
	c.leave(env)
}

func (c *Client) leave(env nodes.Env) {
	for _, tag := range [...]nodes.Tag{tagThink, tagWork, tagAnswer} {
		env.StopTimer(tag)
	}
	c.locks.release(env)
	c.rest(env)
}
