package controller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// write makes records on behalf of an operator's tool.
func (r *rig) write(id nodes.ID, ops ...zk.Op) {
	m := r.members[id]
	m.do(func(env nodes.Env) { m.store.Do(env, zk.Unguarded, ops...) })
	r.run(3 * time.Second)
}

func TestOldToolsAskThroughZnodes(t *testing.T) {
	r := museumRig(t, "", 3, 1, 2)
	r.slow = false
	r.write("b2", zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindReassign}, Value: zk.Reassignments{
		{Partition: orders, Replicas: []int32{3, 2}},
		{Partition: log.TopicPartition{Topic: "nothing"}, Replicas: []int32{1}},
		{Partition: orders, Replicas: []int32{}},
	}})
	r.until("done", func() bool {
		p, _ := r.partition("orders-0")
		return len(p.Assignment.Replicas) == 2 && p.Assignment.Replicas[0] == 3
	})
	require.Equal(t, int32(3), r.ledger.states[orders].Leader)
	r.run(2 * time.Second)
	r.write("b2", zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindReassign}, Value: zk.Reassignments{}}) // the one before is gone, or this is refused

	r.gone("b3")
	require.Equal(t, int32(2), r.ledger.states[orders].Leader)
	r.u.Machine("b3").Start(0)
	r.until("in sync", func() bool { return r.settled(3) && has(r.ledger.states[orders].ISR, 3) })
	r.write("b2", zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindPreferred}, Value: zk.Partitions{orders}})
	require.Equal(t, int32(3), r.ledger.states[orders].Leader)
	require.Nil(t, r.u.Violation())
}

func TestAReassignmentIsListedWhileItIsUnderWay(t *testing.T) {
	r := museumRig(t, "", 3, 1, 2)
	list := func(topics []kmsg.ListPartitionReassignmentsRequestTopic) []kmsg.ListPartitionReassignmentsResponseTopic {
		return r.ask(&kmsg.ListPartitionReassignmentsRequest{Topics: topics}).(*kmsg.ListPartitionReassignmentsResponse).Topics
	}
	require.Empty(t, list(nil))
	r.ask(reassignTo("orders", 0, 3))
	r.run(time.Second)
	got := list(nil)
	require.Len(t, got, 1)
	require.Equal(t, []int32{3, 1, 2}, got[0].Partitions[0].Replicas)
	require.Equal(t, []int32{3}, got[0].Partitions[0].AddingReplicas)
	require.Equal(t, []int32{1, 2}, got[0].Partitions[0].RemovingReplicas)
	require.Empty(t, list([]kmsg.ListPartitionReassignmentsRequestTopic{{Topic: "orders", Partitions: []int32{1}}}))

	grow := kmsg.NewPtrCreatePartitionsRequest()
	grow.Topics = append(grow.Topics, kmsg.CreatePartitionsRequestTopic{Topic: "orders", Count: 2})
	require.Equal(t, proto.ReassignmentInProgress, proto.Code(r.ask(grow).(*kmsg.CreatePartitionsResponse).Topics[0].ErrorCode))
}

func TestTopicsAreSpreadOverRacks(t *testing.T) {
	r := newRig(t, 1, 4, "a", "b")
	r.until("settled", func() bool { return r.settled(4) })
	r.ask(createTopic("orders", 8, 2))
	for _, p := range r.view().Partitions {
		require.NotEqual(t, p.Assignment.Replicas[0]%2, p.Assignment.Replicas[1]%2, "%v", p.Assignment)
	}
}

func TestCreateTopicsRefusesWhatKafkaRefuses(t *testing.T) {
	r := museumRig(t, "", 2, 1, 2)
	code := func(change func(q *kmsg.CreateTopicsRequest)) proto.Code {
		q := createTopic("t", 1, 1)
		change(q)
		return proto.Code(r.ask(q).(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
	}
	bad := "x"
	for want, change := range map[proto.Code]func(q *kmsg.CreateTopicsRequest){
		proto.InvalidReplicationFactor: func(q *kmsg.CreateTopicsRequest) { q.Topics[0].ReplicationFactor = 3 },
		proto.InvalidPartitions:        func(q *kmsg.CreateTopicsRequest) { q.Topics[0].NumPartitions = 0 },
		proto.InvalidTopicException:    func(q *kmsg.CreateTopicsRequest) { q.Topics[0].Topic = "" },
		proto.TopicAlreadyExists:       func(q *kmsg.CreateTopicsRequest) { q.Topics[0].Topic = "orders" },
		proto.InvalidConfig: func(q *kmsg.CreateTopicsRequest) {
			q.Topics[0].Configs = append(q.Topics[0].Configs, kmsg.CreateTopicsRequestTopicConfig{Name: "retention.ms", Value: &bad})
		},
		proto.InvalidRequest:  func(q *kmsg.CreateTopicsRequest) { q.Topics = append(q.Topics, q.Topics[0]) },
		proto.RequestTimedOut: func(q *kmsg.CreateTopicsRequest) { q.TimeoutMillis, q.Topics[0].Topic = 0, "late" }, // but it is created
		proto.None:            func(q *kmsg.CreateTopicsRequest) { q.ValidateOnly, q.Topics[0].Topic = true, "u" },
	} {
		require.Equal(t, want, code(change))
	}
	r.run(time.Second)
	require.Contains(t, r.ledger.topics, "late")
	require.NotContains(t, r.ledger.topics, "u")

	require.Equal(t, proto.NotController, proto.Code(r.askAt(r.members["b2"], createTopic("v", 1, 1)).(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode))
	m := r.members["b2"] // which may create one all the same, when it is asked for it by a producer
	m.do(func(env nodes.Env) {
		m.answers[99] = func(nodes.Env, kmsg.Response) {}
		m.c.AutoCreate(env, 99, createTopic("v", 1, 1))
	})
	r.until("created", func() bool { _, ok := r.partition("v-0"); return ok })
}

func TestEveryBrokerHearsOfSettings(t *testing.T) {
	r := museumRig(t, "", 3, 1, 2)
	value := "60000"
	q := kmsg.NewPtrAlterConfigsRequest()
	for _, e := range []kmsg.AlterConfigsRequestResource{
		{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: "orders", Configs: []kmsg.AlterConfigsRequestResourceConfig{{Name: "retention.ms", Value: &value}}},
		{ResourceType: kmsg.ConfigResourceTypeBroker, Configs: []kmsg.AlterConfigsRequestResourceConfig{{Name: "log.cleaner.threads", Value: &value}}},
		{ResourceType: kmsg.ConfigResourceTypeBroker, ResourceName: "1"},
		{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: "nothing"},
		{ResourceType: kmsg.ConfigResourceTypeUnknown},
	} {
		q.Resources = append(q.Resources, e)
	}
	var codes []proto.Code
	for _, e := range r.askAt(r.members["b3"], q).(*kmsg.AlterConfigsResponse).Resources { // any broker will do
		codes = append(codes, proto.Code(e.ErrorCode))
	}
	require.Equal(t, []proto.Code{proto.None, proto.None, proto.InvalidRequest, proto.UnknownTopicOrPartition, proto.InvalidRequest}, codes)
	r.run(time.Second)
	for _, id := range r.ids {
		require.Contains(t, r.members[id].configs, controller.ConfigChanged{Entity: "topics", Name: "orders", Values: zk.Settings{{Name: "retention.ms", Value: value}}})
		require.Contains(t, r.members[id].configs, controller.ConfigChanged{Entity: "brokers", Name: "<default>", Values: zk.Settings{{Name: "log.cleaner.threads", Value: value}}})
	}
	r.kill("b2")
	r.u.Machine("b2").Start(0)
	r.until("read again", func() bool { return len(r.members["b2"].configs) == 2 })
}

func TestLeadershipIsGivenBackByAndBy(t *testing.T) {
	r := museumRig(t, "", 3, 2, 3)
	r.slow = false
	r.gone("b2")
	r.u.Machine("b2").Start(0)
	r.until("rebalanced", func() bool { return r.ledger.states[orders].Leader == 2 })
}

func TestABrokerOfAnEarlierIncarnationIsNotLetGo(t *testing.T) {
	r := museumRig(t, "", 3, 2, 3)
	q := kmsg.NewPtrControlledShutdownRequest()
	q.Version, q.BrokerID, q.BrokerEpoch = 3, 3, r.members["b3"].own-1
	require.Equal(t, proto.StaleBrokerEpoch, proto.Code(r.ask(q).(*kmsg.ControlledShutdownResponse).ErrorCode))
	q.BrokerID = 9
	require.Equal(t, proto.BrokerNotAvailable, proto.Code(r.ask(q).(*kmsg.ControlledShutdownResponse).ErrorCode))
}
