package broker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
	"orrery/sim"
)

// KAFKA-9539, KIP-570: a StopReplica waits for a request handler, its connection ends, and the replica is started again in a newer leader epoch. When a
// handler comes to it the leader epoch that it tells is an old one.
func TestALateStopReplicaOutlivesItsConnectionAndStopsNothingNewer(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		var q broker.Quirks
		q.Replica.StopWithoutEpoch = quirk
		w := worldOf(t, 43, ensemble(t), nil, q, true)
		config := brokerConfig(t, 1)
		w.u.Add("b1", func() nodes.Node {
			return broker.New(broker.Options{Config: config, SlowStops: 2 * time.Second, Quirks: q})
		}).Start(0)
		orders := log.TopicPartition{Topic: "orders"}
		leads := func() (int32, bool) {
			return w.u.Machine("b1").Node().(*broker.Broker).Replicas().LeaderEpoch(orders)
		}
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			for create(t, c, "orders", 1, 1) != nil {
				t.Sleep(100 * time.Millisecond)
			}
			for range 12 { // one in three waits
				conn := dial(w, t)
				require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: 1}, stopOrders())))
				t.Close(conn)
			}
			t.Sleep(100 * time.Millisecond)
			_, led := leads()
			require.False(w, led, "some have not waited")
			conn := dial(w, t)
			require.Zero(w, ask(w, t, conn, leadOrders(), 1).(*kmsg.LeaderAndISRResponse).ErrorCode)
			epoch, led := leads()
			require.True(w, led)
			require.Equal(w, int32(7), epoch)
		})
		w.run(3 * time.Second)
		_, led := leads()
		require.Equal(t, !quirk, led)
		require.True(t, slices.ContainsFunc(w.u.Marks(), func(m sim.Mark) bool {
			return m.Name == "kafka/broker: a request is carried out whose connection has ended" && m.Held > 0
		}))
	}
}

// stopOrders stops the replica of orders in leader epoch 0.
func stopOrders() *kmsg.StopReplicaRequest {
	r := kmsg.NewPtrStopReplicaRequest()
	r.Version, r.ControllerID, r.ControllerEpoch, r.BrokerEpoch = 3, 1, 1, -1
	p := kmsg.NewStopReplicaRequestTopicPartitionState()
	p.LeaderEpoch = 0
	topic := kmsg.NewStopReplicaRequestTopic()
	topic.Topic, topic.PartitionStates = "orders", append(topic.PartitionStates, p)
	r.Topics = append(r.Topics, topic)
	return r
}

// leadOrders starts it in leader epoch 7.
func leadOrders() *kmsg.LeaderAndISRRequest {
	r := kmsg.NewPtrLeaderAndISRRequest()
	r.Version, r.ControllerID, r.ControllerEpoch, r.BrokerEpoch = 4, 1, 1, -1
	p := kmsg.NewLeaderAndISRRequestTopicPartition()
	p.ControllerEpoch, p.Leader, p.LeaderEpoch, p.ISR, p.ZKVersion, p.Replicas = 1, 1, 7, []int32{1}, 7, []int32{1}
	topic := kmsg.NewLeaderAndISRRequestTopicState()
	topic.Topic, topic.PartitionStates = "orders", append(topic.PartitionStates, p)
	r.TopicStates = append(r.TopicStates, topic)
	return r
}
