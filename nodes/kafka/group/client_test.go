package group_test

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// consumer is a member as a client library is one.
type consumer struct {
	w          *world
	group      string
	id         string
	instance   *string
	generation int32
	version    int16 // of JoinGroup
	protocols  []string
	topics     []string
	session    time.Duration
	rebalance  time.Duration
}

func (w *world) consumer(group string) *consumer {
	return &consumer{w: w, group: group, generation: -1, version: 6, protocols: []string{"range"}, topics: []string{"t"},
		session: 10 * time.Second, rebalance: 60 * time.Second}
}

// static is a consumer with an instance id.
func (w *world) static(group, instance string) *consumer {
	c := w.consumer(group)
	c.instance = &instance
	return c
}

// join sends JoinGroup, again if it is told its id.
func (c *consumer) join() uint64 {
	call := c.w.ask(c.joinRequest())
	if r, ok := c.w.answers[call].(*kmsg.JoinGroupResponse); ok && r.ErrorCode == int16(proto.MemberIDRequired) {
		c.id = r.MemberID
		call = c.w.ask(c.joinRequest())
	}
	return call
}

func (c *consumer) joinRequest() *kmsg.JoinGroupRequest {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Version, r.Group, r.MemberID, r.InstanceID, r.ProtocolType = c.version, c.group, c.id, c.instance, "consumer"
	r.SessionTimeoutMillis, r.RebalanceTimeoutMillis = int32(c.session.Milliseconds()), int32(c.rebalance.Milliseconds())
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Topics = c.topics
	for _, name := range c.protocols {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = name, meta.AppendTo(nil)
		r.Protocols = append(r.Protocols, p)
	}
	return r
}

// joined takes the answer to a JoinGroup, if there is one.
func (c *consumer) joined(call uint64) (*kmsg.JoinGroupResponse, bool) {
	r, ok := c.w.answers[call].(*kmsg.JoinGroupResponse)
	if ok && r.ErrorCode == 0 {
		c.id, c.generation = r.MemberID, r.Generation
	}
	return r, ok
}

// sync sends SyncGroup, with an assignment for whom it names.
func (c *consumer) sync(assign map[string]string) uint64 {
	r := kmsg.NewPtrSyncGroupRequest()
	r.Version, r.Group, r.MemberID, r.InstanceID, r.Generation = 4, c.group, c.id, c.instance, c.generation
	for id, what := range assign {
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = id, []byte(what)
		r.GroupAssignment = append(r.GroupAssignment, a)
	}
	return c.w.ask(r)
}

// synced is the answer to a SyncGroup.
func (c *consumer) synced(call uint64) (assignment string, code proto.Code, ok bool) {
	r, ok := c.w.answers[call].(*kmsg.SyncGroupResponse)
	if !ok {
		return "", 0, false
	}
	return string(r.MemberAssignment), proto.Code(r.ErrorCode), true
}

func (c *consumer) heartbeat() proto.Code {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Version, r.Group, r.MemberID, r.InstanceID, r.Generation = 4, c.group, c.id, c.instance, c.generation
	return proto.Code(c.w.answers[c.w.ask(r)].(*kmsg.HeartbeatResponse).ErrorCode)
}

func (c *consumer) leave() proto.Code {
	r := kmsg.NewPtrLeaveGroupRequest()
	r.Version, r.Group = 3, c.group
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID, m.InstanceID = c.id, c.instance
	r.Members = append(r.Members, m)
	resp := c.w.answers[c.w.ask(r)].(*kmsg.LeaveGroupResponse)
	if resp.ErrorCode != 0 {
		return proto.Code(resp.ErrorCode)
	}
	return proto.Code(resp.Members[0].ErrorCode)
}

// commit sends OffsetCommit for a partition of topic t.
func (c *consumer) commit(partition int32, offset int64) uint64 {
	return c.w.ask(commitRequest(c.group, c.id, c.instance, c.generation, partition, offset))
}

func commitRequest(group, member string, instance *string, generation, partition int32, offset int64) *kmsg.OffsetCommitRequest {
	r := kmsg.NewPtrOffsetCommitRequest()
	r.Version, r.Group, r.MemberID, r.InstanceID, r.Generation = 8, group, member, instance, generation
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = "t"
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return r
}

// committedCode is the answer to an OffsetCommit of one partition.
func (w *world) committedCode(call uint64) (proto.Code, bool) {
	switch r := w.answers[call].(type) {
	case *kmsg.OffsetCommitResponse:
		return proto.Code(r.Topics[0].Partitions[0].ErrorCode), true
	case *kmsg.TxnOffsetCommitResponse:
		return proto.Code(r.Topics[0].Partitions[0].ErrorCode), true
	}
	return 0, false
}

// stage sends TxnOffsetCommit for a partition of topic t.
func (c *consumer) stage(producer int64, partition int32, offset int64) uint64 {
	r := kmsg.NewPtrTxnOffsetCommitRequest()
	r.Version, r.TransactionalID, r.Group, r.ProducerID, r.ProducerEpoch = 3, "tx", c.group, producer, 0
	r.MemberID, r.Generation, r.InstanceID = c.id, c.generation, c.instance
	t := kmsg.NewTxnOffsetCommitRequestTopic()
	t.Topic = "t"
	p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return c.w.ask(r)
}

// fetch asks how far the group has read a partition of topic t.
func (w *world) fetch(group string, partition int32, stable bool) (int64, proto.Code) {
	r := kmsg.NewPtrOffsetFetchRequest()
	r.Version, r.Group, r.RequireStable = 7, group, stable
	t := kmsg.NewOffsetFetchRequestTopic()
	t.Topic, t.Partitions = "t", []int32{partition}
	r.Topics = append(r.Topics, t)
	resp := w.answers[w.ask(r)].(*kmsg.OffsetFetchResponse)
	if resp.ErrorCode != 0 {
		return -1, proto.Code(resp.ErrorCode)
	}
	p := resp.Topics[0].Partitions[0]
	return p.Offset, proto.Code(p.ErrorCode)
}

// form lets consumers make a stable group, the first of them leading.
func (w *world) form(cs ...*consumer) {
	calls := make([]uint64, len(cs))
	for i, c := range cs {
		calls[i] = c.join()
	}
	w.pass(c3s)
	w.finish(cs, calls)
}

// c3s is longer than the first rebalance waits.
const c3s = 10 * time.Second

// finish takes the answers to JoinGroup, and lets all sync: the i-th consumer is given "p<i>".
func (w *world) finish(cs []*consumer, calls []uint64) {
	assign, leader := map[string]string{}, (*consumer)(nil)
	for i, c := range cs {
		r, _ := c.joined(calls[i])
		assign[c.id] = "p" + string(rune('0'+i))
		if r.LeaderID == c.id {
			leader = c
		}
	}
	for _, c := range cs {
		if c != leader {
			c.sync(nil)
		}
	}
	leader.sync(assign)
}
