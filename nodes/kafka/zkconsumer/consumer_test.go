package zkconsumer

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/zab/client"
	zproto "orrery/nodes/zab/proto"
)

func TestTwoConsumersDivideThePartitions(t *testing.T) {
	r := newRig(t, 5)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	require.Equal(t, []int32{0, 1, 2}, r.reads("a"))
	require.Equal(t, []int32{3, 4}, r.reads("b"))
	require.Equal(t, []string{"g_a-0", "g_a-0", "g_a-0", "g_b-0", "g_b-0"}, r.owners("look"))
	r.complete()

	var reg registration
	r.zk("look2", func(s *client.Session) {
		d := s.Do(client.Get("/consumers/g/ids/g_a", false))
		data := d.Response.(*zproto.GetDataResponse).Data
		require.NoError(t, json.Unmarshal(data, &reg))
		require.Contains(t, string(data), `{"version":1,"subscription":{"t":1},"pattern":"static","timestamp":"`)
	})
	require.Equal(t, map[string]int{"t": 1}, reg.Subscription)
}

func TestAConsumerThatLeavesIsReadOnFromWhereItWas(t *testing.T) {
	r := newRig(t, 2)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	settled := r.u.Now()
	a := r.by["a"]
	a.Close()
	r.pass(3 * time.Second)
	require.True(t, a.Inspect().Closed)
	require.Equal(t, []int32{0, 1}, r.reads("b"))
	require.Zero(t, r.twice(settled), "its offsets were stored before its partitions were given up")
	r.complete()
}

func TestAConsumerThatDiesIsReplacedWhenItsSessionEnds(t *testing.T) {
	r := newRig(t, 2)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	r.u.Machine("a").Kill(0)
	r.pass(session / 2)
	require.Equal(t, []int32{1}, r.reads("b"))
	r.pass(2 * session)
	require.Equal(t, []int32{0, 1}, r.reads("b"))
	r.complete()
}

// TestEveryChangeWakesEveryConsumer counts the herd.
func TestEveryChangeWakesEveryConsumer(t *testing.T) {
	r := newRig(t, 6)
	names := []string{"a", "b", "c", "d", "e"}
	for _, n := range names {
		r.start(n, nil)
	}
	r.pass(20 * time.Second)
	before := map[string]int{}
	for _, n := range names {
		before[n] = r.by[n].Inspect().Rebalances
		require.False(t, r.by[n].Inspect().Failed)
	}
	r.start("f", nil)
	r.pass(10 * time.Second)
	for _, n := range names {
		require.Equal(t, before[n]+1, r.by[n].Inspect().Rebalances, "%s is woken though it keeps what it has, or not", n)
	}
	for i, n := range append(names, "f") {
		require.Equal(t, []int32{int32(i)}, r.reads(n))
	}
	r.complete()
}

func TestMorePartitionsWakeTheGroup(t *testing.T) {
	r := newRig(t, 1)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(4 * time.Second)
	require.Empty(t, r.reads("b"))
	r.zk("admin", func(s *client.Session) { s.Do(client.Set("/brokers/topics/t", r.topic(2), -1)) })
	r.parts = 2
	r.pass(4 * time.Second)
	require.Equal(t, []int32{1}, r.reads("b"))
	r.complete()
}

// TestBothReadAPartitionUntilTheOneThatLostItNotices is the split brain: who is cut off from ZooKeeper reads on.
func TestBothReadAPartitionUntilTheOneThatLostItNotices(t *testing.T) {
	r := newRig(t, 2)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	require.Equal(t, []int32{0}, r.reads("a"))
	cut := r.u.Now()
	r.deafen("a", 3*session)
	r.pass(3 * session)
	require.Equal(t, []int32{0, 1}, r.reads("b"))
	require.Equal(t, []int32{0}, r.reads("a"), "it cannot know")
	require.NotZero(t, r.twice(cut))
	r.pass(3 * session)
	require.Equal(t, []int32{0}, r.reads("a"), "it has come back")
	require.Equal(t, []int32{1}, r.reads("b"))
	healed := r.u.Now()
	r.pass(2 * time.Second)
	require.Zero(t, r.twice(healed), "and the window is over")
	r.complete()
}

func TestAPauseLongerThanTheSessionEndsInOneOwner(t *testing.T) {
	r := newRig(t, 2)
	r.start("a", nil)
	r.start("b", nil)
	r.pass(5 * time.Second)
	r.u.Machine("a").Pause()
	r.pass(2 * session)
	require.Equal(t, []int32{0, 1}, r.reads("b"))
	resumed := r.u.Now()
	r.u.Machine("a").Resume()
	r.pass(3 * time.Second)
	require.Equal(t, []int32{0}, r.reads("a"))
	require.Equal(t, []int32{1}, r.reads("b"))
	last := resumed
	for i, m := range r.read {
		for _, x := range r.read[:i] {
			if m.at >= resumed && x.TopicPartition == m.TopicPartition && x.Offset == m.Offset {
				last = m.at
			}
		}
	}
	require.Less(t, last-resumed, session, "what is read twice after the pause is read before it notices")
	r.complete()
}

func TestRangeAssignsWhatKafkaDoes(t *testing.T) {
	v := &view{consumers: map[string]map[string]int{"c1": {"t": 2, "u": 1}, "c2": {"t": 1}}, partitions: map[string][]int32{"t": {0, 1, 2, 3, 4}, "u": {0}}}
	got, err := v.assign(Range)
	require.NoError(t, err)
	tp := func(topic string, p int32) log.TopicPartition { return log.TopicPartition{Topic: topic, Partition: p} }
	require.Equal(t, map[log.TopicPartition]string{
		tp("t", 0): "c1-0", tp("t", 1): "c1-0", tp("t", 2): "c1-1", tp("t", 3): "c1-1", tp("t", 4): "c2-0", tp("u", 0): "c1-0",
	}, got)
}

func TestRoundRobinDealsOutAllTopics(t *testing.T) {
	v := &view{consumers: map[string]map[string]int{"c1": {"t": 1, "u": 1}, "c2": {"t": 1, "u": 1}}, partitions: map[string][]int32{"t": {0, 1, 2}, "u": {0, 1, 2}}}
	got, err := v.assign(RoundRobin)
	require.NoError(t, err)
	n := map[string]int{}
	for _, stream := range got {
		n[stream]++
	}
	require.Equal(t, map[string]int{"c1-0": 3, "c2-0": 3}, n)
	require.EqualValues(t, 87540032, hash(log.TopicPartition{Topic: "t", Partition: 0}), "Java's \"[t,0]\".hashCode()")
	v.consumers["c2"] = map[string]int{"t": 1}
	_, err = v.assign(RoundRobin)
	require.ErrorIs(t, err, errUnlike)
}
