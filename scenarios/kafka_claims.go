package scenarios

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// kafkaClaim is what a member had in the last generation of which it knows what it reads.
type kafkaClaim struct {
	generation int32
	topics     []kmsg.ConsumerMemberAssignmentTopic
}

// put writes a claim into a request to join, as the assignors that keep what a member has want it: with the generation that it is from (KIP-341, KIP-792).
func (c *kafkaClaim) put(join *kmsg.JoinGroupRequest) {
	if c == nil {
		return
	}
	for i := range join.Protocols {
		p := &join.Protocols[i]
		meta := kmsg.NewConsumerMemberMetadata()
		if meta.ReadFrom(p.Metadata) != nil {
			continue
		}
		meta.Version, meta.Generation = 2, c.generation
		sticky := kmsg.NewStickyMemberMetadata()
		sticky.Generation = c.generation
		for _, t := range c.topics {
			meta.OwnedPartitions = append(meta.OwnedPartitions, kmsg.ConsumerMemberMetadataOwnedPartition{Topic: t.Topic, Partitions: t.Partitions})
			sticky.CurrentAssignment = append(sticky.CurrentAssignment, kmsg.StickyMemberMetadataCurrentAssignment{Topic: t.Topic, Partitions: t.Partitions})
		}
		if p.Name == string(client.StickyAssignor) {
			meta.OwnedPartitions, meta.UserData = nil, sticky.AppendTo(nil)
		}
		p.Metadata = meta.AppendTo(nil)
	}
}

// misremember is a member that hears of every other generation only what it is called, as if the answer to SyncGroup were lost, and claims in the next one
// what it had in the last that it knows (KAFKA-13419). It leads nobody: then it leaves, and comes back as another.
func (c *kafkaClient) misremember(t *task.T, cluster *client.Cluster) {
	if !c.ready(t, cluster) {
		return
	}
	c.quota *= kafkaStrays
	r := &rogue{c: c, claim: &kafkaClaim{generation: -1}}
	for c.working() {
		var err error
		c.operation("join the group, with what it remembers", func() error { err = r.join(t, cluster); return err })
		switch {
		case err == nil && r.leads:
			c.operation("leave the group, not to lead it", func() error { return r.leave(t, cluster) })
			fallthrough
		case err != nil:
			r.member, r.claim = "", &kafkaClaim{generation: -1}
			c.rest(t)
			continue
		case r.claim.generation < 0 || c.draw(kafkaHow, 2) == 0:
			c.operation("ask what it reads", func() error { return r.sync(t, cluster) })
		}
		c.operation("send heartbeats", func() error { return r.beat(t, cluster, kafkaPollInterval) })
	}
}

// sync asks what a member reads that does not lead, and remembers it.
func (r *rogue) sync(t *task.T, cluster *client.Cluster) error {
	s := kmsg.NewPtrSyncGroupRequest()
	s.Group, s.MemberID, s.Generation = kafkaGroup, r.member, r.generation
	got, err := cluster.Coordinate(t, kafkaGroup, s, func(resp kmsg.Response) int16 { return resp.(*kmsg.SyncGroupResponse).ErrorCode })
	if err != nil {
		return err
	}
	var plan kmsg.ConsumerMemberAssignment
	if err := plan.ReadFrom(got.(*kmsg.SyncGroupResponse).MemberAssignment); err != nil {
		return err
	}
	r.claim = &kafkaClaim{r.generation, plan.Topics}
	return nil
}

// leave leaves the group.
func (r *rogue) leave(t *task.T, cluster *client.Cluster) error {
	l := kmsg.NewPtrLeaveGroupRequest()
	l.Group = kafkaGroup
	member := kmsg.NewLeaveGroupRequestMember()
	member.MemberID = r.member
	l.MemberID, l.Members = r.member, append(l.Members, member)
	_, err := cluster.Coordinate(t, kafkaGroup, l, func(resp kmsg.Response) int16 { return resp.(*kmsg.LeaveGroupResponse).ErrorCode })
	return err
}
