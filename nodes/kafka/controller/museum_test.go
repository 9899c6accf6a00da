package controller_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
	"orrery/sim"
)

func createTopic(name string, partitions int32, factor int16) *kmsg.CreateTopicsRequest {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.Version, r.TimeoutMillis = 5, 20000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, factor
	r.Topics = append(r.Topics, t)
	return r
}

var orders = log.TopicPartition{Topic: "orders"}

// museumRig is a settled cluster with a defect, or without, and a topic whose one partition is on some brokers.
func museumRig(t *testing.T, defect string, brokers int, replicas ...int32) *rig {
	r := newRig(t, 1, brokers)
	for _, d := range controller.Defects() {
		if d.Name == defect {
			d.Set(&r.quirks)
		}
	}
	for _, d := range zk.Defects() {
		if d.Name == defect {
			d.Set(&r.zquirks)
		}
	}
	r.until("settled", func() bool { return r.settled(brokers) })
	q := createTopic("orders", -1, -1)
	a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
	a.Replicas = replicas
	q.Topics[0].ReplicaAssignment = append(q.Topics[0].ReplicaAssignment, a)
	resp := r.ask(q).(*kmsg.CreateTopicsResponse)
	require.Equal(t, proto.None, proto.Code(resp.Topics[0].ErrorCode))
	r.until("settled", func() bool { return r.settled(brokers) })
	r.slow = true
	return r
}

// alter has a leader change its ISR.
func (r *rig) alter(leader nodes.ID, isr ...int32) {
	m := r.members[leader]
	m.do(func(env nodes.Env) { m.alter(env, orders, isr) })
	r.run(2 * time.Second)
}

// gone kills brokers one after the other, and waits until they are taken for gone.
func (r *rig) gone(list ...nodes.ID) {
	for _, id := range list {
		n := len(r.view().Brokers)
		r.kill(id)
		r.until("gone", func() bool { return r.settled(n - 1) })
	}
}

// with runs a test with a defect and without it. In what is common nothing else may differ.
func with(t *testing.T, defect string, f func(t *testing.T, name string, defective bool)) {
	t.Run(defect, func(t *testing.T) { f(t, defect, true) })
	t.Run("without "+defect, func(t *testing.T) { f(t, "", false) })
}

func TestUncleanElectionLetsAReplicaLeadThatIsNotInSync(t *testing.T) {
	with(t, "unclean-by-default", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 3, 2, 3)
		r.gone("b3", "b2")
		require.Equal(t, []int32{2}, r.ledger.states[orders].ISR)
		r.u.Machine("b3").Start(0)
		r.until("back", func() bool { return r.settled(2) })
		if defective {
			require.Equal(t, int32(3), r.ledger.states[orders].Leader, "what only broker 2 has is lost")
			return
		}
		require.Equal(t, zk.NoLeader, r.ledger.states[orders].Leader)
	})
}

func TestABrokerThatShutsDownLeavesTheISRs(t *testing.T) {
	with(t, "shutting-down-stays-in-isr", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 3, 2, 3)
		m := r.members["b3"]
		m.do(m.c.Shutdown)
		r.until("let go", func() bool { return m.ready != nil })
		require.True(t, m.ready.Clean)
		require.Equal(t, defective, has(r.ledger.states[orders].ISR, 3))
	})
}

func TestMetadataTellsTheEpochThatAReassignmentRaises(t *testing.T) {
	with(t, "stale-epoch-in-context", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 3, 1, 2)
		r.ask(reassignTo("orders", 0, 3, 2))
		r.until("settled", func() bool { return r.settled(3) })
		require.Equal(t, int32(1), r.ledger.states[orders].LeaderEpoch)
		require.Equal(t, int32(1), r.members["b1"].parts[orders].state.LeaderEpoch, "the leader knows")
		require.Equal(t, defective, r.members["b2"].meta[orders] < 1, "and clients are told the old one: UNKNOWN_LEADER_EPOCH for ever")
	})
}

func TestAReassignmentTakesWhomItRemovesOutOfTheISR(t *testing.T) {
	with(t, "removed-stays-in-isr", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 4, 2, 3)
		r.gone("b3")
		r.alter("b2", 2, 3) // a leader that does not know who lives takes it in again
		r.ask(reassignTo("orders", 0, 2, 4))
		r.run(2 * time.Second)
		r.alter("b2", 2, 3, 4)
		require.Equal(t, []int32{2, 4}, r.ledger.topics["orders"].Partitions[0].Replicas)
		require.Equal(t, defective, has(r.ledger.states[orders].ISR, 3))
		require.Equal(t, defective, r.u.Violation() != nil)
	})
}

func TestAReassignmentWaitsForItsWholeTarget(t *testing.T) {
	with(t, "completes-before-isr", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 4, 2, 3)
		r.gone("b3")
		r.ask(reassignTo("orders", 0, 4, 3))
		r.run(2 * time.Second)
		r.alter("b2", 2, 4)
		require.NotContains(t, r.ledger.states[orders].ISR, int32(3))
		a := r.ledger.topics["orders"].Partitions[0]
		require.Equal(t, defective, len(a.Adding)+len(a.Removing) == 0, "%+v: one replica holds the data", a)
	})
}

// A reassignment is held against the assignment of the moment at which it begins: it may wait for one that is just being completed.
func TestACancelThatComesTooLateDeletesNothing(t *testing.T) {
	for _, to := range [][]int32{nil, {2}} {
		r := museumRig(t, "", 3, 2)
		r.ask(reassignTo("orders", 0, 3))
		m := r.members["b2"]
		m.do(func(env nodes.Env) { m.alter(env, orders, []int32{2, 3}) })
		for r.ledger.states[orders].Leader != 3 {
			r.run(time.Millisecond)
		}
		require.NotEmpty(t, r.ledger.topics["orders"].Partitions[0].Removing, "it is not over")
		code := r.ask(reassignTo("orders", 0, to...)).(*kmsg.AlterPartitionAssignmentsResponse).Topics[0].Partitions[0].ErrorCode
		r.run(2 * time.Second)
		require.Equal(t, int32(3), r.ledger.states[orders].Leader)
		require.Contains(t, r.ledger.states[orders].ISR, int32(3))
		if to == nil {
			require.Equal(t, proto.NoReassignmentInProgress, proto.Code(code))
			require.Equal(t, []int32{3}, r.ledger.topics["orders"].Partitions[0].Replicas)
		}
	}
}

func TestALateStopReplicaIsKnownByItsLeaderEpoch(t *testing.T) {
	with(t, "stop-replica-without-epoch", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 3, 2, 3)
		m := r.members["b3"]
		m.do(m.c.Shutdown)
		r.until("stopped", func() bool { return len(m.stops) > 0 })
		late := m.stops[0]
		m.parts[orders] = &part{state: zk.PartitionState{Leader: 2, LeaderEpoch: 9}}
		m.stop(late)
		require.Equal(t, defective, m.parts[orders] == nil, "a replica that is wanted again")
	})
}

func TestADeposedControllerIsFencedInTheMiddleOfItsWork(t *testing.T) {
	with(t, "no-controller-epoch-guard", func(t *testing.T, name string, defective bool) {
		r := museumRig(t, name, 4, 3, 4)
		r.u.DisturbLinks("slow", [][2]nodes.ID{{"b1", "z"}, {"z", "b1"}}, sim.LinkFault{Delay: sim.Dist{Min: 50 * time.Millisecond}})
		r.kill("b3")
		r.until("work", func() bool { return len(r.members["b1"].c.Inspect().(controller.View).Brokers) == 3 })
		m := r.members["b2"]
		m.do(func(env nodes.Env) {
			m.store.Do(env, zk.Unguarded, zk.Op{Verb: zk.Delete, Key: zk.Key{Kind: zk.KindController}, Version: -1})
		})
		r.until("another one", func() bool { return r.ledger.epoch == 2 })
		var slower [][2]nodes.ID // so slow that the old one's next write comes before the new one's first
		for _, id := range []nodes.ID{"b2", "b4"} {
			slower = append(slower, [2]nodes.ID{id, "z"}, [2]nodes.ID{"z", id})
		}
		r.u.DisturbLinks("slower", slower, sim.LinkFault{Delay: sim.Dist{Min: 400 * time.Millisecond}})
		r.run(10 * time.Second)
		if !defective {
			require.Nil(t, r.u.Violation())
			_, active := r.members["b1"].c.Active()
			require.False(t, active)
			return
		}
		require.NotNil(t, r.u.Violation())
		require.Equal(t, "S13 guard", r.u.Violation().Property)
	})
}

func TestAnEarlierIncarnationIsKnownByItsBrokerEpoch(t *testing.T) {
	require.True(t, controller.StaleBrokerEpoch(7, 6, controller.Quirks{}))
	require.False(t, controller.StaleBrokerEpoch(7, 7, controller.Quirks{}))
	require.False(t, controller.StaleBrokerEpoch(7, 8, controller.Quirks{}), "KAFKA-9839: the broker has not heard of itself yet")
	require.False(t, controller.StaleBrokerEpoch(7, -1, controller.Quirks{}))
	require.True(t, controller.StaleBrokerEpoch(7, 8, controller.Quirks{NewerBrokerEpochRefused: true}))
	require.False(t, controller.StaleBrokerEpoch(7, 6, controller.Quirks{NoBrokerEpoch: true}))
}

// TestChaosFindsADefect: these need no script; the campaign that the correct controllers pass finds them.
func TestChaosFindsADefect(t *testing.T) {
	for name, most := range map[string]uint64{"no-broker-epoch": 60, "isr-without-cas": 10} {
		t.Run(name, func(t *testing.T) {
			for seed := range most {
				r := newRig(t, seed, 4)
				for _, d := range controller.Defects() {
					if d.Name == name {
						d.Set(&r.quirks)
					}
				}
				for _, d := range zk.Defects() {
					if d.Name == name {
						d.Set(&r.zquirks)
					}
				}
				if r.chaos() != "" {
					return
				}
			}
			t.Fatalf("%d seeds, and nothing", most)
		})
	}
}

// A leader may take whom it is told of into the ISR. So nobody is told of a new target's replicas before the topic's record names them: in between the
// ISR could have somebody who is no replica. What an earlier target would have had leaves the ISR first, and the leader is told of that.
func TestALeaderIsToldOfNoReplicaThatTheRecordDoesNotName(t *testing.T) {
	r := museumRig(t, "", 4, 2)
	r.ask(reassignTo("orders", 0, 3, 4))
	r.alter("b2", 2, 3)
	leader, added := r.members["b2"].parts, r.members["b1"].parts
	require.Equal(t, []int32{3, 4}, r.ledger.topics["orders"].Partitions[0].Adding)
	was := leader[orders].state.LeaderEpoch
	r.send(reassignTo("orders", 0, 1))
	between := false
	for range 20_000 {
		r.run(100 * time.Microsecond)
		record := r.ledger.topics["orders"].Partitions[0].Replicas
		between = between || leader[orders].state.LeaderEpoch > was && !slices.Contains(record, 1)
		for _, b := range leader[orders].replicas {
			require.Contains(t, record, b)
		}
		require.True(t, added[orders] == nil || slices.Contains(record, 1), "who is no replica yet is not told to be one")
	}
	require.True(t, between, "the leader was told of the ISR before the record was written")
	require.Contains(t, leader[orders].replicas, int32(1), "and of the new target afterwards")
}
