package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// FuzzRequest: no frame makes a broker fail. It answers it, or ends the connection, or waits; and then it serves whoever comes next.
func FuzzRequest(f *testing.F) {
	for key := range int16(62) {
		for version := range proto.Max(key, true) + 1 {
			r := kmsg.RequestForKey(key)
			r.SetVersion(version)
			f.Add(proto.AppendRequest(nil, proto.Header{Correlation: 1, ClientID: "fuzz"}, r))
		}
	}
	for _, r := range pointed() {
		r.SetVersion(proto.Max(r.Key(), true))
		f.Add(proto.AppendRequest(nil, proto.Header{Correlation: 1, ClientID: "fuzz"}, r))
	}
	z, c := ensemble(f), brokerConfig(f, 1, "offsets.topic.replication.factor=1", "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1")
	f.Fuzz(func(t *testing.T, frame []byte) {
		w := worldOf(t, 1, z, []*config.Config{c}, broker.Quirks{}, false)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			for create(t, c, "t", 1, 1) != nil {
				t.Sleep(100 * time.Millisecond)
			}
			conn := dial(w, t)
			require.NoError(w, t.Write(conn, frame))
			if _, err := t.Read(conn, 5*time.Second); err == nil {
				_ = t.Write(conn, frame)
				_, _ = t.Read(conn, time.Second)
			}
			t.Reset(conn)
			conn, err := t.Dial(b1, nodes.Framing{}, time.Second)
			require.NoError(w, err)
			ask(w, t, conn, kmsg.NewPtrMetadataRequest(), 2)
		})
	})
}

// pointed are requests that name the topic, the group and the transactional id that there are, or claim to come from a controller.
func pointed() []kmsg.Request {
	lead := kmsg.NewPtrLeaderAndISRRequest()
	lead.ControllerID, lead.ControllerEpoch, lead.BrokerEpoch = 1, 9, 1<<40
	topic := kmsg.NewLeaderAndISRRequestTopicState()
	topic.Topic = "t"
	p := kmsg.NewLeaderAndISRRequestTopicPartition()
	p.Leader, p.LeaderEpoch, p.ControllerEpoch, p.Replicas, p.ISR = 2, 7, 9, []int32{1, 2}, []int32{2}
	topic.PartitionStates = append(topic.PartitionStates, p)
	lead.TopicStates = append(lead.TopicStates, topic)
	group := kmsg.NewPtrJoinGroupRequest()
	group.Group, group.ProtocolType, group.SessionTimeoutMillis = "g", "consumer", 10_000
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name = "range"
	group.Protocols = append(group.Protocols, protocol)
	id := kmsg.NewPtrInitProducerIDRequest()
	id.TransactionalID, id.TransactionTimeoutMillis = kmsg.StringPtr("x"), 10_000
	fetch := kmsg.NewPtrFetchRequest()
	fetch.ReplicaID, fetch.MaxBytes, fetch.SessionEpoch = 2, 1<<20, -1
	ft := kmsg.NewFetchRequestTopic()
	ft.Topic = "t"
	ft.Partitions = append(ft.Partitions, kmsg.NewFetchRequestTopicPartition())
	fetch.Topics = append(fetch.Topics, ft)
	return []kmsg.Request{lead, group, id, fetch}
}
