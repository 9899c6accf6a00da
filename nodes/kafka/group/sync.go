package group

import (
	"bytes"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// sendSync answers a SyncGroup.
func (c *Coordinator) sendSync(w waiter, assignment []byte, code proto.Code) {
	r := kmsg.NewPtrSyncGroupResponse()
	r.Version, r.ErrorCode, r.MemberAssignment = w.version, int16(code), assignment
	c.answer(w.call, r)
}

// answerSync answers a member's SyncGroup, if it waits for one.
func (c *Coordinator) answerSync(m *member, g *group, assignment []byte, code proto.Code) {
	if m.sync == nil {
		return
	}
	w := *m.sync
	m.sync = nil
	c.sendSync(w, assignment, code)
}

// syncGroup is "upon receiving SyncGroup".
func (c *Coordinator) syncGroup(env nodes.Env, call uint64, r *kmsg.SyncGroupRequest) {
	_, g, code := c.find(r.Group, false)
	w := waiter{call, r.Version}
	if code == proto.CoordinatorLoadInProgress {
		// The rebalance that it belongs to is forgotten. Older clients do not know the code, but all know to join again.
		code = proto.RebalanceInProgress
	}
	if code == proto.None {
		code = g.check(r.MemberID, r.InstanceID, r.Generation)
	}
	if code == proto.None && g.state == preparingRebalance {
		code = proto.RebalanceInProgress
	}
	if code != proto.None {
		c.sendSync(w, nil, code)
		return
	}
	m := g.has(r.MemberID)
	delete(g.unsynced, m.id)
	if g.state == stable {
		c.keep(env, g, m)
		c.sendSync(w, m.assignment, proto.None)
		return
	}
	c.answerSync(m, g, nil, proto.RebalanceInProgress) // the request that this one repeats
	m.sync = &w
	m.until, m.heard = 0, env.Monotonic()
	if g.leader == m.id && g.storing != g.generation { // once: the assignment of a generation does not change
		c.assign(env, g, r.GroupAssignment)
	}
}

// assign stores what the leader has decided. Members that it has left out get nothing.
func (c *Coordinator) assign(env nodes.Env, g *group, decided []kmsg.SyncGroupRequestGroupAssignment) {
	assignment := map[string][]byte{}
	for _, m := range g.order {
		assignment[m.id] = []byte{}
	}
	for _, a := range decided {
		if _, ok := assignment[a.MemberID]; ok {
			assignment[a.MemberID] = bytes.Clone(a.MemberAssignment)
		}
	}
	g.storing = g.generation
	c.store(env, g, &write{kind: assigned, assignment: assignment})
}

// assignmentStored hands the assignment out, now that no coordinator to come can know of another; unless the group has gone on.
func (c *Coordinator) assignmentStored(env nodes.Env, g *group, w *write, code proto.Code) {
	if g.state != completingRebalance || g.generation != w.generation {
		nodes.Reachable(env, markLateWrite)
		return
	}
	if code != proto.None {
		c.releaseSyncs(env, g, code)
		c.prepareRebalance(env, g, "the assignment could not be stored")
		return
	}
	c.note(env, func() string { return fmt.Sprintf("%s: generation %d is stable", g.id, g.generation) })
	for _, m := range g.order {
		m.assignment = w.assignment[m.id]
		if m.sync != nil {
			c.answerSync(m, g, m.assignment, proto.None)
			c.keep(env, g, m)
		}
	}
	g.become(env, stable)
	c.weigh(g)
}

// releaseSyncs tells those who wait for an assignment that there will be none in this generation.
func (c *Coordinator) releaseSyncs(env nodes.Env, g *group, code proto.Code) {
	for _, m := range g.order {
		m.assignment = nil
		if m.sync != nil {
			c.answerSync(m, g, nil, code)
			c.keep(env, g, m)
		}
	}
}
