package controller

import (
	"errors"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// firstRebalance is how long after its election a controller looks for the first time for leaders that are not the preferred ones.
const firstRebalance = 5 * time.Second

// failover is what a new controller does (onControllerFailover), in this order: leave watches and remove old notifications, load what there
// is, tell the brokers which of them live, bring replicas and partitions into their phases, take up reassignments, deletions and elections.
type failover struct {
	phase   int
	brokers []string
	topics  []string
}

// lists are what the controller watches, and which of them are notifications.
var lists = []struct {
	kind  zk.Kind
	clear bool
}{{zk.KindISRChange, true}, {zk.KindLogDirEvent, true}, {zk.KindBroker, false}, {zk.KindTopic, false}, {zk.KindDeleteTopic, false}}

func (f *failover) step(c *Controller, t *thread, env nodes.Env) bool {
	if anyFenced(t.results) {
		return c.fenced(env)
	}
	f.phase++
	switch f.phase {
	case 1:
		var ops []zk.Op
		for _, l := range lists {
			ops = append(ops, zk.Op{Verb: zk.List, Key: zk.Key{Kind: l.kind}, Watch: true})
		}
		return t.ask(c, env, ops...)
	case 2:
		return f.load(c, t, env)
	case 3:
		return f.states(c, t, env)
	case 4:
		f.init(c, t.results)
		// Of all partitions, where the original names none: a broker that has just started, too, would deny that there are those
		// whose leaders have still to be elected.
		c.tellBrokers(c.ctx.ids(), knownOf(c.ctx.partitions))
		c.sendBatch(env)
		return t.call(&replicaChange{to: OnlineReplica, replicas: f.replicas(c, true)})
	case 5:
		t.results = nil
		return t.call(&replicaChange{to: OfflineReplica, replicas: f.replicas(c, false)})
	case 6:
		t.results = nil
		return t.call(&bringOnline{})
	}
	t.results = nil
	f.resume(c, t, env)
	return true
}

// load removes old notifications, and reads the brokers and the topics.
func (f *failover) load(c *Controller, t *thread, env nodes.Env) bool {
	if failed(t.results) != nil {
		f.phase = 0 // unreadable for the moment: from the beginning
		return t.call(&nothing{})
	}
	var ops []zk.Op
	for i, l := range lists {
		names := t.results[i].Names
		switch {
		case l.clear:
			for _, name := range names {
				ops = append(ops, zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: l.kind, Name: name}, Version: -1})
			}
		case l.kind == zk.KindBroker:
			f.brokers = names
		case l.kind == zk.KindTopic:
			f.topics = names
		case l.kind == zk.KindDeleteTopic:
			c.ctx.deleting = slices.Clone(names)
		}
	}
	for _, name := range f.brokers {
		if id, ok := parseID(name); ok {
			ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.BrokerKey(id), Watch: true})
		}
	}
	for _, name := range f.topics {
		ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.TopicKey(name), Watch: true})
	}
	if len(ops) == 0 {
		t.results = nil
		return t.call(&nothing{})
	}
	return t.ask(c, env, ops...)
}

// states reads the partitions' states.
func (f *failover) states(c *Controller, t *thread, env nodes.Env) bool {
	for _, r := range t.results {
		switch v := r.Value.(type) {
		case zk.Broker:
			c.ctx.addBroker(broker{Broker: v, epoch: r.Czxid})
		case zk.Topic:
			for _, a := range v.Partitions {
				c.ctx.assign(log.TopicPartition{Topic: r.Key.Name, Partition: a.Partition}, a)
			}
			addName(&c.ctx.topics, r.Key.Name)
		}
	}
	var ops []zk.Op
	for _, p := range c.ctx.partitions {
		ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(p.tp)})
	}
	t.results = nil
	if len(ops) == 0 {
		return t.call(&nothing{})
	}
	return t.ask(c, env, ops...)
}

// init puts partitions and replicas into the phases that follow from what was read.
func (f *failover) init(c *Controller, results []zk.Result) {
	for _, r := range results {
		if s, ok := r.Value.(zk.PartitionState); ok && r.Err == nil {
			p := c.ctx.find(r.Key.Partition())
			p.state, p.version, p.known = s, r.Version, true
			p.bounced = c.ctx.bounced(s.Leader, r.Mzxid)
		}
	}
	c.ctx.deleting = slices.DeleteFunc(c.ctx.deleting, func(topic string) bool { return !hasName(c.ctx.topics, topic) })
	for _, p := range c.ctx.partitions {
		switch {
		case !p.known:
			p.phase = NewPartition
		case c.ctx.online(p, p.state.Leader, false) && !p.bounced:
			p.phase = OnlinePartition
		default:
			p.phase = OfflinePartition
		}
		for _, r := range p.assigned.Replicas {
			switch {
			case c.ctx.online(p, r, true):
				p.enter(r, OnlineReplica)
			default:
				p.enter(r, DeletionIneligible)
			}
		}
		p.reassigns = len(p.assigned.Adding)+len(p.assigned.Removing) > 0
	}
	for _, b := range c.ctx.brokers {
		c.addQueue(b)
	}
}

func (f *failover) replicas(c *Controller, online bool) []placed {
	var out []placed
	for _, r := range c.ctx.placedOf(c.ctx.partitions) {
		if c.ctx.online(c.ctx.find(r.tp), r.broker, true) == online {
			out = append(out, r)
		}
	}
	return out
}

// resume takes up what an earlier controller has left.
func (f *failover) resume(c *Controller, t *thread, env nodes.Env) {
	nodes.Sometimes(env, c.epoch > 1, "controller: a second one has taken over")
	for _, p := range c.ctx.partitions {
		if p.reassigns {
			nodes.Reachable(env, "controller: a new one finds a reassignment under way")
			t.enqueue(&onReassignment{tp: p.tp, goesOn: true})
		}
	}
	for _, topic := range c.ctx.deleting {
		c.refuseDeletionWhereDown(topic)
	}
	t.enqueue(&zkReassignment{})
	t.enqueue(&topicDeletion{})
	t.enqueue(&zkPreferred{})
	// An earlier controller may have written what it did not live to tell.
	c.tellBrokers(c.ctx.ids(), knownOf(c.ctx.partitions))
	c.sendBatch(env)
	if !c.cfg.NoAutoRebalance {
		env.SetTimer(nodes.Tag{Name: tagRebalance}, firstRebalance)
	}
}

// uncertain tells whether one must look again before one knows what became of an operation.
func uncertain(err error) bool {
	return errors.Is(err, zk.ErrUncertain) || errors.Is(err, zk.ErrBadVersion)
}
