package replica_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// fetchOne is what a consumer's fetch is answered with, "waits" if it is not yet.
func (b *broker) fetchOne(r *kmsg.FetchRequest) string { return describeFetch(b.w.t, b, b.ask(r)) }

func TestAFetchWaitsForEnoughOrForTime(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	r := consume(0, -1, 11)
	r.MaxWaitMillis, r.MinBytes = 5000, 1
	one := w.b(1).ask(r)
	r.MinBytes = 200
	many := w.b(1).ask(r)
	require.Equal(t, "waits", describeFetch(t, w.b(1), one))
	w.b(1).produce(1, "a")
	require.Equal(t, "waits", describeFetch(t, w.b(1), one), "it is not committed")
	w.run()
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", describeFetch(t, w.b(1), one))
	require.Equal(t, "waits", describeFetch(t, w.b(1), many))
	w.pass(4 * time.Second)
	w.b(1).produce(1, "b")
	w.b(1).produce(1, "c")
	w.run()
	require.Equal(t, "[0:a 1:b 2:c] hw 3 lso 3 start 0", describeFetch(t, w.b(1), many))
	r.MinBytes = 1 << 20
	late := w.b(1).ask(r)
	w.pass(5 * time.Second)
	require.Equal(t, "[0:a 1:b 2:c] hw 3 lso 3 start 0", describeFetch(t, w.b(1), late))
}

func TestAFetchKeepsToItsBytesButMakesProgress(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.b(1).produce(-1, "b")
	w.run()
	r := consume(0, -1, 11)
	r.MaxBytes = 1
	require.Equal(t, "[0:a] hw 2 lso 2 start 0", w.b(1).fetchOne(r), "the first batch comes whole (KIP-74)")
	r = consume(0, -1, 2)
	r.Topics[0].Partitions[0].PartitionMaxBytes = 10
	require.Equal(t, "[] hw 2 lso 2 start 0", w.b(1).fetchOne(r), "version 2 has no such rule")
	require.Equal(t, "OFFSET_OUT_OF_RANGE", w.b(1).fetchOne(consume(3, -1, 11)))
}

func TestAWaitingFetchEndsWithTheLeadership(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	r := consume(0, 1, 10)
	r.MaxWaitMillis, r.MinBytes = 5000, 1
	c := w.b(1).ask(r)
	w.elect(2, 1, 2, 3)
	w.tell(1)
	w.run()
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", describeFetch(t, w.b(1), c))
	require.Zero(t, w.b(1).m.View().Waiting)
}

func TestReadCommittedStopsAtOpenTransactions(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	txn := func(id int64, v string) {
		w.b(1).ask(produce(-1, 8, batch(record.Fields{Idempotent: true, ProducerID: id, Transactional: true}, v)))
	}
	txn(7, "aborted")
	txn(8, "committed")
	w.b(1).produce(-1, "plain")
	w.pass(time.Second)
	committed := consume(0, -1, 11)
	committed.IsolationLevel = 1
	require.Equal(t, "[] hw 3 lso 0 start 0", w.b(1).fetchOne(committed))
	require.Equal(t, "[0:aborted 1:committed 2:plain] hw 3 lso 0 start 0", w.b(1).fetchOne(consume(0, -1, 11)))
	require.Equal(t, "0 in epoch 1", w.b(1).list(5, -1, 1, -1))
	require.Equal(t, []int16{0, 0}, w.markers(tp.Topic, 1, false, 7, 8)[:2])
	require.Equal(t, "[0:aborted 1:committed 2:plain 3!abort 4!abort] hw 5 lso 5 start 0 aborted [{7 0 {map[]}} {8 1 {map[]}}]", w.b(1).fetchOne(committed))
	require.Equal(t, []int16{52}, w.markers(tp.Topic, 0, true, 7), "a coordinator of an older epoch is fenced")
}

// markers ends transactions, and returns the codes.
func (w *world) markers(topic string, coordinator int32, commit bool, producers ...int64) (codes []int16) {
	r := kmsg.NewPtrWriteTxnMarkersRequest()
	for _, id := range producers {
		r.Markers = append(r.Markers, kmsg.WriteTxnMarkersRequestMarker{ProducerID: id, Committed: commit, CoordinatorEpoch: coordinator,
			Topics: []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: topic, Partitions: []int32{0}}}})
	}
	call := w.b(1).ask(r)
	w.pass(time.Second)
	for _, m := range w.b(1).dones[call].(*kmsg.WriteTxnMarkersResponse).Markers {
		codes = append(codes, m.Topics[0].Partitions[0].ErrorCode)
	}
	return codes
}

func TestMarkersInTheOffsetsTopicAreToldWhenCommitted(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	r := w.leaderAndISR(1)
	r.TopicStates[0].Topic = "__consumer_offsets"
	w.b(1).ask(r)
	r = w.leaderAndISR(2)
	r.TopicStates[0].Topic = "__consumer_offsets"
	r.TopicStates[0].PartitionStates[0].ISR = []int32{1, 2}
	w.b(2).ask(r)
	offsets := log.TopicPartition{Topic: "__consumer_offsets"}
	w.states[offsets] = &znode{State: w.states[tp].State}
	w.held[[2]int32{3, 1}] = true
	call := kmsg.NewPtrWriteTxnMarkersRequest()
	call.Markers = []kmsg.WriteTxnMarkersRequestMarker{{ProducerID: 7, ProducerEpoch: 2, Committed: true, CoordinatorEpoch: 1,
		Topics: []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: offsets.Topic, Partitions: []int32{0}}}}}
	w.b(1).ask(call)
	w.pass(time.Second)
	require.NotContains(t, w.b(1).said, replica.MarkerWritten{Partition: offsets, ProducerID: 7, ProducerEpoch: 2, Commit: true})
	w.pass(60 * time.Second) // broker 3 leaves the ISR
	w.b(1).ask(call)
	w.pass(time.Second)
	require.Contains(t, w.b(1).said, replica.MarkerWritten{Partition: offsets, ProducerID: 7, ProducerEpoch: 2, Commit: true})
	require.Equal(t, "INVALID_TOPIC_EXCEPTION", w.b(1).produced(w.b(1).ask(toTopic(offsets.Topic, produce(1, 8, batch(record.Fields{}, "x"))))))
}

func toTopic(topic string, r *kmsg.ProduceRequest) *kmsg.ProduceRequest {
	r.Topics[0].Topic = topic
	return r
}

// racks is a leader in rack a and followers in b and c.
func racks(t *testing.T, q replica.Quirks) *world {
	w := newWorld(t, 3, replica.Config{RackAware: true, Quirks: q}, replica.TopicConfig{})
	w.racks = map[int32]string{1: "a", 2: "b", 3: "c"}
	for _, b := range w.brokers {
		b.crash(false)
		b.boot()
	}
	w.create(1, 2, 3)
	w.run()
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	return w
}

func inRack(rack string, offset int64) *kmsg.FetchRequest {
	r := consume(offset, -1, 11)
	r.Rack = rack
	return r
}

func TestAConsumerIsSentToTheReplicaInItsRack(t *testing.T) {
	w := racks(t, replica.Quirks{})
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", w.b(1).fetchOne(inRack("", 0)))
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", w.b(1).fetchOne(inRack("a", 0)))
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", w.b(1).fetchOne(inRack("d", 0)), "nobody is there")
	require.Equal(t, "[] hw 1 lso 1 start 0 preferred 2", w.b(1).fetchOne(inRack("b", 0)))
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", w.b(2).fetchOne(inRack("b", 0)))
}

// session is a consumer's fetch within a session.
func inSession(id, epoch int32, parts ...kmsg.FetchRequestTopicPartition) *kmsg.FetchRequest {
	r := consume(0, -1, 11)
	r.SessionID, r.SessionEpoch = id, epoch
	r.Topics[0].Partitions = parts
	if len(parts) == 0 {
		r.Topics = nil
	}
	return r
}

func from(partition int32, offset int64, epoch int32) kmsg.FetchRequestTopicPartition {
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.CurrentLeaderEpoch, p.PartitionMaxBytes = partition, offset, epoch, 1<<20
	return p
}

func (b *broker) sessionFetch(r *kmsg.FetchRequest) (*kmsg.FetchResponse, string) {
	call := b.ask(r)
	out, _ := b.dones[call].(*kmsg.FetchResponse)
	return out, describeFetch(b.w.t, b, call)
}

func TestAFetchSessionTellsWhatHasChanged(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	b := w.b(1)
	r, text := b.sessionFetch(inSession(0, 0, from(0, 0, 1)))
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", text)
	id := r.SessionID
	require.NotZero(t, id)
	_, text = b.sessionFetch(inSession(id, 1, from(0, 1, 1)))
	require.Equal(t, "nothing new", text)
	_, text = b.sessionFetch(inSession(id, 2))
	require.Equal(t, "nothing new", text)
	b.produce(-1, "b")
	w.run()
	_, text = b.sessionFetch(inSession(id, 3))
	require.Equal(t, "[1:b] hw 2 lso 2 start 0", text)
	_, text = b.sessionFetch(inSession(id, 3))
	require.Equal(t, "INVALID_FETCH_SESSION_EPOCH", text)
	_, text = b.sessionFetch(inSession(id+1, 1))
	require.Equal(t, "FETCH_SESSION_ID_NOT_FOUND", text)
	forget := inSession(id, 4)
	forget.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: tp.Topic, Partitions: []int32{0}}}
	_, text = b.sessionFetch(forget)
	require.Equal(t, "nothing new", text)
	b.sessionFetch(inSession(id, -1, from(0, 0, 1)))
	_, text = b.sessionFetch(inSession(id, 5))
	require.Equal(t, "FETCH_SESSION_ID_NOT_FOUND", text, "it was closed")
}

func TestFetchSessionsAreBounded(t *testing.T) {
	w := three(t, replica.Config{FetchSessions: 3}, 1)
	w.pass(time.Second)
	require.Equal(t, 2, w.b(1).m.View().Sessions, "those of the followers")
	r, _ := w.b(1).sessionFetch(inSession(0, 0, from(0, 0, 1)))
	require.NotZero(t, r.SessionID)
	r, _ = w.b(1).sessionFetch(inSession(0, 0, from(0, 0, 1)))
	require.Zero(t, r.SessionID, "there is no room, and the fetch is answered in full")
	w.pass(5 * time.Minute)
	r, _ = w.b(1).sessionFetch(inSession(0, 0, from(0, 0, 1)))
	require.NotZero(t, r.SessionID, "the old one has not been used for long")
}

func TestAFollowersSessionSurvivesItsLossAtTheLeader(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.pass(time.Second)
	w.b(1).crash(false)
	w.pass(time.Second)
	w.b(1).boot() // it knows of no session
	w.elect(1, 1, 2, 3)
	w.tell(1, 2, 3)
	w.pass(3 * time.Second)
	c := w.b(1).produce(-1, "a")
	w.pass(time.Second)
	require.Equal(t, "offset 0", w.b(1).produced(c))
}

func TestMemoryIsBounded(t *testing.T) {
	w := three(t, replica.Config{MemoryLimit: 2000}, 1)
	w.pass(time.Second)
	r := consume(0, -1, 11)
	r.MaxWaitMillis = 10_000
	n := 0
	for ; !w.b(1).m.Full(); n++ {
		require.Equal(t, "waits", w.b(1).fetchOne(r))
	}
	require.Less(t, n, 10)
	require.Equal(t, "[] hw 0 lso 0 start 0", w.b(1).fetchOne(r), "it does not wait any more")
	throttled, _ := w.b(1).sessionFetch(r)
	require.EqualValues(t, 100, throttled.ThrottleMillis)
	require.Equal(t, "REQUEST_TIMED_OUT", w.b(1).produced(w.b(1).produce(-1, "a")))
	require.EqualValues(t, 0, w.b(1).m.Log(tp).EndOffset(), "nothing was appended")
	w.pass(11 * time.Second)
	require.False(t, w.b(1).m.Full())
	c := w.b(1).produce(-1, "a")
	w.pass(time.Second)
	require.Equal(t, "offset 0", w.b(1).produced(c))
}
