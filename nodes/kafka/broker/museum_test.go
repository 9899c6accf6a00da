package broker_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
	"orrery/nodes/task"
)

func TestEachDefectHasANameOfItsOwnAndPlantsSomethingOfItsOwn(t *testing.T) {
	names, planted := map[string]bool{}, map[string]string{}
	for _, d := range broker.Defects() {
		require.Regexp(t, `^[a-z0-9-]+$`, d.Name)
		require.False(t, names[d.Part+"/"+d.Name], d.Name)
		names[d.Part+"/"+d.Name] = true
		require.NotEmpty(t, d.Doc, d.Name)
		require.NotEmpty(t, d.Ticket, d.Name)
		var q broker.Quirks
		d.Set(&q)
		require.NotEqual(t, broker.Quirks{}, q, d.Name)
		what := switches(reflect.ValueOf(q), "")
		require.NotContains(t, planted, what, "%s plants what %s does", d.Name, planted[what])
		planted[what] = d.Name
	}
	require.Greater(t, len(names), 50)
}

// switches names the fields that are set.
func switches(v reflect.Value, path string) (set string) {
	for i := range v.NumField() {
		name := path + "." + v.Type().Field(i).Name
		switch f := v.Field(i); {
		case f.Kind() == reflect.Struct:
			set += switches(f, name)
		case !f.IsZero():
			set += " " + name
		}
	}
	return set
}

// KAFKA-9307: the coordinator of a group is told to follow while its connection to ZooKeeper is lost. With the quirk it goes on
// coordinating: it answers for groups that are another's by now.
func TestACoordinatorThatLosesItsSessionResigns(t *testing.T) {
	quirk := false
	for seed := uint64(40); ; seed++ {
		var q broker.Quirks
		q.Broker.SessionLostInBecomeFollower = quirk
		w := withBrokers(t, seed, 3, q)
		offsets := client.TopicPartition{Topic: "__consumer_offsets"}
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			require.NoError(w, create(t, c, "orders", 1, 3))
			_, err := c.SetGroupOffsets(t, "g", []client.Offset{{TopicPartition: client.TopicPartition{Topic: "orders"}, Offset: 1, LeaderEpoch: -1}})
			require.NoError(w, err)
		})
		preferred := w.leader(offsets.Topic, 0)
		w.kill(preferred)
		w.until(time.Minute, "another one leads", func() bool { return w.leader(offsets.Topic, 0) != preferred })
		w.u.Machine(preferred).Start(0)
		w.until(time.Minute, "all are in sync", func() bool { return w.inSync(offsets.Topic, 0) == 3 })
		old := w.leader(offsets.Topic, 0)
		if old == w.active() {
			continue // who is cut off must not be the controller
		}
		w.cut(old, "z1")
		w.until(time.Minute, "it has noticed", func() bool { return w.of(old).ZooKeeper.(zk.View).State == "Disconnected" })
		var code proto.Code
		w.client("c2", time.Second, func(t *task.T, c *client.Cluster) {
			require.NoError(w, c.ElectLeader(t, offsets, false))
			t.Sleep(100 * time.Millisecond)
			conn, err := t.Dial(nodes.Addr{ID: old, Port: 9092}, nodes.Framing{}, time.Second)
			require.NoError(w, err)
			r := kmsg.NewPtrOffsetFetchRequest()
			r.Version, r.Group = 5, "g"
			code = proto.Code(ask(w, t, conn, r, 1).(*kmsg.OffsetFetchResponse).ErrorCode)
		})
		require.Equal(t, preferred, w.leader(offsets.Topic, 0))
		if quirk {
			require.Equal(t, proto.None, code)
			return
		}
		require.Equal(t, proto.NotCoordinator, code)
		quirk = true
	}
}

// KAFKA-4477: with the quirk a broker ends up with all of its request handlers waiting for each other, and nobody takes over, for its session lives.
func TestADeadlockOfTheDataPlaneLeavesTheControlPlaneAlive(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		var q broker.Quirks
		q.Broker.DataPlaneDeadlock = quirk
		w := withBrokers(t, 41, 3, q)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) { require.NoError(w, create(t, c, "orders", 2, 3)) })
		for _, id := range []nodes.ID{"c2", "c3"} {
			w.begin(id, func(t *task.T, c *client.Cluster) {
				for {
					r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", SessionTimeout: 6 * time.Second, Heartbeat: 500 * time.Millisecond, AutoCommit: 50 * time.Millisecond})
					_ = r.Subscribe("orders")
					for range 30 {
						_, _ = r.Poll(t, 100*time.Millisecond)
					}
					r.Close(t)
				}
			})
		}
		w.begin("c4", func(t *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{})
			for i := 0; ; i++ {
				p.SendTo(t, client.Record{Topic: "orders", Partition: int32(i % 2), Value: []byte("x")}).Wait(t)
				t.Sleep(20 * time.Millisecond)
			}
		})
		frozen := func() bool {
			for _, a := range w.bootstrap() {
				b := w.u.Machine(a.ID).Node().(*broker.Broker)
				if !b.Serves() && b.Controller().BrokerEpoch() >= 0 {
					return true
				}
			}
			return false
		}
		require.Equal(t, quirk, w.u.RunUntil(frozen, w.u.Now()+20*time.Second))
		if quirk {
			w.run(10 * time.Second)
			require.True(t, frozen(), "its session lives on")
		}
	}
}

// What a deposed controller still has to say is not believed, unless the quirk has it so.
func TestMetadataOfADeposedControllerIsNotBelieved(t *testing.T) {
	for _, quirk := range []bool{false, true} {
		var q broker.Quirks
		q.Broker.MetadataFromOldController = quirk
		w := withBrokers(t, 42, 3, q)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			require.NoError(w, create(t, c, "orders", 1, 3))
			t.Sleep(time.Second)
			conn := dial(w, t)
			r := kmsg.NewPtrUpdateMetadataRequest()
			r.Version, r.ControllerID, r.ControllerEpoch, r.BrokerEpoch = 6, 3, 0, 1<<40
			topic := kmsg.NewUpdateMetadataRequestTopicState()
			topic.Topic = "orders"
			p := kmsg.NewUpdateMetadataRequestTopicPartition()
			p.Leader, p.LeaderEpoch = 9, 77
			topic.PartitionStates = append(topic.PartitionStates, p)
			r.TopicStates = append(r.TopicStates, topic)
			code := proto.Code(ask(w, t, conn, r, 1).(*kmsg.UpdateMetadataResponse).ErrorCode)
			if quirk {
				require.Equal(w, proto.None, code)
			} else {
				require.Equal(w, proto.StaleControllerEpoch, code)
			}
		})
		s, ok := w.u.Machine("b1").Node().(*broker.Broker).Partition("orders", 0)
		require.True(t, ok)
		require.Equal(t, quirk, s.LeaderEpoch == 77)
	}
}
