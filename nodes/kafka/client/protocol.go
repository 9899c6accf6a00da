package client

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/task"
)

// metadata is what the member says of itself to an assignor, as Kafka's consumers do ("consumer" protocol, version 2).
func (c *Consumer) metadata(a Assignor) []byte {
	m := kmsg.NewConsumerMemberMetadata()
	m.Version = 2
	m.Topics = c.topics
	m.Generation = c.member.claimed
	switch a {
	case CooperativeAssignor:
		for _, tp := range c.member.claim {
			if n := len(m.OwnedPartitions); n == 0 || m.OwnedPartitions[n-1].Topic != tp.Topic {
				o := kmsg.NewConsumerMemberMetadataOwnedPartition()
				o.Topic = tp.Topic
				m.OwnedPartitions = append(m.OwnedPartitions, o)
			}
			o := &m.OwnedPartitions[len(m.OwnedPartitions)-1]
			o.Partitions = append(o.Partitions, tp.Partition)
		}
	case StickyAssignor: // it has given everything up by now, and says what it had
		s := kmsg.NewStickyMemberMetadata()
		s.Generation = c.member.claimed
		for _, tp := range c.member.claim {
			if n := len(s.CurrentAssignment); n == 0 || s.CurrentAssignment[n-1].Topic != tp.Topic {
				s.CurrentAssignment = append(s.CurrentAssignment, kmsg.StickyMemberMetadataCurrentAssignment{Topic: tp.Topic})
			}
			o := &s.CurrentAssignment[len(s.CurrentAssignment)-1]
			o.Partitions = append(o.Partitions, tp.Partition)
		}
		m.UserData = s.AppendTo(nil)
	}
	return m.AppendTo(nil)
}

// decodeMember reads what a member says of itself. Of what cannot be read nothing is believed.
func decodeMember(a Assignor, jm *kmsg.JoinGroupResponseMember) Member {
	m := Member{ID: jm.MemberID, Generation: -1}
	if jm.InstanceID != nil {
		m.Instance = *jm.InstanceID
	}
	meta := kmsg.NewConsumerMemberMetadata()
	if meta.ReadFrom(jm.ProtocolMetadata) != nil {
		return m
	}
	m.Topics = meta.Topics
	if meta.Version >= 2 {
		m.Generation = meta.Generation
	}
	for _, o := range meta.OwnedPartitions {
		for _, p := range o.Partitions {
			m.Owned = append(m.Owned, TopicPartition{o.Topic, p})
		}
	}
	s := kmsg.NewStickyMemberMetadata()
	if a == StickyAssignor && len(meta.UserData) > 0 && s.ReadFrom(meta.UserData) == nil {
		m.Generation = s.Generation
		for _, o := range s.CurrentAssignment {
			for _, p := range o.Partitions {
				m.Owned = append(m.Owned, TopicPartition{o.Topic, p})
			}
		}
	}
	return m
}

// plan divides the partitions, as the leader of the group.
func (c *Consumer) plan(t *task.T, resp *kmsg.JoinGroupResponse) ([]kmsg.SyncGroupRequestGroupAssignment, error) {
	var members []Member
	var topics []string
	for i := range resp.Members {
		m := decodeMember(c.member.protocol, &resp.Members[i])
		members = append(members, m)
		topics = append(topics, m.Topics...)
	}
	slices.Sort(topics)
	topics = slices.Compact(topics)
	if err := c.cluster.Refresh(t, topics...); err != nil {
		return nil, err
	}
	counts := c.cluster.counts(topics)
	c.member.watched, c.member.looked = counts, t.Monotonic()
	var out []kmsg.SyncGroupRequestGroupAssignment
	for i, parts := range c.member.protocol.assign(members, counts, c.cluster.config.Quirks) {
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = members[i].ID, encodeAssignment(parts)
		out = append(out, a)
	}
	return out, nil
}

// counts is how many partitions topics have, as far as is known.
func (c *Cluster) counts(topics []string) Counts {
	counts := Counts{}
	for _, name := range topics {
		counts[name] = 0
		if known := c.topics[name]; known != nil {
			counts[name] = int32(len(known.partitions))
		}
	}
	return counts
}

// encodeAssignment is an assignment as consumers write it.
func encodeAssignment(parts []TopicPartition) []byte {
	a := kmsg.NewConsumerMemberAssignment()
	parts = slices.Clone(parts)
	slices.SortFunc(parts, TopicPartition.compare)
	for _, tp := range parts {
		if n := len(a.Topics); n == 0 || a.Topics[n-1].Topic != tp.Topic {
			at := kmsg.NewConsumerMemberAssignmentTopic()
			at.Topic = tp.Topic
			a.Topics = append(a.Topics, at)
		}
		at := &a.Topics[len(a.Topics)-1]
		at.Partitions = append(at.Partitions, tp.Partition)
	}
	return a.AppendTo(nil)
}

// decodeAssignment reads one. What cannot be read is none.
func decodeAssignment(p []byte) []TopicPartition {
	a := kmsg.NewConsumerMemberAssignment()
	if len(p) == 0 || a.ReadFrom(p) != nil {
		return nil
	}
	var parts []TopicPartition
	for _, at := range a.Topics {
		for _, n := range at.Partitions {
			parts = append(parts, TopicPartition{at.Topic, n})
		}
	}
	return parts
}
