package group

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// joinAnswer is what JoinGroup is answered.
type joinAnswer struct {
	code       proto.Code
	generation int32
	protocol   string
	leader     string
	member     string
	members    []kmsg.JoinGroupResponseMember // for the leader alone
}

func joinRefusal(member string, code proto.Code) joinAnswer {
	return joinAnswer{code: code, generation: -1, member: member}
}

// sendJoin answers a JoinGroup.
func (c *Coordinator) sendJoin(w waiter, a joinAnswer) {
	r := kmsg.NewPtrJoinGroupResponse()
	r.Version, r.ErrorCode, r.Generation, r.Protocol = w.version, int16(a.code), a.generation, &a.protocol
	r.LeaderID, r.MemberID, r.Members = a.leader, a.member, a.members
	c.answer(w.call, r)
}

// answerJoin answers a member's JoinGroup, if it waits for one.
func (c *Coordinator) answerJoin(m *member, a joinAnswer) {
	if m.join == nil {
		return
	}
	w := *m.join
	m.join = nil
	c.sendJoin(w, a)
}

// joining is a JoinGroup, in memory of its own.
type joining struct {
	waiter
	id           string
	instance     string
	static       bool
	peer         Peer
	session      time.Duration
	rebalance    time.Duration
	protocolType string
	protocols    []protocol
}

func newJoining(call uint64, from Peer, r *kmsg.JoinGroupRequest) *joining {
	j := &joining{waiter: waiter{call, r.Version}, id: strings.Clone(r.MemberID), static: r.InstanceID != nil, instance: strings.Clone(text(r.InstanceID)),
		peer:    Peer{strings.Clone(from.ClientID), strings.Clone(from.Host)},
		session: time.Duration(r.SessionTimeoutMillis) * time.Millisecond, rebalance: time.Duration(r.RebalanceTimeoutMillis) * time.Millisecond,
		protocolType: strings.Clone(r.ProtocolType)}
	if r.Version == 0 { // which knew only the one time-out
		j.rebalance = j.session
	}
	j.rebalance = max(j.rebalance, 0)
	for _, p := range r.Protocols {
		j.protocols = append(j.protocols, protocol{strings.Clone(p.Name), bytes.Clone(p.Metadata)})
	}
	return j
}

// size is how many bytes the member would take.
func (j *joining) size() int {
	n := len(j.id) + len(j.instance) + len(j.peer.ClientID) + len(j.peer.Host) + 400
	for _, p := range j.protocols {
		n += 40 + len(p.name) + len(p.metadata)
	}
	return n
}

// joinGroup is "upon receiving JoinGroup".
func (c *Coordinator) joinGroup(env nodes.Env, call uint64, from Peer, r *kmsg.JoinGroupRequest) {
	p, g, code := c.find(r.Group, false)
	w := waiter{call, r.Version}
	session := time.Duration(r.SessionTimeoutMillis) * time.Millisecond
	switch {
	case code != proto.None:
	case session < c.cfg.MinSession || session > c.cfg.MaxSession:
		code = proto.InvalidSessionTimeout
	case g == nil && r.MemberID != "":
		code = proto.UnknownMemberID
	}
	if code != proto.None {
		c.sendJoin(w, joinRefusal(r.MemberID, code))
		return
	}
	j := newJoining(call, from, r)
	if g == nil {
		g = newGroup(strings.Clone(r.Group), p)
	}
	switch {
	case !c.accepts(g, j):
		c.shed(g, j)
	case c.full(j.size()) && g.has(j.id) == nil:
		c.sendJoin(w, joinRefusal(j.id, proto.CoordinatorNotAvailable))
	case g.state == dead:
		c.sendJoin(w, joinRefusal(j.id, proto.CoordinatorNotAvailable))
	case !g.supports(j.protocolType, j.protocols):
		c.sendJoin(w, joinRefusal(j.id, proto.InconsistentGroupProtocol))
	default:
		if p.groups[g.id] == nil {
			c.enter(g)
		}
		if j.id == "" {
			c.joinUnknown(env, g, j)
		} else {
			c.joinKnown(env, g, j)
		}
	}
	c.joinIfAll(env, g)
	c.weigh(g)
}

// accepts tells whether there is room for one more, by group.max.size. While a group prepares a rebalance those count who have
// joined: the last ones to join are those who must go.
func (c *Coordinator) accepts(g *group, j *joining) bool {
	if c.cfg.MaxSize == 0 {
		return true
	}
	m := g.has(j.id)
	switch g.state {
	case preparingRebalance:
		return m != nil && m.join != nil || g.waiting() < c.cfg.MaxSize
	case completingRebalance, stable:
		_, known := g.statics[j.instance]
		return m != nil || j.static && known || len(g.members) < c.cfg.MaxSize
	}
	return true
}

// shed turns away whom the group has no room for, be it a member.
func (c *Coordinator) shed(g *group, j *joining) {
	if m := g.has(j.id); m != nil {
		g.remove(m)
	}
	delete(g.pending, j.id)
	c.sendJoin(j.waiter, joinRefusal("", proto.GroupMaxSizeReached))
}

// joinUnknown lets somebody in who has no member id: a newcomer, or a static member that has started again.
func (c *Coordinator) joinUnknown(env nodes.Env, g *group, j *joining) {
	prefix := j.peer.ClientID
	if j.static {
		prefix = j.instance
	}
	id := newID(env, prefix)
	old, known := g.statics[j.instance]
	switch {
	case j.static && known:
		c.replaceStatic(env, g, g.has(old), id, j)
	case j.version >= 4 && !j.static: // whoever does not come back with it takes no place (KIP-394)
		g.pending[id] = env.Monotonic() + j.session
		c.after(env, j.session, deadline{kind: pendingEnds, group: g, id: id})
		c.sendJoin(j.waiter, joinRefusal(id, proto.MemberIDRequired))
	default:
		j.id = id
		c.addMember(env, g, j)
	}
}

// joinKnown lets a member join that says who it is.
func (c *Coordinator) joinKnown(env nodes.Env, g *group, j *joining) {
	if _, ok := g.pending[j.id]; ok && !j.static {
		delete(g.pending, j.id)
		c.addMember(env, g, j)
		return
	}
	m := g.has(j.id)
	_, known := g.statics[j.instance]
	switch {
	case j.static && g.fenced(j.id, &j.instance):
		nodes.Reachable(env, markFencedInstance)
		c.sendJoin(j.waiter, joinRefusal(j.id, proto.FencedInstanceID))
	case m == nil || j.static && !known || g.state == empty:
		c.sendJoin(j.waiter, joinRefusal(j.id, proto.UnknownMemberID))
	case g.state == preparingRebalance,
		g.state == completingRebalance && !m.matches(j.protocols),
		g.state == stable && (g.leader == m.id || !m.matches(j.protocols)):
		c.joinAgain(env, g, m, j)
	default: // it has not heard the answer: nothing has changed
		c.keep(env, g, m)
		c.sendJoin(j.waiter, g.generationFor(m, g.state == completingRebalance))
	}
}

// generationFor is the present generation, as a member is told. The leader is told who is in it if it has to assign the partitions.
func (g *group) generationFor(m *member, assigns bool) joinAnswer {
	a := joinAnswer{generation: g.generation, protocol: g.protocol, leader: g.leader, member: m.id}
	if !assigns || g.leader != m.id {
		return a
	}
	for _, x := range g.order {
		v := kmsg.NewJoinGroupResponseMember()
		v.MemberID, v.ProtocolMetadata = x.id, x.metadata(g.protocol)
		if x.static {
			v.InstanceID = &x.instance
		}
		a.members = append(a.members, v)
	}
	return a
}

// addMember takes somebody into the group, who waits for the next generation.
func (c *Coordinator) addMember(env nodes.Env, g *group, j *joining) {
	m := &member{id: j.id, instance: j.instance, static: j.static, peer: j.peer, session: j.session, rebalance: j.rebalance, protocols: j.protocols,
		fresh: true}
	nodes.Sometimes(env, g.state == preparingRebalance && g.initial, markInitialDelay)
	g.added = g.added || g.state == preparingRebalance && g.initial
	g.add(m, j.protocolType)
	c.await(env, g, m, j)
	c.prepareRebalance(env, g, "a new member")
}

// await lets a member wait for the next generation. That is a sign of life for as long as it takes; but not of one who does not know its id yet:
// if it has gone, and asks again as somebody else, the group would fill with its shadows.
func (c *Coordinator) await(env nodes.Env, g *group, m *member, j *joining) {
	m.join, m.until, m.heard = &j.waiter, 0, env.Monotonic()
	if m.fresh {
		m.until = env.Monotonic() + c.cfg.NewMemberTimeout
		c.queue(g, m)
	}
}

// joinAgain lets a member wait for the next generation.
func (c *Coordinator) joinAgain(env nodes.Env, g *group, m *member, j *joining) {
	m.protocols, m.session, m.rebalance, m.peer = j.protocols, j.session, j.rebalance, j.peer
	c.answerJoin(m, joinRefusal(m.id, proto.CoordinatorNotAvailable)) // the request that this one repeats
	c.await(env, g, m, j)
	c.prepareRebalance(env, g, "a member joins again")
}

// pendingEnds forgets an id that nobody has joined with.
func (c *Coordinator) pendingEnds(env nodes.Env, d deadline) {
	until, ok := d.group.pending[d.id]
	if !ok || until > env.Monotonic() {
		return
	}
	nodes.Reachable(env, markPendingExpired)
	c.dropPending(env, d.group, d.id)
}

func (c *Coordinator) dropPending(env nodes.Env, g *group, id string) {
	delete(g.pending, id)
	c.joinIfAll(env, g)
	c.weigh(g)
}

// removeMember takes somebody out of the group, who may wait.
func (c *Coordinator) removeMember(env nodes.Env, g *group, m *member, why string) {
	c.note(env, func() string { return fmt.Sprintf("%s: member %s %s", g.id, m.id, why) })
	c.answerJoin(m, joinRefusal("", proto.UnknownMemberID))
	c.answerSync(m, g, nil, proto.UnknownMemberID)
	g.remove(m)
	switch g.state {
	case stable, completingRebalance:
		c.prepareRebalance(env, g, "a member less")
		c.joinIfAll(env, g)
	case preparingRebalance:
		c.joinIfAll(env, g)
	}
	c.weigh(g)
}
