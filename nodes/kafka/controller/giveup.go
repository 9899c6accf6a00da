package controller

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// giveUp takes replicas that are to be deleted out of a partition's ISR, and has one of those that stay lead: in one conditional write,
// under a new leader epoch. It refuses if none that stays is in sync and lives, for then those who go are all that has what was committed.
//
// Kafka's ZooKeeper controller takes them out one after the other and leaves the last one in the ISR, and deletes it all the same
// (stopRemovedReplicasOfReassignedPartition); it is KRaft that refuses to take a reassignment back where that would need an unclean
// election (ReplicationControlManager.cancelPartitionReassignment).
type giveUp struct {
	tp      log.TopicPartition
	gone    []int32
	stay    []int32 // the replicas of afterwards, the preferred one first
	need    []int32 // must all be in sync, or it refuses
	refused bool
	read    bool
	asked   *zk.PartitionState
}

func (g *giveUp) step(c *Controller, t *thread, env nodes.Env) bool {
	results := t.results
	t.results = nil
	switch {
	case anyFenced(results):
		return c.fenced(env)
	case g.asked != nil && results[0].Err == nil:
		p := c.ctx.find(g.tp)
		p.state, p.version, p.known, p.bounced, p.phase = *g.asked, results[0].Version, true, false, OnlinePartition
		c.note(env, g.tp, p.state)
		c.tellLead(only(g.stay, c.ctx.live(p, true)), g.tp, false, nil)
		c.sendBatch(env)
		return true
	case g.asked != nil && !uncertain(results[0].Err):
		g.refused = true
		return true
	case g.read && g.asked == nil:
		return g.decide(c, t, env, results[0])
	}
	g.asked, g.read = nil, true
	return t.ask(c, env, zk.Op{Verb: zk.Get, Key: zk.PartitionKey(g.tp)})
}

func (g *giveUp) decide(c *Controller, t *thread, env nodes.Env, r zk.Result) bool {
	p := c.ctx.find(g.tp)
	s, ok := r.Value.(zk.PartitionState)
	if r.Err != nil || !ok || s.ControllerEpoch > c.epoch {
		g.refused = true
		return true
	}
	p.state, p.version, p.known = s, r.Version, true
	next := zk.PartitionState{Leader: s.Leader, LeaderEpoch: s.LeaderEpoch + 1, ISR: without(s.ISR, g.gone), ControllerEpoch: c.epoch}
	var live []int32
	for _, b := range g.stay {
		if c.ctx.online(p, b, false) {
			live = append(live, b)
		}
	}
	if !slices.Contains(g.stay, next.Leader) || !c.ctx.online(p, next.Leader, false) {
		if next.Leader, ok = electReassigned(g.stay, next.ISR, live); !ok {
			g.refused = true
		}
	}
	if g.refused = g.refused || !subset(g.need, s.ISR); g.refused {
		nodes.Reachable(env, "controller: a replica is kept because none that stays is in sync")
		return true
	}
	g.asked = &next
	return t.ask(c, env, zk.Op{Verb: zk.Set, Key: zk.PartitionKey(g.tp), Value: next, Version: r.Version})
}
