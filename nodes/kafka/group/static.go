package group

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// replaceStatic lets a static member return with a new id, in the place of the process that had its instance id before,
// which is fenced from now on (KIP-345).
func (c *Coordinator) replaceStatic(env nodes.Env, g *group, m *member, id string, j *joining) {
	nodes.Reachable(env, markDisplaced)
	old := m.id
	c.note(env, func() string {
		return fmt.Sprintf("%s: %s returns as %s in the place of %s", g.id, j.instance, id, old)
	})
	c.answerJoin(m, joinRefusal(old, proto.FencedInstanceID))
	c.answerSync(m, g, nil, proto.FencedInstanceID)
	was := *m
	leader := g.leader
	g.rename(m, id)
	m.protocols, m.session, m.rebalance, m.peer, m.fresh = j.protocols, j.session, j.rebalance, j.peer, true
	c.keep(env, g, m)
	switch g.state {
	case preparingRebalance:
		c.await(env, g, m, j)
	case stable:
		if g.elected() != g.protocol {
			c.await(env, g, m, j)
			c.prepareRebalance(env, g, "a static member's protocols change the vote")
			return
		}
		// It may not lead: it would assign what a stable group does not hand out. So it is told the leader's id of before.
		c.store(env, g, &write{kind: staticMember, assignment: g.assignments(), static: &replacement{m: m, id: id, was: was, waiter: j.waiter, leader: leader}})
	case completingRebalance:
		if c.cfg.Quirks.StaticJoinNoRebalance {
			c.sendJoin(j.waiter, joinAnswer{generation: g.generation, protocol: g.protocol, leader: leader, member: id})
			return
		}
		// The leader may have been told the old id: its assignment would have nothing for the new one (KAFKA-9801).
		c.await(env, g, m, j)
		c.prepareRebalance(env, g, "a static member returns while partitions are assigned")
	}
}

// replacement is a static member that has returned, while its new id is being stored.
type replacement struct {
	m      *member
	id     string // the new one
	was    member // before
	waiter waiter
	leader string // member id, as it was
	told   bool   // the waiter has its answer
}

// rename gives a static member another member id.
func (g *group) rename(m *member, id string) {
	delete(g.members, m.id)
	if g.unsynced[m.id] {
		delete(g.unsynced, m.id)
		g.unsynced[id] = true
	}
	if g.leader == m.id {
		g.leader = id
	}
	m.id = id
	g.members[id] = m
	g.statics[m.instance] = id
}

// assignments is what each member has been given.
func (g *group) assignments() map[string][]byte {
	out := map[string][]byte{}
	for _, m := range g.order {
		out[m.id] = m.assignment
	}
	return out
}

// staticLate tells the member that has returned to try again: whether its new id is stored is not known yet.
func (c *Coordinator) staticLate(r *replacement) {
	if !r.told {
		r.told = true
		c.sendJoin(r.waiter, joinRefusal("", proto.CoordinatorNotAvailable))
	}
}

// staticStored tells the member that has returned that it is in, or undoes that.
func (c *Coordinator) staticStored(g *group, r *replacement, generation int32, code proto.Code) {
	a := joinAnswer{generation: g.generation, protocol: g.protocol, leader: r.leader, member: r.id}
	switch current := !r.m.gone && r.m.id == r.id; {
	case !current:
		a = joinRefusal("", proto.FencedInstanceID)
	case code != proto.None:
		a = joinRefusal("", code)
		g.rename(r.m, r.was.id)
		r.m.protocols, r.m.session, r.m.rebalance, r.m.peer = r.was.protocols, r.was.session, r.was.rebalance, r.was.peer
	case g.generation != generation || g.state != stable:
		a = joinRefusal("", proto.UnknownMemberID)
	}
	if !r.told {
		c.sendJoin(r.waiter, a)
	}
}
