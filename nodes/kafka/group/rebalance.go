package group

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// prepareRebalance begins a rebalance, unless one has begun: all members must join once more.
func (c *Coordinator) prepareRebalance(env nodes.Env, g *group, why string) {
	if g.state != empty && g.state != stable && g.state != completingRebalance {
		return
	}
	if g.state == completingRebalance {
		c.releaseSyncs(env, g, proto.RebalanceInProgress)
	}
	c.note(env, func() string { return fmt.Sprintf("%s: rebalances after generation %d: %s", g.id, g.generation, why) })
	g.stamp++
	g.unsynced = map[string]bool{}
	wait := g.rebalanceTimeout()
	g.initial, g.added, g.remaining = g.state == empty, false, 0
	if g.initial {
		first := max(c.cfg.InitialDelay, 0)
		wait, g.remaining = first, max(wait-first, 0)
	}
	g.become(env, preparingRebalance)
	c.after(env, wait, deadline{kind: joinEnds, group: g, stamp: g.stamp})
}

// joinIfAll ends the wait for members to join, if all have.
func (c *Coordinator) joinIfAll(env nodes.Env, g *group) {
	if !g.gone && g.state == preparingRebalance && !g.initial && g.joined() {
		c.completeJoin(env, g)
	}
}

// joinEnds ends the wait for members to join. The first rebalance waits on while members keep coming, for as long as one of them
// grants.
func (c *Coordinator) joinEnds(env nodes.Env, d deadline) {
	g := d.group
	if g.state != preparingRebalance || g.stamp != d.stamp {
		return
	}
	if g.initial && g.added && g.remaining > 0 {
		wait := min(max(c.cfg.InitialDelay, 0), g.remaining)
		g.added, g.remaining = false, g.remaining-wait
		c.after(env, wait, deadline{kind: joinEnds, group: g, stamp: g.stamp})
		return
	}
	c.completeJoin(env, g)
	c.weigh(g)
}

// completeJoin begins the next generation with those who have joined, and static members that have not: those may be starting
// again, and only the end of their session removes them.
func (c *Coordinator) completeJoin(env nodes.Env, g *group) {
	for _, m := range append([]*member(nil), g.order...) {
		if m.join == nil && !m.static {
			nodes.Sometimes(env, m.id == g.leader, markLeaderGone)
			nodes.Reachable(env, markFollowerGone)
			c.note(env, func() string { return fmt.Sprintf("%s: member %s did not join in time", g.id, m.id) })
			g.remove(m)
		}
	}
	if len(g.order) > 0 && !g.elect() {
		nodes.Reachable(env, markNobodyJoined)
		g.initial = false
		c.after(env, g.rebalanceTimeout(), deadline{kind: joinEnds, group: g, stamp: g.stamp})
		return
	}
	c.nextGeneration(env, g)
}

// elect makes sure that the leader is one who has joined. It returns false if nobody has.
func (g *group) elect() bool {
	if l := g.members[g.leader]; l != nil && l.join != nil {
		return true
	}
	for _, m := range g.order {
		if m.join != nil {
			g.leader = m.id
			return true
		}
	}
	return false
}

// nextGeneration tells those who have joined, and lets them wait for the leader's assignment.
func (c *Coordinator) nextGeneration(env nodes.Env, g *group) {
	was := g.generation
	g.generation++
	nodes.Always(env, g.generation > was, alwaysGeneration)
	g.initial = false
	g.protocol = g.elected()
	g.learnSubscriptions()
	if len(g.order) == 0 {
		g.become(env, empty)
		c.note(env, func() string { return fmt.Sprintf("%s: empty as of generation %d", g.id, g.generation) })
		c.store(env, g, &write{kind: emptyGroup})
		return
	}
	nodes.Always(env, g.members[g.leader] != nil, alwaysLeader)
	g.become(env, completingRebalance)
	c.note(env, func() string {
		return fmt.Sprintf("%s: generation %d of %d with %q, led by %s", g.id, g.generation, len(g.order), g.protocol, g.leader)
	})
	for _, m := range g.order {
		if m.join == nil {
			continue // a static member that is away: its session goes on
		}
		lost := m.fresh && c.cfg.Quirks.NewMemberNeverExpires
		m.fresh = false
		g.unsynced[m.id] = true
		c.answerJoin(m, g.generationFor(m, true))
		c.keep(env, g, m)
		if lost {
			m.until = 0
		}
	}
	if !c.cfg.Quirks.NoSyncTimeout {
		c.after(env, g.rebalanceTimeout(), deadline{kind: syncEnds, group: g, stamp: g.stamp})
	}
}

// syncEnds removes those who have not asked for their assignment within the rebalance time-out, and begins anew without
// them (KAFKA-12890).
func (c *Coordinator) syncEnds(env nodes.Env, d deadline) {
	g := d.group
	if g.stamp != d.stamp || g.state != completingRebalance && g.state != stable || len(g.unsynced) == 0 {
		return
	}
	nodes.Reachable(env, markSyncTimeout)
	for _, m := range append([]*member(nil), g.order...) {
		if g.unsynced[m.id] {
			c.note(env, func() string { return fmt.Sprintf("%s: member %s did not sync in time", g.id, m.id) })
			g.remove(m)
		}
	}
	c.prepareRebalance(env, g, "members did not sync")
	c.joinIfAll(env, g)
	c.weigh(g)
}
