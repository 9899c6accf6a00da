package group

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// check holds somebody who says to be a member of a generation against what is known. g may be nil.
func (g *group) check(id string, instance *string, generation int32) proto.Code {
	switch {
	case g == nil || g.state == empty:
		return proto.UnknownMemberID
	case g.state == dead:
		return proto.CoordinatorNotAvailable
	case g.fenced(id, instance):
		return proto.FencedInstanceID
	case g.has(id) == nil || instance != nil && g.statics[*instance] == "":
		return proto.UnknownMemberID
	case generation != g.generation:
		return proto.IllegalGeneration
	}
	return proto.None
}

// heartbeat is "upon receiving Heartbeat".
func (c *Coordinator) heartbeat(env nodes.Env, call uint64, r *kmsg.HeartbeatRequest) {
	_, g, code := c.find(r.Group, false)
	switch code {
	case proto.None:
		code = g.check(r.MemberID, r.InstanceID, r.Generation)
		if code == proto.None {
			c.keep(env, g, g.has(r.MemberID))
			if g.state == preparingRebalance {
				code = proto.RebalanceInProgress
			}
		}
	case proto.CoordinatorLoadInProgress: // who it is cannot be said yet, and its session has not begun
		code = proto.None
	}
	resp := kmsg.NewPtrHeartbeatResponse()
	resp.Version, resp.ErrorCode = r.Version, int16(code)
	c.answer(call, resp)
}

// keep takes a sign of life from a member, unless it waits, which is one by itself.
func (c *Coordinator) keep(env nodes.Env, g *group, m *member) {
	m.heard = env.Monotonic()
	if m.join != nil || m.sync != nil {
		return
	}
	m.until = env.Monotonic() + m.session
	c.queue(g, m)
}

// queue makes sure that somebody looks at the member when its session ends, which may be in the past already: a broker that was paused finds
// that a session has ended that was prolonged before the pause. The deadline's instant is how sessionEnds knows it again.
func (c *Coordinator) queue(g *group, m *member) {
	if m.queued != 0 && m.queued <= m.until {
		return
	}
	m.queued = m.until
	c.due.push(deadline{at: m.until, kind: sessionEnds, group: g, member: m})
}

// sessionEnds removes a member that has given no sign of life.
func (c *Coordinator) sessionEnds(env nodes.Env, d deadline) {
	m := d.member
	if m.gone || d.at != m.queued {
		return
	}
	m.queued = 0
	switch {
	case m.until == 0:
	case m.until > d.at:
		c.queue(d.group, m)
	default:
		nodes.Reachable(env, markMemberExpired)
		c.removeMember(env, d.group, m, "has given no sign of life")
	}
}

// leaveGroup is "upon receiving LeaveGroup".
func (c *Coordinator) leaveGroup(env nodes.Env, call uint64, r *kmsg.LeaveGroupRequest) {
	resp := kmsg.NewPtrLeaveGroupResponse()
	resp.Version = r.Version
	_, g, code := c.find(r.Group, false)
	if code == proto.None && g != nil && g.state == dead {
		code = proto.CoordinatorNotAvailable
	}
	resp.ErrorCode = int16(code)
	leaving := r.Members
	if r.Version < 3 {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID = r.MemberID
		leaving = []kmsg.LeaveGroupRequestMember{m}
	}
	if code == proto.None {
		for _, l := range leaving {
			m := kmsg.NewLeaveGroupResponseMember()
			m.MemberID, m.InstanceID, m.ErrorCode = l.MemberID, l.InstanceID, int16(c.leave(env, g, l.MemberID, l.InstanceID))
			resp.Members = append(resp.Members, m)
		}
		if r.Version < 3 {
			resp.ErrorCode, resp.Members = resp.Members[0].ErrorCode, nil
		}
	}
	c.answer(call, resp)
}

// leave lets one member go, who is named by its id, or by its instance where an administrator sends it away.
func (c *Coordinator) leave(env nodes.Env, g *group, id string, instance *string) proto.Code {
	if g == nil {
		return proto.UnknownMemberID
	}
	if id != "" && g.fenced(id, instance) {
		return proto.FencedInstanceID
	}
	if _, ok := g.pending[id]; ok {
		c.dropPending(env, g, id)
		return proto.None
	}
	m := g.has(id)
	if instance != nil {
		m = g.has(g.statics[*instance])
	}
	if m == nil {
		return proto.UnknownMemberID
	}
	c.removeMember(env, g, m, fmt.Sprintf("leaves generation %d", g.generation))
	return proto.None
}
