package controller

import (
	"slices"
	"strconv"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

func parseID(name string) (int32, bool) {
	n, err := strconv.ParseInt(name, 10, 32)
	return int32(n), err == nil && n >= 0
}

func number(n int32) string { return strconv.Itoa(int(n)) }

// brokerChange compares the brokers that are registered with those that are known: some are new, some gone, and some have
// bounced, which only their epoch shows (KIP-380).
type brokerChange struct {
	modified bool // a registration has changed, not the list
	phase    int
	names    []string
}

func (b *brokerChange) step(c *Controller, t *thread, env nodes.Env) bool {
	b.phase++
	switch b.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindBroker}, Watch: !b.modified})
	case 2:
		var ops []zk.Op
		for _, name := range t.results[0].Names {
			if id, ok := parseID(name); ok {
				ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.BrokerKey(id), Watch: true})
			}
		}
		if t.results = nil; len(ops) == 0 {
			return t.call(&nothing{})
		}
		return t.ask(c, env, ops...)
	}
	b.compare(c, t)
	return true
}

func (b *brokerChange) compare(c *Controller, t *thread) {
	var up, changed []broker
	var down []int32
	var seen []int32
	for _, r := range t.results {
		v, ok := r.Value.(zk.Broker)
		if !ok || r.Err != nil {
			continue
		}
		now := broker{Broker: v, epoch: r.Czxid}
		seen = append(seen, v.ID)
		was := c.ctx.broker(v.ID)
		switch {
		case was == nil:
			up = append(up, now)
		case was.epoch < now.epoch && !c.cfg.Quirks.NoBrokerEpoch:
			down, up = append(down, v.ID), append(up, now)
		case !slices.Equal(was.Endpoints, now.Endpoints) || was.Rack != now.Rack:
			now.shuttingDown = was.shuttingDown
			changed = append(changed, now)
		}
	}
	down = append(down, without(c.ctx.ids(), seen)...)
	slices.Sort(down)
	t.results = nil
	t.queue = append([]task{&brokersDown{ids: down}, &brokersUp{brokers: up}, &brokerUpdate{brokers: changed}}, t.queue...)
}

// brokerUpdate tells of new addresses.
type brokerUpdate struct{ brokers []broker }

func (b *brokerUpdate) step(c *Controller, _ *thread, env nodes.Env) bool {
	if len(b.brokers) == 0 {
		return true
	}
	for _, o := range b.brokers {
		if c.ctx.broker(o.ID) != nil {
			c.ctx.addBroker(o)
		}
		if q := c.queue(o.ID); q != nil {
			q.endpoint, _ = o.Endpoint(c.listener())
		}
	}
	c.tellBrokers(c.ctx.ids(), nil)
	c.sendBatch(env)
	return true
}

// brokersDown takes note of brokers that are gone (onBrokerFailure).
type brokersDown struct{ ids []int32 }

func (b *brokersDown) step(c *Controller, t *thread, env nodes.Env) bool {
	if len(b.ids) == 0 {
		return true
	}
	var gone []placed
	for _, id := range b.ids {
		nodes.Sometimes(env, c.ctx.broker(id) != nil && c.ctx.broker(id).shuttingDown, "controller: a broker is gone after it was let go")
		c.ctx.removeBroker(id)
		c.dropQueue(env, id)
		gone = append(gone, c.ctx.on(id)...)
		if nodes.Noting(env) {
			nodes.Note(env, "takes broker "+number(id)+" for gone")
		}
	}
	b.ids = nil
	return t.call(&replicasGone{replicas: gone, brokers: true})
}

// replicasGone brings replicas offline, and elects leaders where they have led (onReplicasBecomeOffline).
type replicasGone struct {
	replicas []placed
	brokers  bool // whole brokers are gone: everybody is to know, even if nobody has to be elected
	phase    int
	led      bool
}

func (r *replicasGone) step(c *Controller, t *thread, env nodes.Env) bool {
	r.phase++
	switch r.phase {
	case 1:
		for _, o := range r.replicas {
			p := c.ctx.find(o.tp)
			if p.phase == OnlinePartition && p.state.Leader == o.broker && !c.ctx.isGoing(o.tp.Topic) {
				p.phase, r.led = OfflinePartition, true
			}
		}
		return t.call(&bringOnline{})
	case 2:
		var stay []placed
		for _, o := range r.replicas {
			if !c.ctx.isGoing(o.tp.Topic) {
				stay = append(stay, o)
			}
		}
		return t.call(&replicaChange{to: OfflineReplica, replicas: stay})
	}
	for _, o := range r.replicas {
		if c.ctx.isGoing(o.tp.Topic) {
			c.ctx.find(o.tp).enter(o.broker, DeletionIneligible)
			addName(&c.ctx.ineligible, o.tp.Topic)
		}
	}
	if r.brokers && !r.led {
		c.tellBrokers(c.ctx.ids(), nil)
		c.sendBatch(env)
	}
	return true
}

// brokersUp takes note of brokers that have come (onBrokerStartup).
type brokersUp struct {
	brokers []broker
	phase   int
}

func (b *brokersUp) step(c *Controller, t *thread, env nodes.Env) bool {
	if len(b.brokers) == 0 {
		return true
	}
	b.phase++
	switch b.phase {
	case 1:
		old := c.ctx.ids()
		var all []placed
		for _, o := range b.brokers {
			c.ctx.addBroker(o)
			c.dropQueue(env, o.ID)
			c.addQueue(o)
			for _, r := range c.ctx.on(o.ID) {
				if rep := c.ctx.find(r.tp).replica(o.ID); rep != nil {
					rep.offline = false
				}
				if !c.ctx.isGoing(r.tp.Topic) {
					all = append(all, r)
				}
			}
			if nodes.Noting(env) {
				nodes.Note(env, "takes broker "+number(o.ID)+" in")
			}
		}
		// Those that were there need to know of the new one, and the new one of everything.
		c.tellBrokers(old, nil)
		c.sendBatch(env)
		c.tellBrokers(b.ids(), knownOf(c.ctx.partitions))
		c.sendBatch(env)
		return t.call(&replicaChange{to: OnlineReplica, replicas: all})
	case 2:
		return t.call(&bringOnline{})
	}
	for _, p := range c.ctx.partitions {
		if p.reassigns && len(only(target(p.assigned), b.ids())) > 0 {
			t.enqueue(&onReassignment{tp: p.tp, goesOn: true})
		}
	}
	c.resumeDeletionOn(b.ids())
	t.enqueue(&resumeDeletions{})
	return true
}

func (b *brokersUp) ids() []int32 {
	var out []int32
	for _, o := range b.brokers {
		out = append(out, o.ID)
	}
	slices.Sort(out)
	return out
}

func knownOf(list []*partition) []log.TopicPartition {
	var out []log.TopicPartition
	for _, p := range list {
		if p.known {
			out = append(out, p.tp)
		}
	}
	return out
}
