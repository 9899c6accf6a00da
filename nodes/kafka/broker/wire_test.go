package broker_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
	"orrery/sim"
)

var b1 = nodes.Addr{ID: "b1", Port: 9092}

// dial opens a connection to the first broker.
func dial(w *world, t *task.T) nodes.Conn {
	conn, err := t.Dial(b1, nodes.Framing{}, time.Second)
	require.NoError(w, err)
	return conn
}

// ask writes a request, and reads the answer.
func ask(w *world, t *task.T, conn nodes.Conn, r kmsg.Request, correlation int32) kmsg.Response {
	require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: correlation, ClientID: "test"}, r)))
	frame, err := t.Read(conn, 10*time.Second)
	require.NoError(w, err)
	got, resp, err := proto.ReadResponse(frame, r)
	require.NoError(w, err)
	require.Equal(w, correlation, got)
	return resp
}

func TestAnswersComeInTheOrderOfTheRequests(t *testing.T) {
	w := newWorld(t, 3, 1)
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		for i := range int32(20) {
			r := kmsg.NewPtrMetadataRequest()
			r.Version = int16(i % 10)
			require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: i}, r)))
		}
		for i := range int32(20) {
			frame, err := t.Read(conn, 30*time.Second)
			require.NoError(w, err)
			got, ok := proto.Correlation(frame)
			require.True(w, ok)
			require.Equal(w, i, got)
		}
		t.Close(conn)
	})
}

func TestAVersionThatIsNotSpokenIsSaid(t *testing.T) {
	w := newWorld(t, 4, 1)
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		r := kmsg.NewPtrApiVersionsRequest()
		r.Version = 99
		require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: 7}, r)))
		frame, err := t.Read(conn, 10*time.Second)
		require.NoError(w, err)
		_, resp, err := proto.ReadResponse(frame, r)
		require.NoError(w, err)
		v := resp.(*kmsg.ApiVersionsResponse)
		require.Equal(w, int16(proto.UnsupportedVersion), v.ErrorCode)
		r.Version, r.ClientSoftwareName, r.ClientSoftwareVersion = 3, "test", "1.0"
		v = ask(w, t, conn, r, 8).(*kmsg.ApiVersionsResponse)
		require.Zero(w, v.ErrorCode)
		require.NotEmpty(w, v.ApiKeys)
		r.ClientSoftwareName = "-"
		require.Equal(w, int16(proto.InvalidRequest), ask(w, t, conn, r, 9).(*kmsg.ApiVersionsResponse).ErrorCode)

		m := kmsg.NewPtrMetadataRequest()
		m.Version = 13
		require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: 10}, m)))
		_, err = t.Read(conn, 10*time.Second)
		require.ErrorIs(w, err, io.EOF, "whoever sends what nobody offered is not understood")
	})
	require.Equal(t, uint64(2), w.of("b1").Stats.Unsupported)
}

func TestWhoWantsToProveWhoItIsIsToldThatNobodyAsks(t *testing.T) {
	w := newWorld(t, 17, 1)
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		r := kmsg.NewPtrSASLHandshakeRequest()
		r.Version, r.Mechanism = 1, "PLAIN"
		resp := ask(w, t, conn, r, 1).(*kmsg.SASLHandshakeResponse)
		require.Equal(w, int16(proto.IllegalSASLState), resp.ErrorCode)
		require.Empty(w, resp.SupportedMechanisms)
		ask(w, t, conn, kmsg.NewPtrMetadataRequest(), 2)
	})
}

func TestGarbageEndsItsConnectionAndIsCounted(t *testing.T) {
	w := newWorld(t, 5, 1, "socket.request.max.bytes=100000")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		ask(w, t, dial(w, t), kmsg.NewPtrMetadataRequest(), 1) // it serves
		for _, garbage := range [][]byte{{}, {0}, []byte("GET / HTTP/1.1"), {0, 3, 0, 9, 0, 0, 0, 1, 255, 255, 0, 255, 255, 255, 255, 255}, make([]byte, 200_000)} {
			conn := dial(w, t)
			require.NoError(w, t.Write(conn, garbage))
			_, err := t.Read(conn, 10*time.Second)
			require.Error(w, err)
			require.NotErrorIs(w, err, task.ErrNothing)
			t.Reset(conn)
		}
		ask(w, t, dial(w, t), kmsg.NewPtrMetadataRequest(), 2)
	})
	s := w.of("b1").Stats
	require.Equal(t, uint64(5), s.Garbage+s.Unsupported, "%+v", s)
}

func TestAHostHasAsManyConnectionsAsItMay(t *testing.T) {
	w := newWorld(t, 6, 1, "max.connections.per.ip=3", "max.connections.per.ip.overrides=c2:1")
	open := func(want int) func(t *task.T, c *client.Cluster) {
		return func(t *task.T, _ *client.Cluster) {
			n := 0
			for range 5 {
				conn, err := t.Dial(b1, nodes.Framing{}, time.Second)
				r := kmsg.NewPtrMetadataRequest()
				if err != nil || t.Write(conn, proto.AppendRequest(nil, proto.Header{}, r)) != nil {
					continue
				}
				if _, err := t.Read(conn, 10*time.Second); err == nil {
					n++
				}
			}
			require.Equal(w, want, n)
		}
	}
	w.client("c1", time.Minute, open(3))
	w.client("c2", time.Minute, open(1))
	require.Equal(t, uint64(6), w.of("b1").Stats.Refused)
}

func TestTheBrokersOwnListenerIsOpenToBrokersWhateverClientsDo(t *testing.T) {
	w := newWorld(t, 16, 2, "listeners=CLIENT://:9092,BROKERS://:9093", "listener.security.protocol.map=CLIENT:PLAINTEXT,BROKERS:PLAINTEXT",
		"inter.broker.listener.name=BROKERS", "max.connections=1", "offsets.topic.replication.factor=2")
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		open := 0
		for _, port := range []int{9092, 9092, 9093} {
			conn, err := t.Dial(nodes.Addr{ID: "b1", Port: port}, nodes.Framing{}, time.Second)
			if err == nil && t.Write(conn, proto.AppendRequest(nil, proto.Header{}, kmsg.NewPtrMetadataRequest())) == nil {
				if _, err := t.Read(conn, time.Second); err == nil {
					open += port
				}
			}
		}
		require.Equal(w, 9093, open, "brokers have taken what clients may have, and brokers may have more")
	})
}

func TestAConnectionThatNobodyUsesIsClosed(t *testing.T) {
	w := newWorld(t, 7, 1, "connections.max.idle.ms=5000")
	w.client("c1", time.Minute, func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		ask(w, t, conn, kmsg.NewPtrMetadataRequest(), 1)
		t.Sleep(4 * time.Second)
		ask(w, t, conn, kmsg.NewPtrMetadataRequest(), 2)
		_, err := t.Read(conn, 30*time.Second)
		require.ErrorIs(w, err, io.EOF)
	})
}

// A client that asks and asks and does not read gets no more than its share of memory: its next request waits until it has read.
func TestWhoDoesNotReadIsNotAnswered(t *testing.T) {
	w := newWorld(t, 9, 1, "socket.send.buffer.bytes=65536")
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 1))
		p := client.NewProducer(c, client.ProducerConfig{})
		for range 5 {
			require.Equal(w, client.Acknowledged, p.SendTo(t, client.Record{Topic: "orders", Value: make([]byte, 10_000)}).Wait(t).Outcome)
		}
		p.Close(t)
	})
	const asked = 50
	connected, answers := false, 0
	w.begin("c2", func(t *task.T, _ *client.Cluster) {
		conn := dial(w, t)
		connected = true
		t.Sleep(time.Second)
		for i := range int32(asked) {
			r := kmsg.NewPtrFetchRequest()
			r.Version, r.ReplicaID, r.MaxBytes = 11, -1, 1<<20
			rt := kmsg.NewFetchRequestTopic()
			rt.Topic = "orders"
			rp := kmsg.NewFetchRequestTopicPartition()
			rp.PartitionMaxBytes, rp.CurrentLeaderEpoch = 1<<20, -1
			rt.Partitions = append(rt.Partitions, rp)
			r.Topics = append(r.Topics, rt)
			require.NoError(w, t.Write(conn, proto.AppendRequest(nil, proto.Header{Correlation: i}, r)))
		}
		for range asked {
			_, err := t.Read(conn, time.Minute)
			require.NoError(w, err)
			answers++
		}
	})
	w.until(time.Minute, "it is connected", func() bool { return connected })
	before := w.of("b1").Stats.Requests
	cut := w.u.DisturbLinks("stall", [][2]nodes.ID{{"b1", "c2"}}, sim.LinkFault{Cut: true})
	w.run(5 * time.Second)
	b := w.of("b1")
	require.LessOrEqual(t, b.Stats.Requests-before, uint64(3), "two answers fill the buffer")
	require.Positive(t, b.QueuedBytes)
	cut.End()
	w.until(time.Minute, "all is answered", func() bool { return answers == asked })
	require.Zero(t, w.of("b1").QueuedBytes)
}

func TestSettingsAreDescribedWithTheirSources(t *testing.T) {
	w := newWorld(t, 8, 1)
	w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
		require.NoError(w, create(t, c, "orders", 1, 1, "retention.ms", "5000"))
		require.ErrorContains(w, create(t, c, "other", 1, 1, "retention.ms", "soon"), "INVALID_CONFIG")
		conn := dial(w, t)
		r := kmsg.NewPtrDescribeConfigsRequest()
		r.Version, r.IncludeSynonyms = 2, true
		for kind, name := range map[kmsg.ConfigResourceType]string{kmsg.ConfigResourceTypeTopic: "orders", kmsg.ConfigResourceTypeBroker: "1"} {
			res := kmsg.NewDescribeConfigsRequestResource()
			res.ResourceType, res.ResourceName = kind, name
			res.ConfigNames = []string{"retention.ms", "log.dirs"}
			r.Resources = append(r.Resources, res)
		}
		t.Sleep(time.Second) // until the broker has heard of the topic's settings
		for _, res := range ask(w, t, conn, r, 1).(*kmsg.DescribeConfigsResponse).Resources {
			require.Len(w, res.Configs, 1, "%v", res)
			e := res.Configs[0]
			if res.ResourceType == kmsg.ConfigResourceTypeTopic {
				require.Equal(w, "5000", *e.Value)
				require.Equal(w, kmsg.ConfigSourceDynamicTopicConfig, e.Source)
				continue
			}
			require.Equal(w, "/kafka", *e.Value)
			require.Equal(w, kmsg.ConfigSourceStaticBrokerConfig, e.Source)
			require.True(w, e.ReadOnly)
		}
	})
}
