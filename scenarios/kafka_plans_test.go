package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/group"
)

// assigned is a member that is given partitions of one topic.
func assigned(name, topic string, parts ...int32) group.MemberGlance {
	plan := kmsg.NewConsumerMemberAssignment()
	plan.Topics = []kmsg.ConsumerMemberAssignmentTopic{{Topic: topic, Partitions: parts}}
	return group.MemberGlance{Member: name, Assignment: plan.AppendTo(nil)}
}

func TestAPlanThatGivesAPartitionTwiceIsSeen(t *testing.T) {
	one, other := assigned("one", "orders", 0, 2), assigned("other", "orders", 1, 2)
	tp, a, b, twice := givenTwice([]group.MemberGlance{one, {Member: "mute"}, other})
	require.True(t, twice)
	require.Equal(t, client.TopicPartition{Topic: "orders", Partition: 2}, tp)
	require.Equal(t, []string{"one", "other"}, []string{a.Member, b.Member})
	for _, disjoint := range [][]group.MemberGlance{nil, {one}, {one, assigned("other", "orders", 1)}, {one, assigned("other", "bills", 0, 2)}} {
		_, _, _, twice = givenTwice(disjoint)
		require.False(t, twice)
	}
}

// What a member claims is read by the assignors of Kafka's consumer where they look for it.
func TestAClaimIsWhereItsAssignorLooks(t *testing.T) {
	join := kmsg.NewPtrJoinGroupRequest()
	for _, a := range []client.Assignor{client.StickyAssignor, client.CooperativeAssignor} {
		meta := kmsg.NewConsumerMemberMetadata()
		meta.Topics = []string{"orders"}
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = string(a), meta.AppendTo(nil)
		join.Protocols = append(join.Protocols, p)
	}
	(*kafkaClaim)(nil).put(join)
	untouched := kmsg.NewConsumerMemberMetadata()
	require.NoError(t, untouched.ReadFrom(join.Protocols[0].Metadata))
	require.Zero(t, untouched.Version)

	claim := &kafkaClaim{generation: 7, topics: []kmsg.ConsumerMemberAssignmentTopic{{Topic: "orders", Partitions: []int32{3, 4}}}}
	claim.put(join)
	var eager, cooperative kmsg.ConsumerMemberMetadata
	require.NoError(t, eager.ReadFrom(join.Protocols[0].Metadata))
	require.NoError(t, cooperative.ReadFrom(join.Protocols[1].Metadata))
	require.Equal(t, []string{"orders"}, eager.Topics)
	require.Empty(t, eager.OwnedPartitions, "it has given them up")
	sticky := kmsg.NewStickyMemberMetadata()
	require.NoError(t, sticky.ReadFrom(eager.UserData))
	require.Equal(t, int32(7), sticky.Generation)
	require.Equal(t, []kmsg.StickyMemberMetadataCurrentAssignment{{Topic: "orders", Partitions: []int32{3, 4}}}, sticky.CurrentAssignment)
	require.Equal(t, int32(7), cooperative.Generation)
	require.Equal(t, []int32{3, 4}, cooperative.OwnedPartitions[0].Partitions)
}
