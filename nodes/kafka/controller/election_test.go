package controller

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// l is a list of brokers.
func l(ids ...int32) []int32 { return ids }

func TestAnOfflinePartitionIsLedByTheFirstThatLivesAndIsInSync(t *testing.T) {
	for _, c := range []struct {
		assignment, isr, live []int32
		unclean               bool
		leader                int32 // -1: nobody
		dirty                 bool
	}{
		{l(1, 2, 3), l(3, 2), l(2, 3), false, 2, false},
		{l(1, 2, 3), l(1), l(2, 3), false, -1, false},
		{l(1, 2, 3), l(1), l(3, 2), true, 2, true},
		{l(1, 2, 3), l(1), l(1), true, 1, false},
		{l(1), l(1), nil, true, -1, false},
	} {
		leader, dirty, ok := electOffline(c.assignment, c.isr, c.live, c.unclean)
		if c.leader < 0 {
			require.False(t, ok, "%+v", c)
			continue
		}
		require.True(t, ok, "%+v", c)
		require.Equal(t, c.leader, leader, "%+v", c)
		require.Equal(t, c.dirty, dirty, "%+v", c)
	}
}

func TestTheOtherElectionsNeverLeaveTheISR(t *testing.T) {
	leader, ok := electReassigned(l(4, 3, 2), l(2, 3), l(2, 3, 4))
	require.True(t, ok)
	require.Equal(t, int32(3), leader)
	_, ok = electReassigned(l(4), l(2, 3), l(2, 3, 4))
	require.False(t, ok)
	leader, ok = electPreferred(l(1, 2), l(2, 1), l(1, 2))
	require.True(t, ok)
	require.Equal(t, int32(1), leader)
	_, ok = electPreferred(l(1, 2), l(2), l(1, 2))
	require.False(t, ok)
	_, ok = electPreferred(l(1, 2), l(1, 2), l(2))
	require.False(t, ok)
	_, ok = electPreferred(nil, nil, nil)
	require.False(t, ok)
	leader, ok = electShutdown(l(1, 2, 3), l(1, 2, 3), l(1, 2, 3), l(1, 2))
	require.True(t, ok)
	require.Equal(t, int32(3), leader)
	_, ok = electShutdown(l(1), l(1), l(1), l(1))
	require.False(t, ok)
}

func TestTheLastOfAnISRStays(t *testing.T) {
	s := zk.PartitionState{Leader: 1, ISR: l(1, 2)}
	require.Equal(t, zk.PartitionState{Leader: zk.NoLeader, ISR: l(2)}, withoutReplicas(s, l(1)))
	require.Equal(t, zk.PartitionState{Leader: zk.NoLeader, ISR: l(2)}, withoutReplicas(s, l(1, 2)))
	require.Equal(t, zk.PartitionState{Leader: 1, ISR: l(1)}, withoutReplicas(s, l(2, 7)))
}

func TestAReassignmentGoesFromTheOriginalToTheTarget(t *testing.T) {
	a := reassign(zk.Assignment{Replicas: l(1, 2, 3)}, l(4, 3))
	require.Equal(t, zk.Assignment{Replicas: l(4, 3, 1, 2), Adding: l(4), Removing: l(1, 2)}, a)
	require.Equal(t, l(3, 1, 2), original(a))
	require.Equal(t, l(4, 3), target(a))
	b := reassign(a, l(5, 1))
	require.Equal(t, zk.Assignment{Replicas: l(5, 1, 3, 2), Adding: l(5), Removing: l(3, 2)}, b)
	require.Equal(t, zk.Assignment{Replicas: l(3, 1, 2)}, reassign(a, original(a)), "a reassignment that is cancelled")
}

func TestReplicasAreSpreadOverBrokersAndRacks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		n, factor, count := 1+rng.IntN(8), 1+rng.IntN(4), int32(1+rng.IntN(20))
		factor = min(factor, n)
		racks := rng.IntN(4) // 0: none
		var list []candidate
		for i := range n {
			c := candidate{id: int32(i + 1)}
			if racks > 0 {
				c.rack = fmt.Sprint("r", i%racks)
			}
			list = append(list, c)
		}
		out := assign(slices.Clone(list), 0, count, factor, rng.IntN(n), rng.IntN(n))
		leads := map[int32]int{}
		for i, a := range out {
			require.Equal(t, int32(i), a.Partition)
			require.Nil(t, validReplicas(a.Replicas))
			require.Len(t, a.Replicas, factor)
			leads[a.Replicas[0]]++
			var seen []string
			for _, id := range a.Replicas {
				addName(&seen, list[id-1].rack)
			}
			if racks > 0 {
				require.Len(t, seen, min(factor, racks, n), "%v of %v", a, list)
			}
		}
		for _, b := range list {
			require.InDelta(t, float64(count)/float64(n), leads[b.id], 1, "leaders are spread evenly")
		}
	}
}

// The figures are those of AdminUtils' own comment: 10 partitions of 3 replicas on 5 brokers, from 0 with shift 0.
func TestReplicasAreAssignedAsKafkaAssignsThem(t *testing.T) {
	var list []candidate
	for id := range int32(5) {
		list = append(list, candidate{id: id})
	}
	var got [][]int32
	for _, a := range assign(list, 0, 10, 3, 0, 0) {
		got = append(got, a.Replicas)
	}
	require.Equal(t, [][]int32{l(0, 1, 2), l(1, 2, 3), l(2, 3, 4), l(3, 4, 0), l(4, 0, 1), l(0, 2, 3), l(1, 3, 4), l(2, 4, 0), l(3, 0, 1), l(4, 1, 2)}, got)
}

func TestNamesAndSettingsOfTopics(t *testing.T) {
	for _, name := range []string{"a", "a.b_c-D9", string(make([]byte, 0)) + "x"} {
		require.NoError(t, validTopicName(name))
	}
	for _, name := range []string{"", ".", "..", "a/b", "ä", string(slices.Repeat([]byte("a"), 250))} {
		require.Error(t, validTopicName(name), name)
	}
	require.True(t, collides("a.b", "a_b"))
	for _, c := range [][2]string{{"retention.ms", "-1"}, {"cleanup.policy", "compact,delete"}, {"min.cleanable.dirty.ratio", "0.5"}, {"min.cleanable.dirty.ratio", "1.0"},
		{"unclean.leader.election.enable", "TRUE"}, {"compression.type", "zstd"}, {"segment.bytes", "14"}, {"leader.replication.throttled.replicas", "*"}} {
		require.NoError(t, ValidateSetting("topics", c[0], c[1]))
	}
	for _, c := range [][2]string{{"retention.ms", "-2"}, {"retention.ms", "x"}, {"cleanup.policy", "compress"}, {"min.cleanable.dirty.ratio", "1.1"}, {"min.cleanable.dirty.ratio", "."},
		{"unclean.leader.election.enable", "yes"}, {"compression.type", "lzma"}, {"segment.bytes", "13"}, {"no.such.thing", "1"}} {
		require.Error(t, ValidateSetting("topics", c[0], c[1]), c)
	}
	require.NoError(t, ValidateSetting("clients", "producer_byte_rate", "1024"))
}

func TestSettingsStayInOrder(t *testing.T) {
	s := withSetting(withSetting(withSetting(nil, "b", "1"), "a", "2"), "b", "3")
	require.Equal(t, zk.Settings{{Name: "a", Value: "2"}, {Name: "b", Value: "3"}}, s)
	r := &resource{value: zk.Settings{{Name: "cleanup.policy", Value: "delete"}}}
	op := func(op kmsg.IncrementalAlterConfigOp, name, value string) *complaint {
		return r.change(kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: name, Op: op, Value: &value})
	}
	require.Nil(t, op(kmsg.IncrementalAlterConfigOpAppend, "cleanup.policy", "compact"))
	require.Equal(t, zk.Settings{{Name: "cleanup.policy", Value: "delete,compact"}}, r.value)
	require.Nil(t, op(kmsg.IncrementalAlterConfigOpSubtract, "cleanup.policy", "delete"))
	require.Equal(t, zk.Settings{{Name: "cleanup.policy", Value: "compact"}}, r.value)
	require.Equal(t, proto.InvalidConfig, op(kmsg.IncrementalAlterConfigOpAppend, "retention.ms", "1").code)
	require.Nil(t, op(kmsg.IncrementalAlterConfigOpDelete, "cleanup.policy", ""))
	require.Empty(t, r.value)
}
