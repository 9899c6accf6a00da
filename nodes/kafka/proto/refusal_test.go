package proto_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

func TestRefusalSaysItForEveryPartition(t *testing.T) {
	r := kmsg.NewPtrProduceRequest()
	r.Version = 8
	for _, topic := range []string{"a", "b"} {
		rt := kmsg.NewProduceRequestTopic()
		rt.Topic = topic
		for p := range int32(2) {
			rp := kmsg.NewProduceRequestTopicPartition()
			rp.Partition, rp.Records = p, []byte("batch")
			rt.Partitions = append(rt.Partitions, rp)
		}
		r.Topics = append(r.Topics, rt)
	}
	resp := proto.Refusal(r, proto.NotLeaderForPartition).(*kmsg.ProduceResponse)
	require.EqualValues(t, 8, resp.Version)
	require.Len(t, resp.Topics, 2)
	require.Equal(t, "b", resp.Topics[1].Topic)
	p := resp.Topics[1].Partitions[1]
	require.EqualValues(t, 1, p.Partition)
	require.EqualValues(t, proto.NotLeaderForPartition, p.ErrorCode)
	require.EqualValues(t, -1, p.BaseOffset)
	require.EqualValues(t, -1, p.LogStartOffset)
}

func TestRefusalOfBareNamesAndNumbers(t *testing.T) {
	del := kmsg.NewPtrDeleteTopicsRequest()
	del.Version, del.TopicNames = 4, []string{"a", "b"}
	topics := proto.Refusal(del, proto.NotController).(*kmsg.DeleteTopicsResponse).Topics
	require.Len(t, topics, 2)
	require.Equal(t, "b", *topics[1].Topic)
	require.EqualValues(t, proto.NotController, topics[1].ErrorCode)

	groups := kmsg.NewPtrDescribeGroupsRequest()
	groups.Groups = []string{"g"}
	described := proto.Refusal(groups, proto.NotCoordinator).(*kmsg.DescribeGroupsResponse).Groups
	require.Equal(t, "g", described[0].Group)

	markers := kmsg.NewPtrWriteTxnMarkersRequest()
	m := kmsg.NewWriteTxnMarkersRequestMarker()
	m.ProducerID = 77
	mt := kmsg.NewWriteTxnMarkersRequestMarkerTopic()
	mt.Topic, mt.Partitions = "a", []int32{4}
	m.Topics = append(m.Topics, mt)
	markers.Markers = append(markers.Markers, m)
	marked := proto.Refusal(markers, proto.UnknownTopicOrPartition).(*kmsg.WriteTxnMarkersResponse).Markers
	require.EqualValues(t, 77, marked[0].ProducerID)
	require.EqualValues(t, 4, marked[0].Topics[0].Partitions[0].Partition)
	require.EqualValues(t, proto.UnknownTopicOrPartition, marked[0].Topics[0].Partitions[0].ErrorCode)
}

func TestRefusalOfARequestAsAWhole(t *testing.T) {
	init := kmsg.NewPtrInitProducerIDRequest()
	got := proto.Refusal(init, proto.ConcurrentTransactions).(*kmsg.InitProducerIDResponse)
	require.EqualValues(t, proto.ConcurrentTransactions, got.ErrorCode)
	require.EqualValues(t, -1, got.ProducerID)

	dirs := proto.Refusal(kmsg.NewPtrDescribeLogDirsRequest(), proto.KafkaStorageError).(*kmsg.DescribeLogDirsResponse)
	require.EqualValues(t, proto.KafkaStorageError, dirs.Dirs[0].ErrorCode)
}

func TestEveryRequestThatIsServedCanBeRefused(t *testing.T) {
	for key := range int16(62) {
		for v := range proto.Max(key, true) + 1 {
			r := kmsg.RequestForKey(key)
			r.SetVersion(v)
			resp := proto.Refusal(r, proto.ClusterAuthorizationFailed)
			_, back, err := proto.ReadResponse(proto.AppendResponse(nil, 1, resp), r)
			require.NoError(t, err, "%s v%d", kmsg.NameForKey(key), v)
			require.Equal(t, r.GetVersion(), back.GetVersion())
		}
	}
}

func TestRefusalOfTransactionsNamesEach(t *testing.T) {
	r := kmsg.NewPtrDescribeTransactionsRequest()
	r.TransactionalIDs = []string{"t", "u"}
	states := proto.Refusal(r, proto.NotCoordinator).(*kmsg.DescribeTransactionsResponse).TransactionStates
	require.Len(t, states, 2)
	require.Equal(t, "u", states[1].TransactionalID)
	require.EqualValues(t, proto.NotCoordinator, states[1].ErrorCode)
	require.Empty(t, states[1].State)
}
