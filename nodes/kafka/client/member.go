package client

import (
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// member is a consumer's part in its group. Its heart beats in a task of its own.
type member struct {
	id         string
	generation int32 // -1: not a member
	protocol   Assignor
	rejoin     bool // a rebalance is due
	lost       bool // the group has gone on without it
	claim      []TopicPartition
	claimed    int32         // the generation that claim is from
	held       GroupMetadata // as what the member got what it reads, or read last; the group may have gone on since
	polled     time.Duration
	beating    bool
	joining    bool          // the heart stands still
	watched    Counts        // what the plan was made of that this member, as the leader, has made; nil if it did not
	looked     time.Duration // when the topics were last looked at for that
}

// Subscribe reads the partitions of these topics that the group gives to this member.
func (c *Consumer) Subscribe(topics ...string) error {
	if c.config.Group == "" || c.member == nil && len(c.parts) > 0 {
		return ErrState
	}
	c.topics = slices.Clone(topics)
	slices.Sort(c.topics)
	c.topics = slices.Compact(c.topics)
	if c.member == nil {
		c.member = &member{generation: -1, claimed: -1, held: GroupMetadata{Generation: -1}}
	}
	c.member.rejoin = true
	return nil
}

// GroupMetadata is what a transaction needs to know of the member: in which generation, and under which id, it was given what it has read. That
// stays what it is when the member leaves, which its heart may do behind the application's back: what is committed then must be
// fenced, and of somebody who names no generation nobody can tell that he was a member (KIP-447).
func (c *Consumer) GroupMetadata() GroupMetadata {
	if c.member != nil && c.member.held.Generation >= 0 {
		return c.member.held
	}
	return GroupMetadata{Group: c.config.Group, Generation: -1, Instance: c.config.Instance}
}

// cooperative tells that partitions are kept while the group rebalances.
func (c *Consumer) cooperative() bool { return c.config.Assignors[0] == CooperativeAssignor }

// gather takes part in the group: it commits when that is due, and joins when the group rebalances.
func (c *Consumer) gather(t *task.T) error {
	c.autoCommit(t, false)
	m := c.member
	if m == nil {
		return nil
	}
	m.polled = t.Monotonic()
	c.beat(t)
	c.watch(t)
	for m.lost || m.rejoin {
		if m.lost {
			c.dropAll(t)
		}
		m.joining = true
		err := c.join(t)
		m.joining = false
		if err != nil {
			return err
		}
		m.polled = t.Monotonic()
	}
	return nil
}

// watch asks, as the leader of the group, whether the topics still have the partitions that were divided; if not, they
// are divided anew.
func (c *Consumer) watch(t *task.T) {
	m := c.member
	if m.watched == nil || m.rejoin || m.lost {
		return
	}
	topics := slices.Sorted(maps.Keys(m.watched))
	every := c.cluster.config.MetadataMaxAge
	if slices.ContainsFunc(topics, func(name string) bool { return m.watched[name] == 0 }) {
		every = c.cluster.config.RetryBackoff // it may have been made meanwhile
	}
	if t.Monotonic() < m.looked+every {
		return
	}
	m.looked = t.Monotonic()
	if c.cluster.Refresh(t, topics...) == nil {
		m.rejoin = m.rejoin || !maps.Equal(m.watched, c.cluster.counts(topics))
	}
}

// dropAll gives up what others own already.
func (c *Consumer) dropAll(t *task.T) {
	m := c.member
	m.lost, m.rejoin, m.generation = false, true, -1
	if !c.cluster.config.Quirks.KeepOwnedOnLoss {
		m.claim, m.claimed = nil, -1
	}
	parts := c.Assignment()
	note(t, "has lost %v: the group %s has gone on without it", parts, c.config.Group)
	nodes.Reachable(t.Env(), "kafka/client: a group goes on without a member that lives")
	c.assign(nil)
	if len(parts) > 0 && c.config.Lost != nil {
		c.config.Lost(t, parts)
	}
}

// join makes one rebalance, and leaves rejoin set if there must be another.
func (c *Consumer) join(t *task.T) error {
	m := c.member
	if !c.cooperative() && len(c.parts) > 0 {
		c.revoke(t, c.Assignment())
	}
	resp, err := c.joinGroup(t)
	if err != nil {
		return c.rebuffed(t, err)
	}
	m.generation, m.id, m.rejoin = resp.Generation, resp.MemberID, false
	if resp.Protocol != nil {
		m.protocol = Assignor(*resp.Protocol)
	}
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Group, sync.Generation, sync.MemberID, sync.InstanceID = c.config.Group, m.generation, m.id, c.instance()
	m.watched = nil
	if resp.LeaderID == resp.MemberID {
		if sync.GroupAssignment, err = c.plan(t, resp); err != nil {
			m.rejoin = true
			return c.rebuffed(t, err)
		}
	}
	got, err := c.cluster.coordinatedOn(t, c.grouping, ofGroup, c.config.Group, sync, func(r kmsg.Response) int16 {
		return r.(*kmsg.SyncGroupResponse).ErrorCode
	})
	if err != nil {
		m.rejoin = true
		return c.rebuffed(t, err)
	}
	c.settle(t, decodeAssignment(got.(*kmsg.SyncGroupResponse).MemberAssignment))
	return nil
}

// joinGroup asks to be let in, a second time with the id that it is given the first time (KIP-394).
func (c *Consumer) joinGroup(t *task.T) (*kmsg.JoinGroupResponse, error) {
	m := c.member
	for {
		r := kmsg.NewPtrJoinGroupRequest()
		r.Group, r.MemberID, r.InstanceID, r.ProtocolType = c.config.Group, m.id, c.instance(), "consumer"
		r.SessionTimeoutMillis, r.RebalanceTimeoutMillis = millis(c.config.SessionTimeout), millis(c.config.PollInterval)
		for _, a := range c.config.Assignors {
			p := kmsg.NewJoinGroupRequestProtocol()
			p.Name, p.Metadata = string(a), c.metadata(a)
			r.Protocols = append(r.Protocols, p)
		}
		resp, err := c.cluster.coordinatedOn(t, c.grouping, ofGroup, c.config.Group, r, func(r kmsg.Response) int16 {
			return r.(*kmsg.JoinGroupResponse).ErrorCode
		})
		if CodeOf(err) == proto.MemberIDRequired {
			m.id = resp.(*kmsg.JoinGroupResponse).MemberID
			continue
		}
		if err != nil {
			return nil, err
		}
		return resp.(*kmsg.JoinGroupResponse), nil
	}
}

func (c *Consumer) instance() *string {
	if c.config.Instance == "" {
		return nil
	}
	return kmsg.StringPtr(c.config.Instance)
}

// rebuffed deals with a refusal in a rebalance: it returns an error only if there is no use in trying again.
func (c *Consumer) rebuffed(t *task.T, err error) error {
	m := c.member
	m.rejoin = true
	switch code := CodeOf(err); {
	case code == proto.UnknownMemberID:
		m.id, m.lost = "", true
	case code == proto.IllegalGeneration:
		m.lost = true
	case code == proto.FencedInstanceID:
		c.fatal = ErrFenced
		return ErrFenced
	case code == proto.RebalanceInProgress:
	case again(err):
		t.Sleep(c.cluster.config.RetryBackoff)
	default:
		return err
	}
	if c.closed || c.cluster.closed {
		return ErrClosed
	}
	return nil
}

// revoke gives partitions up in an orderly way.
func (c *Consumer) revoke(t *task.T, parts []TopicPartition) {
	c.autoCommit(t, true)
	if c.config.Revoked != nil {
		c.config.Revoked(t, parts)
	}
	c.assign(slices.DeleteFunc(c.Assignment(), func(p TopicPartition) bool { return slices.Contains(parts, p) }))
}

// settle takes over what the leader of the group has decided.
func (c *Consumer) settle(t *task.T, parts []TopicPartition) {
	m := c.member
	var gone, fresh []TopicPartition
	for _, p := range c.Assignment() {
		if !slices.Contains(parts, p) {
			gone = append(gone, p)
		}
	}
	for _, p := range parts {
		if c.reading(p) == nil {
			fresh = append(fresh, p)
		}
	}
	if len(gone) > 0 {
		c.revoke(t, gone)
		m.rejoin = true // now others can have them
	}
	c.assign(parts)
	m.claim, m.claimed = c.Assignment(), m.generation
	m.held = GroupMetadata{Group: c.config.Group, Generation: m.generation, Member: m.id, Instance: c.config.Instance}
	note(t, "reads %v in generation %d of %s", parts, m.generation, c.config.Group)
	if c.config.Assigned != nil {
		c.config.Assigned(t, fresh)
	}
}

// beat starts the member's heart.
func (c *Consumer) beat(t *task.T) {
	if c.member.beating {
		return
	}
	c.member.beating = true
	spawn(t, "heartbeat", func(t *task.T) {
		for !c.closed && !c.cluster.closed && c.fatal == nil {
			t.Sleep(c.config.Heartbeat)
			if m := c.member; !c.closed && m.generation >= 0 && !m.joining && !m.lost {
				c.heartbeat(t, m)
			}
		}
		c.member.beating = false
	})
}

// heartbeat tells the group that the member lives; or leaves it, if the application does not poll any more (KIP-62).
func (c *Consumer) heartbeat(t *task.T, m *member) {
	if t.Monotonic()-m.polled > c.config.PollInterval {
		c.leave(t)
		m.lost = true
		return
	}
	generation := m.generation
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.Generation, r.MemberID, r.InstanceID = c.config.Group, generation, m.id, c.instance()
	_, err := c.cluster.coordinatedOn(t, c.grouping, ofGroup, c.config.Group, r, func(r kmsg.Response) int16 {
		return r.(*kmsg.HeartbeatResponse).ErrorCode
	})
	if err == nil || m.generation != generation {
		return
	}
	switch CodeOf(err) {
	case proto.RebalanceInProgress:
		m.rejoin = true
	case proto.UnknownMemberID:
		m.id, m.lost = "", true
	case proto.IllegalGeneration:
		m.lost = true
	case proto.FencedInstanceID:
		c.fatal = ErrFenced
	}
	c.wake.Raise(t)
}

// leave tells the group to go on without the member; a static one does not say so.
func (c *Consumer) leave(t *task.T) {
	m := c.member
	if m.id == "" || c.config.Instance != "" {
		return
	}
	r := kmsg.NewPtrLeaveGroupRequest()
	r.Group, r.MemberID = c.config.Group, m.id
	rm := kmsg.NewLeaveGroupRequestMember()
	rm.MemberID = m.id
	r.Members = append(r.Members, rm)
	m.id, m.generation = "", -1
	_, _ = c.cluster.coordinatedOn(t, c.grouping, ofGroup, c.config.Group, r, func(r kmsg.Response) int16 {
		return r.(*kmsg.LeaveGroupResponse).ErrorCode
	}) // if nobody hears it, the session ends by itself
}
