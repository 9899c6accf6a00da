package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// eventually asks until the answer is the one that is wanted: what a controller has done reaches the brokers later.
func eventually(w *world, t *task.T, what string, f func() bool) {
	for range 600 {
		if f() {
			return
		}
		t.Sleep(50 * time.Millisecond)
	}
	require.Fail(w, "never: "+what)
}

func TestAnAdministratorMakesChangesAndRemovesTopics(t *testing.T) {
	w := newWorld(t, 1)
	w.run("c1", func(t *task.T, c *client.Cluster) {
		require.NoError(w, c.CreateTopic(t, client.NewTopic{Name: "x", Assignment: [][]int32{{1, 2}, {2, 3}}, Configs: []client.Setting{{Name: "retention.ms", Value: "1000000"}}}))
		require.Equal(w, proto.TopicAlreadyExists, client.CodeOf(c.CreateTopic(t, client.NewTopic{Name: "x"})))
		require.Equal(w, proto.InvalidReplicationFactor, client.CodeOf(c.CreateTopic(t, client.NewTopic{Name: "y", Partitions: 1, Replicas: 4})))
		eventually(w, t, "leaders", func() bool {
			parts, err := c.Partitions(t, "x")
			return err == nil && len(parts) == 2 && parts[0].Leader == 1 && parts[1].Leader == 2 || c.Refresh(t, "x") != nil
		})
		names, err := c.Topics(t, false)
		require.NoError(w, err)
		require.Equal(w, []string{"x"}, names)

		require.NoError(w, c.Configure(t, client.TopicResource("x"), []client.Setting{{Name: "segment.bytes", Value: "2000000"}}, []string{"retention.ms"}))
		eventually(w, t, "the configuration", func() bool {
			settings, err := c.Configs(t, client.TopicResource("x"))
			require.NoError(w, err)
			got := map[string]client.Setting{}
			for _, s := range settings {
				got[s.Name] = s
			}
			return got["segment.bytes"].Value == "2000000" && !got["segment.bytes"].Default && got["retention.ms"].Default
		})
		settings, err := c.Configs(t, client.BrokerResource(2, "2"))
		require.NoError(w, err)
		require.NotEmpty(w, settings)

		require.NoError(w, c.CreatePartitions(t, "x", 3, nil))
		require.Equal(w, proto.InvalidPartitions, client.CodeOf(c.CreatePartitions(t, "x", 2, nil)))
		eventually(w, t, "the third partition", func() bool {
			_ = c.Refresh(t, "x")
			parts, err := c.Partitions(t, "x")
			return err == nil && len(parts) == 3
		})
		require.NoError(w, c.Reassign(t, tp{Topic: "x"}, []int32{3, 1}))
		eventually(w, t, "the move", func() bool {
			moves, err := c.Reassignments(t)
			require.NoError(w, err)
			_ = c.Refresh(t, "x")
			parts, err := c.Partitions(t, "x")
			return err == nil && len(moves) == 0 && len(parts[0].Replicas) == 2 && parts[0].Replicas[0] == 3
		})
		require.NoError(w, c.ElectLeader(t, tp{Topic: "x"}, false))
		eventually(w, t, "the preferred leader", func() bool {
			_ = c.Refresh(t, "x")
			parts, err := c.Partitions(t, "x")
			return err == nil && parts[0].Leader == 3
		})
		require.NoError(w, c.DeleteTopic(t, "x"))
		eventually(w, t, "the end of the topic", func() bool {
			names, err := c.Topics(t, false)
			require.NoError(w, err)
			return len(names) == 0
		})
		require.Equal(w, proto.UnknownTopicOrPartition, client.CodeOf(c.DeleteTopic(t, "x")))
	})
}

func TestAnAdministratorLooksAfterRecordsAndGroups(t *testing.T) {
	w := newWorld(t, 2)
	w.run("c1", func(t *task.T, c *client.Cluster) {
		w.topic(t, c, "a", 1)
		p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1})
		first := t.Now().UnixMilli()
		for i := range 10 {
			r := value(i)
			r.Timestamp = first + int64(i)
			require.Equal(w, client.Acknowledged, p.SendTo(t, r).Wait(t).Outcome)
		}
		at, err := c.OffsetAt(t, p0, first+4, false)
		require.NoError(w, err)
		require.EqualValues(w, 4, at)
		start, err := c.DeleteRecords(t, p0, 3)
		require.NoError(w, err)
		require.EqualValues(w, 3, start)
		require.Equal(w, upTo(10)[3:], w.all(t, c, p0, false))

		r := client.NewConsumer(c, client.ConsumerConfig{Group: "g", Instance: "static", AutoCommit: time.Hour})
		require.NoError(w, r.Subscribe("a"))
		for n := 0; n < 7; {
			records, err := r.Poll(t, time.Second)
			require.NoError(w, err)
			n += len(records)
		}
		g, err := c.DescribeGroup(t, "g")
		require.NoError(w, err)
		require.Equal(w, "Stable", g.State)
		require.Len(w, g.Members, 1)
		require.Equal(w, "static", g.Members[0].Instance)
		require.Equal(w, []tp{p0}, g.Members[0].Parts)
		require.Equal(w, proto.NonEmptyGroup, client.CodeOf(c.DeleteGroup(t, "g")))
		r.Close(t) // and stays a member: it is static

		eventually(w, t, "the end of the session", func() bool {
			g, err = c.DescribeGroup(t, "g")
			require.NoError(w, err)
			return g.State == "Empty"
		})
		offsets, err := c.GroupOffsets(t, "g")
		require.NoError(w, err)
		require.Len(w, offsets, 1)
		require.EqualValues(w, 10, offsets[0].Offset)
		outcome, err := c.SetGroupOffsets(t, "g", []client.Offset{{TopicPartition: p0, Offset: 5, LeaderEpoch: -1}})
		require.NoError(w, err)
		require.Equal(w, client.Acknowledged, outcome)
		names, err := c.Groups(t)
		require.NoError(w, err)
		require.Equal(w, []string{"g"}, names)
		require.NoError(w, c.DeleteGroup(t, "g"))
		names, err = c.Groups(t)
		require.NoError(w, err)
		require.Empty(w, names)
	})
}

func TestAClientThatKnowsNoVersionsAsksForThem(t *testing.T) {
	for _, told := range []bool{false, true} {
		w := newToys(t, 1, 1)
		config := w.config()
		config.Negotiate, config.Told = true, told
		w.run(config, func(tt *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{})
			require.Equal(t, client.Acknowledged, p.SendTo(tt, value(0)).Wait(tt).Outcome)
		})
		require.Equal(t, "1 ApiVersions", w.seen[0])
	}
}

func TestBootstrapListsAreRead(t *testing.T) {
	addrs, ok := client.ParseAddrs("n1:9092, [::1]:9093")
	require.True(t, ok)
	require.Equal(t, []nodes.Addr{{ID: "n1", Port: 9092}, {ID: "::1", Port: 9093}}, addrs)
	for _, bad := range []string{"", "n1", ":9092", "n1:", "n1:0", "n1:70000", "n1:9092,"} {
		_, ok := client.ParseAddrs(bad)
		require.False(t, ok, bad)
	}
}
