package replica_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// Whatever a client writes into a request, it is answered, once, and the broker lives.
func TestAnyRequestIsAnswered(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := three(rt, replica.Config{FetchWaitMax: 10 * time.Second}, 1+rapid.IntRange(0, 1).Draw(rt, "min isr"))
		w.b(1).produce(-1, "a", "b")
		w.pass(time.Second)
		before := len(w.b(1).dones)
		var calls []uint64
		for range rapid.IntRange(1, 6).Draw(rt, "requests") {
			calls = append(calls, w.b(1).ask(anyRequest(rt)))
			w.pass(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "ms")) * time.Millisecond)
		}
		w.pass(70 * time.Second)
		require.NoError(rt, w.b(1).halted)
		for _, c := range calls {
			_, ok := w.b(1).dones[c]
			require.True(rt, ok)
		}
		require.Len(rt, w.b(1).dones, before+len(calls))
	})
}

var (
	odd16  = rapid.SampledFrom([]int16{-2, -1, 0, 1, 2, 77})
	odd32  = rapid.SampledFrom([]int32{-1 << 31, -2, -1, 0, 1, 2, 3, 500, 60_000})
	odd64  = rapid.SampledFrom([]int64{-1 << 63, -3, -2, -1, 0, 1, 2, 3, 1 << 40, 1<<63 - 1})
	topics = rapid.SampledFrom([]string{"t", "t", "t", "u", "", "__consumer_offsets"})
)

func anyRequest(t *rapid.T) kmsg.Request {
	topic, n := topics.Draw(t, "topic"), rapid.SampledFrom([]int32{0, 0, 0, 1, -1}).Draw(t, "partition")
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		r := produce(odd16.Draw(t, "acks"), int16(rapid.IntRange(3, 8).Draw(t, "version")), anyBatch(t))
		r.TimeoutMillis = odd32.Draw(t, "timeout")
		r.Topics[0].Topic, r.Topics[0].Partitions[0].Partition = topic, n
		return r
	case 1, 2:
		return anyFetch(t, topic, n)
	case 3:
		r := kmsg.NewPtrListOffsetsRequest()
		r.Version, r.ReplicaID = int16(rapid.IntRange(0, 5).Draw(t, "version")), odd32.Draw(t, "replica")
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Partition, p.Timestamp, p.CurrentLeaderEpoch, p.MaxNumOffsets = n, odd64.Draw(t, "time"), odd32.Draw(t, "epoch"), odd32.Draw(t, "most")
		r.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: topic, Partitions: []kmsg.ListOffsetsRequestTopicPartition{p}}}
		return r
	case 4:
		r := kmsg.NewPtrOffsetForLeaderEpochRequest()
		r.Version, r.ReplicaID = int16(rapid.IntRange(0, 3).Draw(t, "version")), odd32.Draw(t, "replica")
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.Partition, p.LeaderEpoch, p.CurrentLeaderEpoch = n, odd32.Draw(t, "epoch"), odd32.Draw(t, "current")
		r.Topics = []kmsg.OffsetForLeaderEpochRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetForLeaderEpochRequestTopicPartition{p}}}
		return r
	case 5:
		r := kmsg.NewPtrDeleteRecordsRequest()
		r.TimeoutMillis = odd32.Draw(t, "timeout")
		r.Topics = []kmsg.DeleteRecordsRequestTopic{{Topic: topic, Partitions: []kmsg.DeleteRecordsRequestTopicPartition{{Partition: n, Offset: odd64.Draw(t, "offset")}}}}
		return r
	}
	r := kmsg.NewPtrWriteTxnMarkersRequest()
	r.Markers = []kmsg.WriteTxnMarkersRequestMarker{{ProducerID: odd64.Draw(t, "producer"), ProducerEpoch: odd16.Draw(t, "epoch"), CoordinatorEpoch: odd32.Draw(t, "coordinator"),
		Topics: []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: topic, Partitions: []int32{n, n}}}}}
	return r
}

func anyBatch(t *rapid.T) []byte {
	switch rapid.IntRange(0, 3).Draw(t, "batch") {
	case 0:
		return rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
	case 1:
		b := batch(record.Fields{}, "x")
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return b
	}
	return batch(record.Fields{Idempotent: true, ProducerID: odd64.Draw(t, "producer"), ProducerEpoch: odd16.Draw(t, "epoch"), BaseSequence: odd32.Draw(t, "sequence")}, "x")
}

func anyFetch(t *rapid.T, topic string, n int32) *kmsg.FetchRequest {
	r := consume(odd64.Draw(t, "offset"), odd32.Draw(t, "epoch"), int16(rapid.IntRange(0, 12).Draw(t, "version")))
	r.MaxWaitMillis, r.MinBytes, r.MaxBytes = odd32.Draw(t, "wait"), odd32.Draw(t, "min"), odd32.Draw(t, "max")
	r.IsolationLevel = int8(odd16.Draw(t, "isolation"))
	r.SessionID, r.SessionEpoch = odd32.Draw(t, "session"), odd32.Draw(t, "session epoch")
	r.ReplicaID = rapid.SampledFrom([]int32{-2, -1, -1, 9}).Draw(t, "replica")
	p := &r.Topics[0].Partitions[0]
	p.Partition, p.PartitionMaxBytes, p.LastFetchedEpoch, p.LogStartOffset = n, odd32.Draw(t, "bytes"), odd32.Draw(t, "last"), odd64.Draw(t, "start")
	r.Topics[0].Topic = topic
	if rapid.Bool().Draw(t, "twice") {
		r.Topics = append(r.Topics, r.Topics[0])
	}
	return r
}
