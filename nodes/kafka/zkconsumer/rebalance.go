package zkconsumer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
)

// The situations that a campaign should reach.
const (
	markConflict = "zkconsumer: partition is owned by another"
	markExpired  = "zkconsumer: session is over"
	markGivesUp  = "zkconsumer: rebalance given up"
	markRetried  = "zkconsumer: rebalance succeeds at a later attempt"
)

func compare(a, b log.TopicPartition) int {
	return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// syncedRebalance tries to rebalance until it succeeds or has been tried often enough. again tells that ZooKeeper could not be
// reached, so that there may be no watch to wake the consumer.
func (c *Consumer) syncedRebalance(over func() bool) (again bool) {
	c.rebalances++
	c.seen, c.failed = nil, false
	for attempt := range c.cfg.MaxRetries {
		c.attempts++
		err := c.rebalance()
		if err == nil {
			nodes.Sometimes(c.t.Env(), attempt > 0, markRetried)
			return false
		}
		if over() {
			return false
		}
		c.stopFetchers() // a partition that comes back is read on from what was stored
		c.s.Sleep(c.cfg.Backoff)
		again = errors.Is(err, errLost)
	}
	nodes.Reachable(c.t.Env(), markGivesUp)
	if nodes.Noting(c.t.Env()) {
		nodes.Note(c.t.Env(), fmt.Sprintf("%s: cannot rebalance after %d attempts, and reads nothing", c.id, c.cfg.MaxRetries))
	}
	c.failed = !again
	return again
}

// errConflict says that a partition which should be one's own is owned by another.
var errConflict = errors.New("zkconsumer: owned by another")

// rebalance is one attempt.
func (c *Consumer) rebalance() error {
	v, err := c.read()
	if err != nil {
		return err
	}
	if c.cfg.Quirks.CachedView && c.seen != nil {
		v = c.seen
	}
	c.seen = v
	if !c.cfg.Quirks.NoStopFetchers {
		c.stopFetchers()
	}
	if c.cfg.AutoCommit > 0 {
		c.commit()
	}
	old := c.sorted()
	if err := c.release(); err != nil {
		return err
	}
	all, err := v.assign(c.cfg.Strategy)
	if err != nil {
		return err
	}
	for _, tp := range slices.SortedFunc(maps.Keys(all), compare) {
		if !strings.HasPrefix(all[tp], c.id+"-") {
			continue
		}
		if err := c.claim(tp, all[tp]); err != nil {
			if !c.cfg.Quirks.NoRollback {
				err = errors.Join(err, c.release())
			}
			return err
		}
	}
	if c.cfg.Quirks.NoStopFetchers {
		for _, x := range old {
			x.stop = true
		}
	}
	for _, x := range c.sorted() {
		c.start(x)
	}
	if nodes.Noting(c.t.Env()) {
		nodes.Note(c.t.Env(), fmt.Sprintf("%s: reads %d of %d partitions", c.id, len(c.claims), len(all)))
	}
	return nil
}

// claim makes the node that says who owns a partition, and reads how far the group has come.
func (c *Consumer) claim(tp log.TopicPartition, stream string) error {
	x := &claim{tp: tp, stream: stream, session: c.s.Client().Session(), next: -1, saved: -1}
	c.claims[tp] = x
	ok, err := c.plant(c.owner(tp), stream)
	if err != nil {
		return err // it may be ours: release will see
	}
	if !ok {
		nodes.Reachable(c.t.Env(), markConflict)
		delete(c.claims, tp)
		return errConflict
	}
	x.owned = true
	x.next, err = c.load(tp)
	x.saved = x.next
	return err
}

// release gives up what is claimed. What it could not give up stays claimed.
func (c *Consumer) release() error {
	for _, x := range c.sorted() {
		x.owned = false
		if err := c.uproot(c.owner(x.tp)); err != nil {
			return err
		}
		delete(c.claims, x.tp)
	}
	return nil
}
