package kafkainterop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func text(s string) *string { return &s }

// Topics are made, described, given more partitions and other settings, and deleted.
func TestTopicsAreAdministered(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("orders", 2, 3, map[string]*string{"retention.ms": text("100000")})
	_, err := adm.CreateTopic(soon(t), 1, 1, nil, "orders")
	require.ErrorIs(t, err, kerr.TopicAlreadyExists)
	_, err = adm.CreateTopic(soon(t), 1, 4, nil, "wide")
	require.ErrorIs(t, err, kerr.InvalidReplicationFactor)
	_, err = adm.CreateTopic(soon(t), 1, 1, nil, "no/name")
	require.ErrorIs(t, err, kerr.InvalidTopicException)
	_, err = adm.CreateTopic(soon(t), 1, 1, map[string]*string{"retention.ms": text("long")}, "bad")
	require.ErrorIs(t, err, kerr.InvalidConfig)

	require.Equal(t, "100000", c.config(adm, "orders", "retention.ms"))
	altered, err := adm.AlterTopicConfigs(soon(t), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "cleanup.policy", Value: text("compact")},
		{Op: kadm.DeleteConfig, Name: "retention.ms"}}, "orders")
	require.NoError(t, err)
	require.NoError(t, altered[0].Err)
	c.eventually(30*time.Second, func() bool {
		return c.config(adm, "orders", "cleanup.policy") == "compact" && c.config(adm, "orders", "retention.ms") == "604800000"
	}, func() string { return "the new settings are not there" })
	brokers, err := adm.DescribeBrokerConfigs(soon(t), 1)
	require.NoError(t, err)
	require.NoError(t, brokers[0].Err)
	require.Greater(t, len(brokers[0].Configs), 20)

	more, err := adm.UpdatePartitions(soon(t), 5, "orders")
	require.NoError(t, err)
	require.NoError(t, more.Error())
	c.eventually(30*time.Second, func() bool {
		d, err := adm.ListTopics(soon(t), "orders")
		return err == nil && len(d["orders"].Partitions) == 5
	}, func() string { return "the new partitions are not there" })

	gone, err := adm.DeleteTopics(soon(t), "orders", "nothing")
	require.NoError(t, err)
	require.NoError(t, gone["orders"].Err)
	require.ErrorIs(t, gone["nothing"].Err, kerr.UnknownTopicOrPartition)
	c.eventually(30*time.Second, func() bool {
		d, err := adm.ListTopics(soon(t))
		return err == nil && !d.Has("orders")
	}, func() string { return "the topic is still there" + c.logs() })
	c.topic("orders", 1, 3, nil) // and may be made again
}

// config is the value of a topic's setting.
func (c *cluster) config(adm *kadm.Client, topic, key string) string {
	all, err := adm.DescribeTopicConfigs(soon(c), topic)
	require.NoError(c, err)
	require.NoError(c, all[0].Err)
	for _, k := range all[0].Configs {
		if k.Key == key {
			return k.MaybeValue()
		}
	}
	return "there is no " + key
}

// Offsets are listed by place and by time; the beginning of a partition is deleted, and is then nowhere.
func TestOffsetsAreListedAndRecordsDeleted(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("log", 1, 3, nil)
	cl := c.client()
	write(t, cl, "log", numbers(0, 10)...)
	time.Sleep(20 * time.Millisecond)
	between := time.Now().UnixMilli()
	time.Sleep(20 * time.Millisecond)
	write(t, cl, "log", numbers(10, 10)...)
	offset := func(l kadm.ListedOffsets, err error) int64 {
		require.NoError(t, err)
		require.NoError(t, l.Error())
		return l["log"][0].Offset
	}
	require.EqualValues(t, 0, offset(adm.ListStartOffsets(soon(t), "log")))
	require.EqualValues(t, 20, offset(adm.ListEndOffsets(soon(t), "log")))
	require.EqualValues(t, 10, offset(adm.ListOffsetsAfterMilli(soon(t), between, "log")))

	deleted, err := adm.DeleteRecords(soon(t), kadm.Offsets{"log": {0: {Topic: "log", At: 15}}})
	require.NoError(t, err)
	require.NoError(t, deleted.Error())
	require.EqualValues(t, 15, deleted["log"][0].LowWatermark)
	require.EqualValues(t, 15, offset(adm.ListStartOffsets(soon(t), "log")))
	deleted, err = adm.DeleteRecords(soon(t), kadm.Offsets{"log": {0: {Topic: "log", At: 100}}})
	require.NoError(t, err)
	require.ErrorIs(t, deleted["log"][0].Err, kerr.OffsetOutOfRange)

	dirs, err := adm.DescribeAllLogDirs(soon(t), nil)
	require.NoError(t, err)
	require.Len(t, dirs, 3)
	for id, d := range dirs {
		require.NoError(t, d.Error(), id)
		require.Positive(t, d.Size(), id)
	}
}

// A partition moves to other brokers while it is written; its leaders are elected; nothing is lost on the way.
func TestPartitionsMoveAndAreLedAnew(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	ctx := soon(t)
	c.topic("move", 1, 1, nil)
	cl := c.client()
	n := 0
	for round, replicas := range [][]int32{{1, 2}, {2, 3}, {3, 1, 2}, {1, 2, 3}, {3}} {
		write(t, cl, "move", numbers(n, 50)...)
		n += 50
		var req kadm.AlterPartitionAssignmentsReq
		req.Assign("move", 0, replicas)
		changed, err := adm.AlterPartitionAssignments(ctx, req)
		require.NoError(t, err)
		require.NoError(t, changed.Error())
		write(t, cl, "move", numbers(n, 50)...)
		n += 50
		c.eventually(30*time.Second, func() bool {
			left, err := adm.ListPartitionReassignments(ctx, kadm.TopicsSet{"move": {0: {}}})
			d, err2 := adm.ListTopics(ctx, "move")
			return err == nil && err2 == nil && len(left) == 0 && fmt.Sprint(d["move"].Partitions[0].Replicas) == fmt.Sprint(replicas)
		}, func() string { return fmt.Sprintf("round %d: the partition is not at %v%s", round, replicas, c.logs()) })
	}
	var req kadm.AlterPartitionAssignmentsReq
	req.Assign("move", 0, []int32{2, 1})
	_, err := adm.AlterPartitionAssignments(ctx, req)
	require.NoError(t, err)
	c.eventually(30*time.Second, func() bool {
		d, err := adm.ListTopics(ctx, "move")
		return err == nil && fmt.Sprint(d["move"].Partitions[0].Replicas) == "[2 1]" && len(d["move"].Partitions[0].ISR) == 2
	}, func() string { return "the partition is not at [2 1]" + c.logs() })
	c.brokers[1].Stop()
	c.eventually(30*time.Second, func() bool {
		d, err := adm.ListTopics(ctx, "move")
		return err == nil && d["move"].Partitions[0].Leader == 1
	}, func() string { return "the first does not lead" + c.logs() })
	c.brokers[1].start()
	c.allKnown()
	c.eventually(30*time.Second, func() bool {
		elected, err := adm.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{"move": {0: {}}})
		return err == nil && (elected["move"][0].Err == nil || elected["move"][0].Err == kerr.ElectionNotNeeded)
	}, func() string { return "the preferred replica is not elected" + c.logs() })
	c.eventually(30*time.Second, func() bool {
		d, err := adm.ListTopics(ctx, "move")
		return err == nil && d["move"].Partitions[0].Leader == 2
	}, func() string { return "the preferred replica does not lead" + c.logs() })
	require.Equal(t, numbers(0, n), values(read(t, c.client(kgo.ConsumeTopics("move")), n)))
}

// Groups are listed, described, their offsets set and deleted.
func TestGroupsAreAdministered(t *testing.T) {
	c := start(t, 3, "")
	adm := c.admin()
	c.topic("g", 2, 3, nil)
	write(t, c.client(), "g", numbers(0, 20)...)
	offsets := kadm.Offsets{}
	offsets.AddOffset("g", 0, 3, -1)
	offsets.AddOffset("g", 1, 4, -1)
	require.NoError(t, adm.CommitAllOffsets(soon(t), "idle", offsets))
	m := c.join("busy", "g")
	c.divided(adm, "busy", map[string]int{"kgo": 2})
	groups, err := adm.ListGroups(soon(t))
	require.NoError(t, err)
	require.Equal(t, []string{"busy", "idle"}, groups.Groups())
	d, err := adm.DescribeGroups(soon(t), "idle")
	require.NoError(t, err)
	require.Equal(t, "Empty", d["idle"].State)
	deleted, err := adm.DeleteGroups(soon(t), "idle", "busy", "nobody")
	require.NoError(t, err)
	require.NoError(t, deleted["idle"].Err)
	require.ErrorIs(t, deleted["busy"].Err, kerr.NonEmptyGroup)
	require.ErrorIs(t, deleted["nobody"].Err, kerr.GroupIDNotFound)
	fetched, err := adm.FetchOffsets(soon(t), "idle")
	require.NoError(t, err)
	require.Empty(t, fetched)
	m.end()
	m.cl.Close()
	dropped, err := adm.DeleteOffsets(soon(t), "busy", kadm.TopicsSet{"g": {0: {}}})
	require.NoError(t, err)
	require.NoError(t, dropped.Error())
}

// What is asked of a broker that is not its affair is answered with who is to be asked.
func TestTheWrongBrokerSaysSo(t *testing.T) {
	c := start(t, 3, "")
	c.topic("one", 1, 1, nil)
	cl := c.client()
	led := c.leader("one")
	for _, b := range c.brokers {
		req := kmsg.NewPtrListOffsetsRequest()
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Timestamp = -1
		req.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: "one", Partitions: []kmsg.ListOffsetsRequestTopicPartition{p}}}
		req.ReplicaID = -1
		answer, err := cl.Broker(int(b.id)).Request(soon(t), req)
		require.NoError(t, err)
		code := kerr.ErrorForCode(answer.(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0].ErrorCode)
		if led == b {
			require.NoError(t, code)
		} else {
			require.ErrorIs(t, code, kerr.NotLeaderForPartition)
		}
	}
}
