package zkconsumer

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
)

// Consumer is a consumer of a group. It belongs to one task, and those that it starts.
type Consumer struct {
	cfg        Config
	f          Fetcher
	id         string
	t          *task.T // the one that owns the session
	s          *client.Session
	claims     map[log.TopicPartition]*claim
	seen       *view // what the last attempt of a rebalance has read
	rebalances int
	attempts   int
	failed     bool          // the last rebalance was given up, and nothing has changed since
	closing    bool          // Close was called
	closed     bool          // Run has ended
	saveAt     time.Duration // when offsets are stored next, by the monotonic clock
}

// New makes a consumer.
func New(cfg Config, f Fetcher) *Consumer {
	return &Consumer{cfg: cfg.withDefaults(), f: f, claims: map[log.TopicPartition]*claim{}}
}

// Run runs the consumer until Close is called.
func (c *Consumer) Run(t *task.T) {
	c.t = t
	c.id = c.cfg.ID
	if c.id == "" {
		c.id = fmt.Sprintf("%s-%d-%08x", t.Env().Self(), t.Now().UnixMilli(), t.Rand().Uint32())
	}
	c.id = c.cfg.Group + "_" + c.id
	c.saveAt = t.Monotonic() + c.cfg.AutoCommit
	for !c.closing {
		c.s = client.OpenSession(t, c.cfg.ZooKeeper)
		c.serve()
		if c.s.Client().State().Over() {
			c.lost()
		}
	}
	c.leave()
	c.closed = true
}

// Close lets Run end: offsets are stored, and partitions given up.
func (c *Consumer) Close() { c.closing = true }

// pause is the longest that the consumer looks at nothing else while it waits for a watch.
const pause = 100 * time.Millisecond

// serve keeps the consumer in its group for as long as the session lasts.
func (c *Consumer) serve() {
	over := func() bool { return c.closing || c.s.Client().State().Over() }
	registered, due := false, true
	for !over() {
		switch {
		case !c.s.Connect(pause):
		case !registered:
			if registered = c.register() == nil; !registered {
				c.s.Sleep(pause)
			}
		case due:
			for { // what has happened so far is seen by what follows
				if _, ok := c.s.Watched(0); !ok {
					break
				}
			}
			due = c.syncedRebalance(over)
		default:
			_, due = c.s.Watched(pause)
			c.autoCommit()
		}
	}
}

// lost is what a consumer does when it learns that its session is over: others own its partitions by now.
func (c *Consumer) lost() {
	nodes.Reachable(c.t.Env(), markExpired)
	if nodes.Noting(c.t.Env()) {
		nodes.Note(c.t.Env(), fmt.Sprintf("%s: its session is over; it had %d partitions", c.id, len(c.claims)))
	}
	if c.cfg.Quirks.CommitWithoutOwner {
		return // the next rebalance will store their offsets
	}
	c.stopFetchers()
	clear(c.claims)
}

// leave ends the consumer in order.
func (c *Consumer) leave() {
	c.stopFetchers()
	if c.s == nil || c.s.Client().State().Over() {
		return
	}
	c.commit()
	_ = c.release()
	c.s.Close()
}

// autoCommit stores offsets when it is time.
func (c *Consumer) autoCommit() {
	if c.cfg.AutoCommit > 0 && c.t.Monotonic() >= c.saveAt {
		c.commit()
	}
}

// commit stores the offsets of what has been read. Errors are left to the next time.
func (c *Consumer) commit() {
	c.saveAt = c.t.Monotonic() + c.cfg.AutoCommit
	for _, x := range c.sorted() {
		mine := x.session == c.s.Client().Session() && x.owned
		if at := x.next; at >= 0 && at != x.saved && (mine || c.cfg.Quirks.CommitWithoutOwner) && c.save(x.tp, at) == nil {
			x.saved = at
		}
	}
}

// sorted are the claims, by partition.
func (c *Consumer) sorted() []*claim {
	return slices.SortedFunc(maps.Values(c.claims), func(a, b *claim) int { return compare(a.tp, b.tp) })
}

// View is the state of a consumer.
type View struct {
	ID         string
	Session    int64
	Rebalances int  // since it began
	Attempts   int  // of them all
	Failed     bool // the last one was given up: it owns nothing, and waits for a change
	Connected  bool // to ZooKeeper, as far as it knows
	Closed     bool
	Claims     []ClaimView // by partition
}

// ClaimView is a partition that a consumer has claimed.
type ClaimView struct {
	Topic     string
	Partition int32
	Stream    string
	Next      int64 // the offset that is read next; -1 is not known yet
	Reading   bool
}

// Inspect is the state, for people and checkers.
func (c *Consumer) Inspect() View {
	v := View{ID: c.id, Rebalances: c.rebalances, Attempts: c.attempts, Failed: c.failed, Closed: c.closed}
	if c.s != nil {
		v.Session, v.Connected = c.s.Client().Session(), c.s.Client().State() == client.Connected
	}
	for _, x := range c.sorted() {
		v.Claims = append(v.Claims, ClaimView{x.tp.Topic, x.tp.Partition, x.stream, x.next, x.reading && !x.stop})
	}
	return v
}
