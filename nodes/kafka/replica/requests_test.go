package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// list asks for an offset by time, as a consumer or a follower.
func (b *broker) list(version int16, who int32, iso int8, ms int64) string {
	r := kmsg.NewPtrListOffsetsRequest()
	r.Version, r.ReplicaID, r.IsolationLevel = version, who, iso
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp, p.MaxNumOffsets = tp.Partition, ms, 10
	r.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: tp.Topic, Partitions: []kmsg.ListOffsetsRequestTopicPartition{p}}}
	out := b.dones[b.ask(r)].(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0]
	switch {
	case out.ErrorCode != 0:
		return proto.Code(out.ErrorCode).String()
	case version == 0:
		return fmt.Sprint(out.OldStyleOffsets)
	}
	return fmt.Sprintf("%d in epoch %d", out.Offset, out.LeaderEpoch)
}

func timed(ms int64, v string) []byte {
	var w record.Builder
	w.Reset(record.Fields{})
	w.Add(ms, []byte("k"), []byte(v))
	return w.Batch()
}

func TestOffsetsByTime(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	for i, ms := range []int64{1000, 3000, 2000} {
		w.b(1).ask(produce(-1, 8, timed(ms, fmt.Sprint(i))))
	}
	w.pass(time.Second)
	w.held[[2]int32{2, 1}] = true
	w.b(1).produce(1, "uncommitted")
	b := w.b(1)
	require.Equal(t, "0 in epoch 1", b.list(5, -1, 0, -2))
	require.Equal(t, "3 in epoch 1", b.list(5, -1, 0, -1), "a consumer's latest is the high watermark")
	require.Equal(t, "4 in epoch 1", b.list(5, 2, 0, -1), "a follower's is the log end")
	require.Equal(t, "1 in epoch 1", b.list(5, -1, 0, 1500))
	require.Equal(t, "-1 in epoch -1", b.list(5, -1, 0, 4000), "what is not committed is not found")
	require.Equal(t, "3 in epoch 1", b.list(7, 2, 0, -3), "the largest time of all")
	require.Equal(t, "1 in epoch 1", b.list(7, -1, 0, -3), "the largest of those that a consumer may see")
	require.Equal(t, "[3 0]", b.list(0, -1, 0, -1))
	require.Equal(t, "[0]", b.list(0, -1, 0, -2))
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(2).list(5, -1, 0, -1))
}

// staleLeader is broker 2, elected with a high watermark behind its log end, before anybody has fetched from it.
func staleLeader(t *testing.T, q replica.Quirks) *world {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.b(1).produce(-1, "a")
	w.run() // committed; the followers do not know yet
	require.EqualValues(t, 1, w.b(1).m.Log(tp).HighWatermark())
	require.EqualValues(t, 0, w.b(2).m.Log(tp).HighWatermark())
	w.cut[[2]int32{3, 2}] = true
	w.elect(2, 2, 3)
	w.tell(2, 3)
	w.run()
	return w
}

func TestANewLeaderDoesNotTellAStaleLatestOffset(t *testing.T) {
	w := staleLeader(t, replica.Quirks{})
	require.Equal(t, "OFFSET_NOT_AVAILABLE", w.b(2).list(5, -1, 0, -1))
	require.Equal(t, "LEADER_NOT_AVAILABLE", w.b(2).list(4, -1, 0, -1))
	require.Equal(t, "0 in epoch 1", w.b(2).list(5, -1, 0, -2))
	clear(w.cut)
	w.pass(3 * time.Second)
	require.Equal(t, "1 in epoch 2", w.b(2).list(5, -1, 0, -1))
}

// endOf asks where an epoch ends.
func (b *broker) endOf(current, epoch int32) string {
	r := kmsg.NewPtrOffsetForLeaderEpochRequest()
	r.Version, r.ReplicaID = 3, -1
	p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = tp.Partition, current, epoch
	r.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: tp.Topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{p}}}
	out := b.dones[b.ask(r)].(*kmsg.OffsetForLeaderEpochResponse).Topics[0].Partitions[0]
	if out.ErrorCode != 0 {
		return proto.Code(out.ErrorCode).String()
	}
	return fmt.Sprintf("epoch %d ends at %d", out.LeaderEpoch, out.EndOffset)
}

func TestEpochEndsAreFenced(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	w.elect(1, 1, 2, 3)
	w.tell(1, 2, 3)
	w.pass(time.Second)
	require.Equal(t, "epoch 1 ends at 1", w.b(1).endOf(2, 1))
	require.Equal(t, "epoch 2 ends at 1", w.b(1).endOf(-1, 2))
	require.Equal(t, "FENCED_LEADER_EPOCH", w.b(1).endOf(1, 1))
	require.Equal(t, "UNKNOWN_LEADER_EPOCH", w.b(1).endOf(3, 1))
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(2).endOf(2, 1))
}

func (b *broker) deleteRecords(offset int64) uint64 {
	r := kmsg.NewPtrDeleteRecordsRequest()
	r.Version, r.TimeoutMillis = 1, 5000
	r.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: tp.Topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: tp.Partition, Offset: offset}}}}
	return b.ask(r)
}

func (b *broker) deleted(call uint64) string {
	r, ok := b.dones[call].(*kmsg.DeleteRecordsResponse)
	if !ok {
		return ""
	}
	p := r.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return proto.Code(p.ErrorCode).String()
	}
	return fmt.Sprint(p.LowWatermark)
}

func TestDeleteRecordsWaitsForEveryReplica(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a", "b", "c")
	w.pass(time.Second)
	w.held[[2]int32{1, 3}] = true
	c := w.b(1).deleteRecords(2)
	w.pass(2 * time.Second)
	require.Empty(t, w.b(1).deleted(c), "broker 3 still has all")
	require.EqualValues(t, 2, w.b(2).m.Log(tp).StartOffset())
	clear(w.held)
	w.pass(2 * time.Second)
	require.Equal(t, "2", w.b(1).deleted(c))
	require.EqualValues(t, 2, w.b(3).m.Log(tp).StartOffset())
	require.Equal(t, "OFFSET_OUT_OF_RANGE", w.b(1).deleted(w.b(1).deleteRecords(4)))
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(2).deleted(w.b(2).deleteRecords(3)))

	w.b(2).crash(false)
	c = w.b(1).deleteRecords(-1)
	w.pass(2 * time.Second)
	require.Equal(t, "3", w.b(1).deleted(c), "who is dead is not waited for")
}

func TestDeleteRecordsTimesOut(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	w.held[[2]int32{1, 3}] = true
	c := w.b(1).deleteRecords(1)
	w.pass(6 * time.Second)
	require.Equal(t, "REQUEST_TIMED_OUT", w.b(1).deleted(c))
	require.Zero(t, w.b(1).m.View().Waiting-w.b(1).m.View().Partitions[0].Fetches)
}

// stop asks to stop a replica.
func (b *broker) stop(version int16, ctrl int32, brokerEpoch int64, leaderEpoch int32, remove bool) string {
	r := kmsg.NewPtrStopReplicaRequest()
	r.Version, r.ControllerEpoch, r.BrokerEpoch, r.DeletePartitions = version, ctrl, brokerEpoch, remove
	r.Topics = []kmsg.StopReplicaRequestTopic{{Topic: tp.Topic, Partition: tp.Partition, Partitions: []int32{tp.Partition},
		PartitionStates: []kmsg.StopReplicaRequestTopicPartitionState{{Partition: tp.Partition, LeaderEpoch: leaderEpoch, Delete: remove}}}}
	call := b.ask(r)
	out, ok := b.dones[call].(*kmsg.StopReplicaResponse)
	switch {
	case !ok:
		return "waits"
	case out.ErrorCode != 0 && len(out.Partitions) > 0:
		return "refuses it all, and names what it does not do"
	case out.ErrorCode != 0:
		return proto.Code(out.ErrorCode).String()
	}
	return proto.Code(out.Partitions[0].ErrorCode).String()
}

func TestStopReplicaMindsItsEpochs(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.elect(1, 1, 2, 3)
	w.tell(1, 2, 3)
	w.run()
	b := w.b(2)
	require.Equal(t, "FENCED_LEADER_EPOCH", b.stop(3, 1, b.epoch, 1, false), "late (KIP-570)")
	require.Equal(t, "STALE_CONTROLLER_EPOCH", b.stop(3, 0, b.epoch, 2, false))
	require.Equal(t, "STALE_BROKER_EPOCH", b.stop(3, 1, b.epoch-1, 2, false), "meant for the broker before its restart (KIP-380)")
	require.Equal(t, "following", b.m.View().Partitions[0].Role)
	require.Equal(t, "NONE", b.stop(3, 1, b.epoch+1, 2, false), "a newer epoch is this broker's, which has not heard of it (KAFKA-9839)")
	require.Equal(t, "idle", b.m.View().Partitions[0].Role)
}

func TestADeletedReplicaLeavesNothingBehind(t *testing.T) {
	for _, version := range []int16{0, 1, 2, 3} {
		w := three(t, replica.Config{}, 1)
		w.b(1).produce(-1, "a")
		w.pass(time.Second)
		c := w.b(1).produce(-1, "b")
		require.Equal(t, "NONE", w.b(1).stop(version, 1, w.b(1).epoch, -2, true))
		require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(1).produced(c), "what waited is answered")
		require.Empty(t, w.b(1).m.View().Partitions)
		require.Equal(t, replica.Resigned{Partition: tp, LeaderEpoch: -1}, w.b(1).said[len(w.b(1).said)-1])
		names, err := w.b(1).disk.List("t-0")
		require.NoError(t, err)
		require.Empty(t, names)
		w.elect(1, 1)
		w.tell(1)
		w.run()
		require.EqualValues(t, 0, w.b(1).m.Log(tp).EndOffset())
	}
}

func TestStopReplicaIsAnsweredWhenTheFilesAreGone(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	b := w.b(1)
	b.slow = true
	require.Equal(t, "waits", b.stop(3, 1, b.epoch, -2, true))
	w.elect(2, 1, 2, 3)
	w.tell(1) // the topic was made again meanwhile
	w.run()
	require.Equal(t, "idle", b.m.View().Partitions[0].Role)
	for len(b.syncs) > 0 {
		b.endSync(0)
	}
	b.slow = false
	require.Equal(t, "following", b.m.View().Partitions[0].Role)
	require.Len(t, b.m.View().Partitions, 1)
}

func TestLeaderAndISRMindsItsEpochs(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	b := w.b(2)
	send := func(change func(*kmsg.LeaderAndISRRequest)) string {
		r := w.leaderAndISR(2)
		change(r)
		out := b.dones[b.ask(r)].(*kmsg.LeaderAndISRResponse)
		if out.ErrorCode != 0 {
			return proto.Code(out.ErrorCode).String()
		}
		return proto.Code(out.Partitions[0].ErrorCode).String()
	}
	state := func(r *kmsg.LeaderAndISRRequest) *kmsg.LeaderAndISRRequestTopicPartition {
		return &r.TopicStates[0].PartitionStates[0]
	}
	w.ctrl = 2
	require.Equal(t, "NONE", send(func(r *kmsg.LeaderAndISRRequest) { state(r).Leader = 2 }), "an equal epoch is not carried out")
	require.Equal(t, "following", b.m.View().Partitions[0].Role)
	require.Equal(t, "STALE_CONTROLLER_EPOCH", send(func(r *kmsg.LeaderAndISRRequest) { r.ControllerEpoch = 1 }))
	require.Equal(t, "STALE_BROKER_EPOCH", send(func(r *kmsg.LeaderAndISRRequest) { r.BrokerEpoch-- }))
	require.Equal(t, "STALE_CONTROLLER_EPOCH", send(func(r *kmsg.LeaderAndISRRequest) { state(r).LeaderEpoch = 0 }))
	require.Equal(t, "UNKNOWN_TOPIC_OR_PARTITION", send(func(r *kmsg.LeaderAndISRRequest) { state(r).Replicas = []int32{1, 3} }))
	require.Equal(t, "NONE", send(func(r *kmsg.LeaderAndISRRequest) { state(r).Leader, state(r).LeaderEpoch = 2, 2 }))
	require.Equal(t, []replica.Event{replica.Elected{Partition: tp, LeaderEpoch: 2}}, b.said)
	require.Equal(t, "NONE", send(func(r *kmsg.LeaderAndISRRequest) { state(r).Leader, state(r).LeaderEpoch = -1, 3 }))
	require.Equal(t, replica.Resigned{Partition: tp, LeaderEpoch: 3}, b.said[1])
}

func TestACoordinatorAppendsAndReadsWhatIsCommitted(t *testing.T) {
	w := three(t, replica.Config{}, 2)
	var call uint64
	w.b(1).do(func(e nodes.Env) { call = w.b(1).m.Append(e, tp, batch(record.Fields{}, "group"), 0) })
	require.Empty(t, w.b(1).appended(call))
	f, err := w.b(1).m.Read(w.b(1).env(), tp, 0, 1000)
	require.NoError(t, err)
	require.Empty(t, f.Records, "it is not committed")
	w.run()
	require.Equal(t, []replica.Appended{{Call: call, Partition: tp}}, w.b(1).appended(call))
	f, err = w.b(1).m.Read(w.b(1).env(), tp, 0, 1000)
	require.NoError(t, err)
	require.NotEmpty(t, f.Records)
	e, ok := w.b(1).m.LeaderEpoch(tp)
	require.True(t, ok)
	require.EqualValues(t, 1, e)

	w.b(2).do(func(e nodes.Env) { call = w.b(2).m.Append(e, tp, batch(record.Fields{}, "x"), 0) })
	require.Equal(t, proto.NotLeaderForPartition, w.b(2).appended(call)[0].Code)
	_, err = w.b(2).m.Read(w.b(2).env(), tp, 0, 1000)
	require.Equal(t, proto.NotLeaderForPartition, record.CodeOf(err))
}

func TestAppendsOfACoordinatorEndInTheOrderOfTheLog(t *testing.T) {
	w := three(t, replica.Config{Quirks: quirks(t, "no-hw-after-shrink")}, 1)
	w.pass(time.Second)
	w.held[[2]int32{2, 1}], w.held[[2]int32{3, 1}] = true, true
	b := w.b(1)
	write := func() (call uint64) {
		b.do(func(e nodes.Env) { call = b.m.Append(e, tp, batch(record.Fields{}, "group"), time.Hour) })
		return call
	}
	first := write()
	for len(w.states[tp].ISR) > 1 {
		w.pass(time.Second)
	}
	require.Empty(t, b.appended(first), "the others have left the ISR, and nothing has moved the high watermark yet")
	second := write() // moves it past both
	var order []uint64
	for _, e := range b.said {
		if a, ok := e.(replica.Appended); ok {
			order = append(order, a.Call)
		}
	}
	require.Equal(t, []uint64{first, second}, order)
}

func (b *broker) appended(call uint64) (out []replica.Appended) {
	for _, e := range b.said {
		if a, ok := e.(replica.Appended); ok && a.Call == call {
			out = append(out, a)
		}
	}
	return out
}

func TestLogDirsAndProducersAreDescribed(t *testing.T) {
	w := three(t, replica.Config{Dir: "/data"}, 1)
	w.b(1).ask(produce(-1, 8, batch(record.Fields{Idempotent: true, ProducerID: 7, BaseSequence: 0}, "a", "b")))
	w.pass(time.Second)
	dirs := w.b(2).dones[w.b(2).ask(kmsg.NewPtrDescribeLogDirsRequest())].(*kmsg.DescribeLogDirsResponse).Dirs
	require.Len(t, dirs, 1)
	require.Equal(t, "/data", dirs[0].Dir)
	require.Equal(t, w.b(2).m.Log(tp).Size(), dirs[0].Topics[0].Partitions[0].Size)
	r := kmsg.NewPtrDescribeProducersRequest()
	r.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: tp.Topic, Partitions: []int32{0, 1}}}
	out := w.b(1).dones[w.b(1).ask(r)].(*kmsg.DescribeProducersResponse).Topics[0].Partitions
	require.EqualValues(t, 7, out[0].ActiveProducers[0].ProducerID)
	require.EqualValues(t, 1, out[0].ActiveProducers[0].LastSequence)
	require.EqualValues(t, proto.UnknownTopicOrPartition, out[1].ErrorCode)
	require.Equal(t, log.TopicPartition{Topic: "t"}, tp)
}

// epochEnd is a leader's answer to where an epoch ends.
func epochEnd(epoch int32, end int64) *kmsg.OffsetForLeaderEpochResponse {
	r := kmsg.NewPtrOffsetForLeaderEpochResponse()
	r.Version = 3
	r.Topics = []kmsg.OffsetForLeaderEpochResponseTopic{{Topic: tp.Topic,
		Partitions: []kmsg.OffsetForLeaderEpochResponseTopicPartition{{Partition: tp.Partition, LeaderEpoch: epoch, EndOffset: end}}}}
	return r
}
