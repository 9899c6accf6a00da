package broker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// metadataOf asks for the metadata of a topic in a version.
func metadataOf(w *world, t *task.T, at nodes.Addr, version int16, topic string) *kmsg.MetadataResponse {
	conn, err := t.Dial(at, nodes.Framing{}, time.Second)
	require.NoError(w, err)
	defer t.Close(conn)
	r := kmsg.NewPtrMetadataRequest()
	r.Version, r.AllowAutoTopicCreation = version, true
	rt := kmsg.NewMetadataRequestTopic()
	rt.Topic = &topic
	r.Topics = append(r.Topics, rt)
	return ask(w, t, conn, r, 1).(*kmsg.MetadataResponse)
}

func TestMetadataTellsEachVersionWhatItCanBear(t *testing.T) {
	w := newWorld(t, 50, 3, "broker.rack=r1", "auto.create.topics.enable=false")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 3))
		t.Sleep(time.Second)
		for version := range int16(10) {
			m := metadataOf(w, t, b1, version, "orders")
			require.Len(w, m.Brokers, 3)
			require.Equal(w, version >= 1, m.Brokers[0].Rack != nil)
			require.Equal(w, version >= 2, m.ClusterID != nil)
			p := m.Topics[0].Partitions[0]
			require.Zero(w, p.ErrorCode)
			require.Len(w, p.Replicas, 3)
			require.Len(w, p.ISR, 3)
			require.Equal(w, version >= 7, p.LeaderEpoch >= 0)
			unknown := metadataOf(w, t, b1, version, "nowhere")
			require.Equal(w, int16(proto.UnknownTopicOrPartition), unknown.Topics[0].ErrorCode)
		}
	})
	victim := w.leader("orders", 0)
	if victim == "b1" {
		victim = "b2"
	}
	w.kill(victim)
	w.until(time.Minute, "b1 has heard of it", func() bool { return len(w.u.Machine("b1").Node().(*broker.Broker).Lives()) == 2 })
	w.client("c2", time.Minute, func(t *task.T, _ *client.Cluster) {
		t.Sleep(time.Second)
		p := metadataOf(w, t, b1, 9, "orders").Topics[0].Partitions[0]
		require.Zero(w, p.ErrorCode)
		require.Len(w, p.Replicas, 3)
		require.Len(w, p.OfflineReplicas, 1)
		p = metadataOf(w, t, b1, 0, "orders").Topics[0].Partitions[0]
		require.Equal(w, int16(proto.ReplicaNotAvailable), p.ErrorCode)
		require.Len(w, p.Replicas, 2)
	})
}

// A controller has given a connection up, and what it had sent over that arrives when the broker has heard more over the next one. Of a later
// controller the same connection tells news.
func TestMetadataOverAConnectionThatWasGivenUpIsNotBelieved(t *testing.T) {
	w := newWorld(t, 54, 1, "offsets.topic.replication.factor=1")
	epoch := func() int32 {
		s, ok := w.u.Machine("b1").Node().(*broker.Broker).Partition("orders", 0)
		require.True(t, ok)
		return s.LeaderEpoch
	}
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 1))
		first, second := dial(w, t), dial(w, t)
		tell := func(conn nodes.Conn, n int32, controllerEpoch, leaderEpoch int32) proto.Code {
			r := kmsg.NewPtrUpdateMetadataRequest()
			r.Version, r.ControllerID, r.ControllerEpoch, r.BrokerEpoch = 6, 1, controllerEpoch, 1<<40
			p := kmsg.NewUpdateMetadataRequestTopicPartition()
			p.Leader, p.LeaderEpoch = 1, leaderEpoch
			topic := kmsg.NewUpdateMetadataRequestTopicState()
			topic.Topic = "orders"
			topic.PartitionStates = append(topic.PartitionStates, p)
			r.TopicStates = append(r.TopicStates, topic)
			return proto.Code(ask(w, t, conn, r, n).(*kmsg.UpdateMetadataResponse).ErrorCode)
		}
		require.Equal(w, proto.None, tell(first, 1, 7, 3))
		require.Equal(w, proto.None, tell(second, 1, 7, 5))
		require.Equal(w, proto.StaleControllerEpoch, tell(first, 2, 7, 4))
		require.EqualValues(w, 5, epoch())
		require.Equal(w, proto.None, tell(second, 2, 7, 6))
		require.Equal(w, proto.None, tell(first, 3, 8, 7))
		require.EqualValues(w, 7, epoch())
	})
}

// Clients are told of the listener that they have come to, and brokers use their own.
func TestEachListenerTellsItsOwnAddresses(t *testing.T) {
	w := newWorld(t, 51, 2, "listeners=CLIENT://:9092,BROKERS://:9093", "listener.security.protocol.map=CLIENT:PLAINTEXT,BROKERS:PLAINTEXT",
		"inter.broker.listener.name=BROKERS", "offsets.topic.replication.factor=2")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 2))
		for _, port := range []int{9092, 9093} {
			for _, at := range metadataOf(w, t, nodes.Addr{ID: "b1", Port: port}, 9, "orders").Brokers {
				require.Equal(w, int32(port), at.Port)
			}
		}
		conn := dial(w, t)
		r := kmsg.NewPtrFindCoordinatorRequest()
		r.Version, r.CoordinatorKey = 3, "g"
		found := ask(w, t, conn, r, 1).(*kmsg.FindCoordinatorResponse)
		for found.ErrorCode == int16(proto.CoordinatorNotAvailable) {
			t.Sleep(100 * time.Millisecond)
			found = ask(w, t, conn, r, 1).(*kmsg.FindCoordinatorResponse)
		}
		require.Zero(w, found.ErrorCode)
		require.Equal(w, int32(9092), found.Port)
		r.CoordinatorType = 2
		require.Equal(w, int16(proto.InvalidRequest), ask(w, t, conn, r, 2).(*kmsg.FindCoordinatorResponse).ErrorCode)
	})
	w.until(time.Minute, "the other one follows", func() bool { return w.inSync("orders", 0) == 2 })
}

// The topics of the coordinators are not made before there are as many brokers as they have replicas: they would have fewer for ever.
func TestTheCoordinatorsTopicsWaitForTheirBrokers(t *testing.T) {
	w := newWorld(t, 52, 1)
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		r := kmsg.NewPtrFindCoordinatorRequest()
		r.Version, r.CoordinatorKey = 3, "g"
		for range 20 {
			require.Equal(w, int16(proto.CoordinatorNotAvailable), ask(w, t, conn, r, 1).(*kmsg.FindCoordinatorResponse).ErrorCode)
			t.Sleep(100 * time.Millisecond)
		}
		m := metadataOf(w, t, b1, 9, "__consumer_offsets")
		require.Equal(w, int16(proto.CoordinatorNotAvailable), m.Topics[0].ErrorCode)
		require.True(w, m.Topics[0].IsInternal)
	})
}

// A topic that is deleted and made anew has the settings that it is given then.
func TestATopicThatIsMadeAnewHasNewSettings(t *testing.T) {
	w := newWorld(t, 53, 2, "offsets.topic.replication.factor=2")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 2, "max.message.bytes", "100"))
		long := client.Record{Topic: "orders", Value: make([]byte, 1000)}
		p := client.NewProducer(c, client.ProducerConfig{})
		r := p.SendTo(t, long).Wait(t)
		require.Equal(w, client.Failed, r.Outcome)
		require.Equal(w, proto.MessageTooLarge, client.CodeOf(r.Err))
		p.Close(t)
		require.NoError(w, c.DeleteTopic(t, "orders"))
		for create(t, c, "orders", 1, 2) != nil {
			t.Sleep(100 * time.Millisecond)
		}
		p = client.NewProducer(c, client.ProducerConfig{})
		r = p.SendTo(t, long).Wait(t)
		require.Equal(w, client.Acknowledged, r.Outcome, "%v", r.Err)
		require.Zero(w, r.Offset)
		p.Close(t)
	})
}

// A change of settings reaches the brokers that hold the topic.
func TestAChangeOfSettingsTakesEffect(t *testing.T) {
	w := newWorld(t, 54, 3)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 3))
		require.NoError(w, c.Configure(t, client.TopicResource("orders"), []client.Setting{{Name: "max.message.bytes", Value: "100"}}, nil))
		require.ErrorContains(w, c.Configure(t, client.TopicResource("orders"), []client.Setting{{Name: "max.message.bytes", Value: "few"}}, nil), "INVALID_CONFIG")
		require.ErrorContains(w, c.Configure(t, client.BrokerResource(1, "1"), []client.Setting{{Name: "num.partitions", Value: "3"}}, nil), "it is read from server.properties")
		t.Sleep(time.Second)
		p := client.NewProducer(c, client.ProducerConfig{})
		defer p.Close(t)
		require.Equal(w, client.Failed, p.SendTo(t, client.Record{Topic: "orders", Value: make([]byte, 1000)}).Wait(t).Outcome)
		require.NoError(w, c.Configure(t, client.TopicResource("orders"), nil, []string{"max.message.bytes"}))
		t.Sleep(time.Second)
		require.Equal(w, client.Acknowledged, p.SendTo(t, client.Record{Topic: "orders", Value: make([]byte, 1000)}).Wait(t).Outcome)
	})
}

// A broker that has come back says of no topic that it is not there, or not all of it, before a controller has told it which there are,
// although the controller is gone, too, and some partitions have to be led anew.
func TestABrokerThatHasNotBeenToldDeniesNoTopic(t *testing.T) {
	w := newWorld(t, 52, 3, "auto.create.topics.enable=false")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) { require.NoError(w, create(t, c, "orders", 6, 3)) })
	active := w.of("b1").Controller
	back := nodes.ID("b1")
	if active == 1 {
		back = "b2"
	}
	w.kill(nodes.ID(fmt.Sprintf("b%d", active)))
	w.kill(back)
	w.u.Machine(back).Start(0)
	early := false
	w.client("c2", time.Minute, func(t *task.T, _ *client.Cluster) {
		for known := false; !known; t.Sleep(200 * time.Microsecond) {
			if _, is := w.u.Machine(back).Node().(*broker.Broker); !is {
				continue
			}
			orders := metadataOf(w, t, nodes.Addr{ID: back, Port: 9092}, 9, "orders").Topics[0]
			code := proto.Code(orders.ErrorCode)
			require.NotEqual(w, proto.UnknownTopicOrPartition, code)
			require.True(w, code != proto.None || len(orders.Partitions) == 6, "of %d partitions", len(orders.Partitions))
			known = code == proto.None
			early = early || !known
		}
	})
	require.True(t, early, "it was told before anybody asked")
}
