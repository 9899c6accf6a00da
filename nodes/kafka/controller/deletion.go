package controller

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// topicDeletion takes up the topics that are to be deleted.
type topicDeletion struct{ phase int }

func (d *topicDeletion) step(c *Controller, t *thread, env nodes.Env) bool {
	d.phase++
	switch d.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindDeleteTopic}, Watch: true})
	case 2:
		var ops []zk.Op
		for _, topic := range t.results[0].Names {
			switch {
			case c.cfg.NoTopicDeletion || !hasName(c.ctx.topics, topic):
				ops = append(ops, zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: zk.KindDeleteTopic, Name: topic}, Version: -1})
			default:
				addName(&c.ctx.deleting, topic)
				if slices.ContainsFunc(c.ctx.of(topic), func(p *partition) bool { return p.reassigns }) {
					addName(&c.ctx.ineligible, topic)
				}
			}
		}
		t.enqueue(&resumeDeletions{})
		if t.results = nil; len(ops) == 0 {
			return true
		}
		return t.ask(c, env, ops...)
	}
	return anyFenced(t.results) && c.fenced(env) || true
}

// refuseDeletionWhereDown marks a topic that cannot be deleted for the moment, because a broker that has it is down.
func (c *Controller) refuseDeletionWhereDown(topic string) {
	for _, p := range c.ctx.of(topic) {
		if p.reassigns || len(c.ctx.live(p, true)) < len(p.assigned.Replicas) {
			addName(&c.ctx.ineligible, topic)
		}
	}
}

// resumeDeletionOn lets topics be deleted that had to wait for one of the brokers.
func (c *Controller) resumeDeletionOn(ids []int32) {
	for _, topic := range c.ctx.deleting {
		list := c.ctx.of(topic)
		if slices.ContainsFunc(list, func(p *partition) bool { return len(only(p.assigned.Replicas, ids)) > 0 }) &&
			!slices.ContainsFunc(list, func(p *partition) bool { return p.reassigns }) {
			removeName(&c.ctx.ineligible, topic)
		}
	}
}

// resumeDeletions deletes what can be (TopicDeletionManager.resumeDeletions): a topic is gone when all of its replicas are.
type resumeDeletions struct {
	topics  []string
	begun   bool
	asked   bool
	waiting string // the topic whose records are being deleted
}

func (d *resumeDeletions) step(c *Controller, t *thread, env nodes.Env) bool {
	if !d.begun {
		d.begun, d.topics = true, slices.Clone(c.ctx.deleting)
	}
	if d.asked {
		d.asked = false
		if anyFenced(t.results) {
			return c.fenced(env)
		}
		d.finished(c, t, env)
	}
	t.results = nil
	if len(d.topics) == 0 {
		return true
	}
	topic := d.topics[0]
	list := c.ctx.of(topic)
	count := func(phase ReplicaPhase) (n int) {
		for _, p := range list {
			for _, r := range p.replicas {
				if r.phase == phase {
					n++
				}
			}
		}
		return n
	}
	switch {
	case count(DeletionSuccessful) == len(c.ctx.placedOf(list)):
		return d.finish(c, t, env, topic)
	case count(DeletionStarted) > 0, hasName(c.ctx.ineligible, topic):
		d.topics = d.topics[1:]
		return t.call(&nothing{})
	}
	d.topics = d.topics[1:]
	return t.call(&deleteTopic{topic: topic})
}

// finish deletes the records of a topic that no broker has any more.
func (d *resumeDeletions) finish(c *Controller, t *thread, env nodes.Env, topic string) bool {
	d.asked, d.waiting = true, topic
	return t.ask(c, env,
		zk.Op{Verb: zk.Delete, Key: zk.TopicKey(topic), Version: -1},
		zk.Op{Verb: zk.Delete, Key: zk.ConfigKey("topics", topic), Version: -1},
		zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: zk.KindDeleteTopic, Name: topic}, Version: -1})
}

// finished forgets the topic, if its records are known to be gone; else they are deleted once more.
func (d *resumeDeletions) finished(c *Controller, t *thread, env nodes.Env) {
	for _, r := range t.results {
		if uncertain(r.Err) {
			return
		}
	}
	if nodes.Noting(env) {
		nodes.Note(env, "has deleted "+d.waiting)
	}
	nodes.Reachable(env, "controller: a topic is deleted")
	c.ctx.forget(d.waiting)
	d.topics = d.topics[1:]
}

// deleteTopic stops and deletes the replicas of a topic (onTopicDeletion).
type deleteTopic struct {
	topic string
	phase int
}

func (d *deleteTopic) step(c *Controller, t *thread, env nodes.Env) bool {
	list := c.ctx.of(d.topic)
	var live, dead []placed
	for _, r := range c.ctx.placedOf(list) {
		if p := c.ctx.find(r.tp); !c.ctx.online(p, r.broker, true) {
			dead = append(dead, r)
		} else if rep := p.replica(r.broker); rep == nil || rep.phase != DeletionSuccessful {
			live = append(live, r)
		}
	}
	d.phase++
	switch d.phase {
	case 1:
		addName(&c.ctx.begun, d.topic)
		for _, p := range list {
			p.phase = NonExistentPartition
		}
		c.tellBrokers(c.ctx.ids(), names(list))
		c.sendBatch(env)
		for _, r := range dead {
			c.ctx.find(r.tp).enter(r.broker, DeletionIneligible)
			addName(&c.ctx.ineligible, d.topic)
		}
		return t.call(&replicaChange{to: OfflineReplica, replicas: live})
	case 2:
		return t.call(&replicaChange{to: DeletionStarted, replicas: live})
	}
	return true
}

// deletionAnswer takes note of replicas that are deleted, or cannot be.
type deletionAnswer struct{ deleted, failed []placed }

func (d *deletionAnswer) step(c *Controller, t *thread, _ nodes.Env) bool {
	enter := func(list []placed, phase ReplicaPhase) {
		for _, r := range list {
			p := c.ctx.find(r.tp)
			if p == nil || p.replica(r.broker) == nil || p.replica(r.broker).phase != DeletionStarted || !c.ctx.isDeleting(r.tp.Topic) {
				continue
			}
			if p.enter(r.broker, phase); phase == DeletionIneligible {
				addName(&c.ctx.ineligible, r.tp.Topic)
			}
		}
	}
	enter(d.deleted, DeletionSuccessful)
	enter(d.failed, DeletionIneligible)
	t.enqueue(&resumeDeletions{})
	return true
}

// blocked tells whether something of a topic must be left alone: it is being deleted.
func (c *Controller) blocked(tp log.TopicPartition) bool { return c.ctx.isDeleting(tp.Topic) }
