package controller

import (
	"errors"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// topicChange compares the topics that there are with those that are known.
type topicChange struct {
	phase int
	fresh []log.TopicPartition
}

func (o *topicChange) step(c *Controller, t *thread, env nodes.Env) bool {
	o.phase++
	switch o.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindTopic}, Watch: true})
	case 2:
		if failed(t.results) != nil {
			return true
		}
		names := t.results[0].Names
		for _, topic := range append([]string(nil), c.ctx.topics...) {
			if !hasName(names, topic) {
				c.ctx.forget(topic)
			}
		}
		var ops []zk.Op
		for _, topic := range names {
			if !hasName(c.ctx.topics, topic) {
				ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.TopicKey(topic), Watch: true})
			}
		}
		if len(ops) == 0 {
			return true
		}
		return t.ask(c, env, ops...)
	case 3:
		for _, r := range t.results {
			v, ok := r.Value.(zk.Topic)
			if !ok || r.Err != nil {
				continue
			}
			addName(&c.ctx.topics, r.Key.Name)
			for _, a := range v.Partitions {
				tp := log.TopicPartition{Topic: r.Key.Name, Partition: a.Partition}
				c.ctx.assign(tp, a)
				o.fresh = append(o.fresh, tp)
			}
		}
		t.results = nil
		return t.call(&newPartitions{list: o.fresh})
	}
	return true
}

// newPartitions brings partitions into being (onNewPartitionCreation).
type newPartitions struct {
	list  []log.TopicPartition
	phase int
}

func (n *newPartitions) step(c *Controller, t *thread, env nodes.Env) bool {
	var all []placed
	for _, tp := range n.list {
		if p := c.ctx.find(tp); p != nil {
			for _, r := range p.assigned.Replicas {
				all = append(all, placed{tp, r})
			}
		}
	}
	n.phase++
	switch n.phase {
	case 1:
		for _, tp := range n.list {
			if p := c.ctx.find(tp); p != nil {
				p.phase = NewPartition
			}
		}
		if len(n.list) > 0 && nodes.Noting(env) {
			nodes.Note(env, "creates "+describeList(n.list))
		}
		return t.call(&replicaChange{to: NewReplica, replicas: all})
	case 2:
		return t.call(&createStates{left: n.list})
	case 3:
		return t.call(&replicaChange{to: OnlineReplica, replicas: all})
	}
	return true
}

// partitionChange looks for partitions that a topic has got.
type partitionChange struct {
	topic string
	phase int
}

func (o *partitionChange) step(c *Controller, t *thread, env nodes.Env) bool {
	o.phase++
	switch o.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.TopicKey(o.topic), Watch: true})
	case 2:
		r := t.results[0]
		t.results = nil
		v, ok := r.Value.(zk.Topic)
		if !ok || errors.Is(r.Err, zk.ErrNoNode) || !hasName(c.ctx.topics, o.topic) {
			return true
		}
		var fresh []log.TopicPartition
		for _, a := range v.Partitions {
			tp := log.TopicPartition{Topic: o.topic, Partition: a.Partition}
			if c.ctx.find(tp) == nil {
				fresh = append(fresh, tp)
			}
		}
		if len(fresh) == 0 {
			return true
		}
		if c.ctx.isDeleting(o.topic) {
			// A topic that is being deleted grows no more: its assignment is put back.
			return t.ask(c, env, zk.Op{Verb: zk.Set, Key: zk.TopicKey(o.topic), Value: c.ctx.assignment(o.topic), Version: r.Version})
		}
		for _, a := range v.Partitions {
			if tp := (log.TopicPartition{Topic: o.topic, Partition: a.Partition}); c.ctx.find(tp) == nil {
				c.ctx.assign(tp, a)
			}
		}
		return t.call(&newPartitions{list: fresh})
	}
	return anyFenced(t.results) && c.fenced(env) || true
}
