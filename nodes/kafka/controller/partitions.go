package controller

import (
	"errors"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// strategy is how a leader is chosen.
type strategy uint8

const (
	offlineStrategy strategy = iota
	uncleanStrategy          // as offline, and whatever the topic's configuration says
	preferredStrategy
	shutdownStrategy
)

// refusal says why a partition has no new leader.
type refusal struct {
	tp   log.TopicPartition
	code proto.Code
}

// bringOnline brings all partitions online that are new or offline, but those that are being deleted (triggerOnlinePartitionStateChange).
type bringOnline struct {
	topic string // only those of this topic, unless it is ""
	begun bool
}

func (b *bringOnline) step(c *Controller, t *thread, _ nodes.Env) bool {
	if b.begun {
		return true
	}
	b.begun = true
	var fresh, offline []log.TopicPartition
	for _, p := range c.ctx.partitions {
		switch {
		case c.ctx.isGoing(p.tp.Topic) || b.topic != "" && b.topic != p.tp.Topic:
		case p.phase == NewPartition:
			fresh = append(fresh, p.tp)
		case p.phase == OfflinePartition:
			offline = append(offline, p.tp)
		}
	}
	t.call(&electLeaders{by: offlineStrategy, left: offline})
	return t.call(&createStates{left: fresh})
}

// createStates gives new partitions their first leader: the first of the assignment that lives, with all that live in sync.
type createStates struct {
	left   []log.TopicPartition
	asked  []zk.Op
	recall bool // the results are of records that others may have made
}

func (s *createStates) step(c *Controller, t *thread, env nodes.Env) bool {
	if s.asked != nil {
		results := t.results
		t.results = nil
		if anyFenced(results) {
			return c.fenced(env)
		}
		if s.recall {
			s.found(c, env, results)
		} else {
			s.made(c, env, results)
		}
	}
	var ops []zk.Op
	if !s.recall {
		for _, tp := range s.left {
			if p := c.ctx.find(tp); p != nil && len(c.ctx.live(p, false)) > 0 {
				live := c.ctx.live(p, false)
				state := zk.PartitionState{Leader: live[0], ISR: live, ControllerEpoch: c.epoch}
				ops = append(ops, zk.Op{Verb: zk.Create, Key: zk.PartitionKey(tp), Value: state})
			}
		}
	} else {
		for _, tp := range s.left {
			ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(tp)})
		}
	}
	s.asked = ops
	if len(ops) == 0 {
		c.sendBatch(env)
		return true
	}
	return t.ask(c, env, ops...)
}

func (s *createStates) made(c *Controller, env nodes.Env, results []zk.Result) {
	s.left = nil
	for i, r := range results {
		tp := r.Key.Partition()
		switch {
		case r.Err == nil:
			c.leads(env, tp, s.asked[i].Value.(zk.PartitionState), r.Version, true)
		case errors.Is(r.Err, zk.ErrNodeExists), uncertain(r.Err):
			s.left = append(s.left, tp)
			s.recall = true
		}
	}
}

// found takes a record that was there: our own, whose answer was lost, or an earlier controller's.
func (s *createStates) found(c *Controller, env nodes.Env, results []zk.Result) {
	s.left, s.recall = nil, false
	for _, r := range results {
		tp := r.Key.Partition()
		state, ok := r.Value.(zk.PartitionState)
		switch {
		case errors.Is(r.Err, zk.ErrNoNode):
			s.left = append(s.left, tp)
		case r.Err == nil && ok && state.ControllerEpoch <= c.epoch:
			c.leads(env, tp, state, r.Version, true)
		}
	}
}

// leads notes a partition's new state, and has its replicas told.
func (c *Controller) leads(env nodes.Env, tp log.TopicPartition, s zk.PartitionState, version int32, isNew bool) {
	p := c.ctx.find(tp)
	if p == nil {
		return
	}
	nodes.Always(env, p.reassigns || subset(s.ISR, p.assigned.Replicas), "controller: the ISR is among the replicas")
	nodes.Always(env, !p.known || s.LeaderEpoch >= p.state.LeaderEpoch, "controller: the leader epoch of a partition never falls")
	p.state, p.version, p.known, p.bounced = s, version, true, false
	if p.phase = OnlinePartition; s.Leader < 0 {
		p.phase = OfflinePartition
	}
	c.note(env, tp, s)
	c.tellLead(c.ctx.live(p, true), tp, isNew, nil)
}

// electLeaders elects leaders (doElectLeaderForPartitions): it reads the states, decides, and writes them under the versions it
// has read; where another was faster it begins again.
type electLeaders struct {
	by      strategy
	left    []log.TopicPartition
	phase   int
	read    []zk.Result // of left
	unclean []bool
	asked   []zk.Op
	refused *[]refusal // gets those that have no new leader; may be nil
}

const (
	electRead = iota
	electConfig
	electDecide
	electWritten
)

func (e *electLeaders) step(c *Controller, t *thread, env nodes.Env) bool {
	results := t.results
	t.results = nil
	if anyFenced(results) {
		return c.fenced(env)
	}
	switch e.phase {
	case electRead:
		var ops []zk.Op
		for _, tp := range e.left {
			ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(tp)})
		}
		if len(ops) == 0 {
			c.sendBatch(env)
			return true
		}
		e.phase = electConfig
		return t.ask(c, env, ops...)
	case electConfig:
		e.read, e.unclean = results, make([]bool, len(results))
		e.phase = electDecide
		if e.by != offlineStrategy {
			return t.call(&nothing{})
		}
		var ops []zk.Op
		for _, r := range results {
			ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.ConfigKey("topics", r.Key.Name)})
		}
		return t.ask(c, env, ops...)
	case electDecide:
		for i, r := range results {
			s, _ := r.Value.(zk.Settings)
			e.unclean[i] = c.unclean(s)
		}
		e.phase = electWritten
		if e.decide(c, env); len(e.asked) == 0 {
			return t.call(&nothing{})
		}
		return t.ask(c, env, e.asked...)
	}
	e.left = nil
	for i, r := range results {
		switch {
		case r.Err == nil:
			c.leads(env, r.Key.Partition(), e.asked[i].Value.(zk.PartitionState), r.Version, false)
		case uncertain(r.Err):
			nodes.Reachable(env, "controller: an election is repeated, the state has changed meanwhile")
			e.left = append(e.left, r.Key.Partition())
		default:
			e.refuse(r.Key.Partition(), proto.UnknownServerError)
		}
	}
	e.phase = electRead
	return t.call(&nothing{})
}

// decide makes the writes of those partitions for which there is a leader.
func (e *electLeaders) decide(c *Controller, env nodes.Env) {
	e.asked = nil
	for i, r := range e.read {
		tp := r.Key.Partition()
		p := c.ctx.find(tp)
		s, ok := r.Value.(zk.PartitionState)
		switch {
		case p == nil || r.Err != nil || !ok:
			e.refuse(tp, proto.UnknownTopicOrPartition)
			continue
		case s.ControllerEpoch > c.epoch:
			e.refuse(tp, proto.StaleControllerEpoch)
			continue
		}
		next, code := e.elect(c, env, p, s, e.unclean[i])
		if code != proto.None {
			if s.ControllerEpoch == c.epoch && s.LeaderEpoch > p.state.LeaderEpoch && p.known && s.Leader >= 0 {
				// An earlier round of this election has written it, and did not hear so: nobody has been told.
				nodes.Reachable(env, "controller: an election had been written already")
				c.leads(env, tp, s, r.Version, false)
			}
			if p.state, p.version = s, r.Version; code != proto.ElectionNotNeeded && s.Leader < 0 {
				p.phase = OfflinePartition
			}
			e.refuse(tp, code)
			continue
		}
		next.LeaderEpoch, next.ControllerEpoch = s.LeaderEpoch+1, c.epoch
		e.asked = append(e.asked, zk.Op{Verb: zk.Set, Key: r.Key, Value: next, Version: r.Version})
	}
}

// elect decides about one partition.
func (e *electLeaders) elect(c *Controller, env nodes.Env, p *partition, s zk.PartitionState, unclean bool) (zk.PartitionState, proto.Code) {
	live := c.ctx.live(p, false)
	switch e.by {
	case offlineStrategy, uncleanStrategy:
		if e.by == uncleanStrategy && s.Leader >= 0 && slices.Contains(live, s.Leader) {
			return s, proto.ElectionNotNeeded
		}
		leader, dirty, ok := electOffline(p.assigned.Replicas, s.ISR, live, unclean || e.by == uncleanStrategy)
		if !ok {
			return s, proto.EligibleLeadersNotAvailable
		}
		isr := only(s.ISR, live)
		if dirty {
			nodes.Reachable(env, "controller: an unclean election")
			isr = []int32{leader}
		}
		return zk.PartitionState{Leader: leader, ISR: isr}, proto.None
	case preferredStrategy:
		if len(p.assigned.Replicas) > 0 && s.Leader == p.assigned.Replicas[0] {
			return s, proto.ElectionNotNeeded
		}
		leader, ok := electPreferred(p.assigned.Replicas, s.ISR, live)
		if !ok {
			return s, proto.PreferredLeaderNotAvailable
		}
		return zk.PartitionState{Leader: leader, ISR: s.ISR}, proto.None
	}
	leaving := c.ctx.shuttingDown()
	if c.cfg.Quirks.ShuttingDownStaysInISR {
		leaving = []int32{s.Leader}
	}
	leader, ok := electShutdown(p.assigned.Replicas, s.ISR, c.ctx.live(p, true), leaving)
	if !ok {
		return s, proto.EligibleLeadersNotAvailable
	}
	if c.cfg.Quirks.ShuttingDownStaysInISR {
		return zk.PartitionState{Leader: leader, ISR: s.ISR}, proto.None
	}
	return zk.PartitionState{Leader: leader, ISR: without(s.ISR, leaving)}, proto.None
}

func (e *electLeaders) refuse(tp log.TopicPartition, code proto.Code) {
	if e.refused != nil {
		*e.refused = append(*e.refused, refusal{tp, code})
	}
}
