package controller

import (
	"errors"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// replicaChange brings replicas into a phase (ReplicaStateMachine.handleStateChanges), and has the brokers told.
type replicaChange struct {
	to       ReplicaPhase
	replicas []placed
	begun    bool
}

func (r *replicaChange) step(c *Controller, t *thread, env nodes.Env) bool {
	if r.begun {
		c.sendBatch(env)
		return true
	}
	r.begun = true
	for _, o := range r.replicas {
		p := c.ctx.find(o.tp)
		if p == nil {
			continue
		}
		switch r.to {
		case NewReplica:
			if p.known && p.state.Leader != o.broker {
				c.tellLead([]int32{o.broker}, o.tp, true, nil)
			}
		case OnlineReplica:
			if was := p.replica(o.broker); was != nil && was.phase != NewReplica && p.known && !p.bounced {
				c.tellLead([]int32{o.broker}, o.tp, false, nil)
			}
		case OfflineReplica:
			c.tellStop(o, false)
		case DeletionStarted:
			c.tellStop(o, true)
		}
		p.enter(o.broker, r.to)
	}
	if r.to == OfflineReplica {
		return t.call(&shrinkISR{left: r.replicas})
	}
	return t.call(&nothing{})
}

// shrinkISR takes replicas out of the ISRs (removeReplicasFromIsr). The last one of an ISR stays, without a leader: who comes
// back first must be known.
type shrinkISR struct {
	left  []placed
	asked []zk.Op
	wrote bool
}

func (s *shrinkISR) step(c *Controller, t *thread, env nodes.Env) bool {
	results := t.results
	t.results = nil
	if anyFenced(results) {
		return c.fenced(env)
	}
	switch {
	case s.wrote:
		s.written(c, env, results)
	case s.asked != nil:
		return s.write(c, t, env, results)
	}
	s.asked, s.wrote = nil, false
	for _, tp := range s.partitions() {
		if p := c.ctx.find(tp); p != nil && p.known {
			s.asked = append(s.asked, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(tp)})
		}
	}
	if len(s.asked) == 0 {
		return true
	}
	return t.ask(c, env, s.asked...)
}

// partitions are those of the replicas that are left, each once.
func (s *shrinkISR) partitions() []log.TopicPartition {
	var out []log.TopicPartition
	for _, r := range s.left {
		out = append(out, r.tp)
	}
	slices.SortFunc(out, compareTP)
	return slices.Compact(out)
}

// leaving are the brokers whose replicas of a partition go.
func (s *shrinkISR) leaving(tp log.TopicPartition) []int32 {
	var out []int32
	for _, r := range s.left {
		if r.tp == tp {
			out = append(out, r.broker)
		}
	}
	return out
}

func (s *shrinkISR) write(c *Controller, t *thread, env nodes.Env, results []zk.Result) bool {
	s.asked, s.wrote = nil, true
	for _, r := range results {
		state, ok := r.Value.(zk.PartitionState)
		if r.Err != nil || !ok || state.ControllerEpoch > c.epoch {
			continue
		}
		next := withoutReplicas(state, s.leaving(r.Key.Partition()))
		p := c.ctx.find(r.Key.Partition())
		if next.Leader == state.Leader && len(next.ISR) == len(state.ISR) {
			s.foundWritten(c, env, p, state, r.Version)
			continue
		}
		next.LeaderEpoch, next.ControllerEpoch = state.LeaderEpoch+1, c.epoch
		s.asked = append(s.asked, zk.Op{Verb: zk.Set, Key: r.Key, Value: next, Version: r.Version})
	}
	if len(s.asked) == 0 {
		return true
	}
	return t.ask(c, env, s.asked...)
}

// foundWritten takes a state in which nothing is left to do. It may be this controller's own write, whose answer was lost: then its
// brokers have not been told.
func (s *shrinkISR) foundWritten(c *Controller, env nodes.Env, p *partition, state zk.PartitionState, version int32) {
	untold := state.LeaderEpoch > p.state.LeaderEpoch && state.ControllerEpoch == c.epoch
	p.state, p.version = state, version
	if untold && !c.ctx.isDeleting(p.tp.Topic) {
		nodes.Reachable(env, "controller: a shrink was written, and its answer lost")
		c.note(env, p.tp, state)
		c.tellLead(without(c.ctx.live(p, true), s.leaving(p.tp)), p.tp, false, nil)
	}
}

// withoutReplicas is a state after some replicas have gone.
func withoutReplicas(s zk.PartitionState, gone []int32) zk.PartitionState {
	for _, r := range gone {
		if !slices.Contains(s.ISR, r) {
			continue
		}
		if s.Leader == r {
			s.Leader = zk.NoLeader
		}
		if len(s.ISR) > 1 {
			s.ISR = without(s.ISR, []int32{r})
		}
	}
	return s
}

func (s *shrinkISR) written(c *Controller, env nodes.Env, results []zk.Result) {
	var left []placed
	for i, r := range results {
		tp := r.Key.Partition()
		gone := s.leaving(tp)
		switch {
		case r.Err == nil:
			p := c.ctx.find(tp)
			p.state, p.version, p.bounced = s.asked[i].Value.(zk.PartitionState), r.Version, false
			c.note(env, tp, p.state)
			if !c.ctx.isDeleting(tp.Topic) {
				c.tellLead(without(c.ctx.live(p, true), gone), tp, false, nil)
			}
		case uncertain(r.Err):
			for _, b := range gone {
				left = append(left, placed{tp, b})
			}
		case errors.Is(r.Err, zk.ErrNoNode):
		}
	}
	s.left = left
}

// dirAnswer takes what a broker says of its log directories: a replica on one that has failed is offline, though the broker lives.
type dirAnswer struct{ dead, well []placed }

func (d *dirAnswer) step(c *Controller, t *thread, _ nodes.Env) bool {
	var gone []placed
	for _, r := range d.well {
		if p := c.ctx.find(r.tp); p != nil && p.replica(r.broker) != nil {
			p.replica(r.broker).offline = false
		}
	}
	for _, r := range d.dead {
		if p := c.ctx.find(r.tp); p != nil && p.replica(r.broker) != nil && !p.replica(r.broker).offline {
			p.replica(r.broker).offline = true
			gone = append(gone, r)
		}
	}
	*d = dirAnswer{}
	if len(gone) == 0 {
		return true
	}
	return t.call(&replicasGone{replicas: gone})
}

// logDirEvent asks brokers that have lost a log directory which of their replicas are there.
type logDirEvent struct{ phase int }

func (l *logDirEvent) step(c *Controller, t *thread, env nodes.Env) bool {
	l.phase++
	switch l.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindLogDirEvent}, Watch: true})
	case 2:
		return askAll(c, t, env, zk.KindLogDirEvent)
	case 3:
		var ops []zk.Op
		var all []placed
		for _, r := range t.results {
			if v, ok := r.Value.(zk.LogDirEvent); ok && c.ctx.broker(v.Broker) != nil {
				all = append(all, c.ctx.on(v.Broker)...)
			}
			ops = append(ops, zk.Op{Verb: zk.Delete, Key: r.Key, Version: -1})
		}
		if len(ops) == 0 {
			return true
		}
		t.call(&replicaChange{to: OnlineReplica, replicas: all})
		return t.ask(c, env, ops...)
	}
	return anyFenced(t.results) && c.fenced(env) || true
}

// askAll reads the records of a kind whose names have been listed.
func askAll(c *Controller, t *thread, env nodes.Env, kind zk.Kind) bool {
	var ops []zk.Op
	for _, name := range t.results[0].Names {
		ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.Key{Kind: kind, Name: name}})
	}
	if t.results = nil; len(ops) == 0 {
		return t.call(&nothing{})
	}
	return t.ask(c, env, ops...)
}

// isrChange has all brokers told of the partitions whose leaders have changed the ISR.
type isrChange struct {
	phase   int
	records []zk.Key
	changed []log.TopicPartition
}

func (i *isrChange) step(c *Controller, t *thread, env nodes.Env) bool {
	if anyFenced(t.results) {
		return c.fenced(env)
	}
	i.phase++
	switch i.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindISRChange}, Watch: true})
	case 2:
		return askAll(c, t, env, zk.KindISRChange)
	case 3:
		var ops []zk.Op
		for _, r := range t.results {
			i.records = append(i.records, r.Key)
			list, _ := r.Value.(zk.Partitions)
			for _, tp := range list {
				if c.ctx.find(tp) != nil {
					i.changed = append(i.changed, tp)
					ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(tp)})
				}
			}
		}
		if t.results = nil; len(ops) == 0 {
			return t.call(&nothing{})
		}
		return t.ask(c, env, ops...)
	case 4:
		for _, r := range t.results {
			c.refresh(r)
		}
		if len(i.changed) > 0 {
			c.tellBrokers(c.ctx.ids(), i.changed)
			c.sendBatch(env)
		}
		var ops []zk.Op
		for _, k := range i.records {
			ops = append(ops, zk.Op{Verb: zk.Delete, Key: k, Version: -1})
		}
		if len(ops) == 0 {
			return true
		}
		return t.ask(c, env, ops...)
	}
	return true
}

// refresh notes a state that was read.
func (c *Controller) refresh(r zk.Result) {
	s, ok := r.Value.(zk.PartitionState)
	if p := c.ctx.find(r.Key.Partition()); ok && r.Err == nil && p != nil {
		p.state, p.version, p.known = s, r.Version, true
	}
}
