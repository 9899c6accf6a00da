package replica_test

import (
	"errors"
	"slices"
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

func idempotent(seq int32, v string) []byte {
	return batch(record.Fields{Idempotent: true, ProducerID: 7, BaseSequence: seq}, v)
}

func TestADuplicateIsAcknowledgedWhenTheOriginalIsCommitted(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.held[[2]int32{3, 1}] = true
	w.pass(time.Second)
	b := w.b(1)
	first, again := b.ask(produce(-1, 8, idempotent(0, "a"))), b.ask(produce(-1, 8, idempotent(0, "a")))
	w.run()
	require.Empty(t, b.produced(again))
	clear(w.held)
	w.run()
	require.Equal(t, "offset 0", b.produced(first))
	require.Equal(t, "offset 0", b.produced(again))
	require.EqualValues(t, 1, b.m.Log(tp).EndOffset())
	require.Equal(t, "OUT_OF_ORDER_SEQUENCE_NUMBER", b.produced(b.ask(produce(-1, 8, idempotent(2, "c")))))
}

func TestAProduceIsHeldAgainstItsVersionsRules(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	b := w.b(1)
	two := append(batch(record.Fields{}, "a"), batch(record.Fields{}, "b")...)
	require.Equal(t, "INVALID_RECORD", b.produced(b.ask(produce(1, 8, two))))
	require.Equal(t, "CORRUPT_MESSAGE", b.produced(b.ask(produce(1, 8, two[:40]))))
	require.Equal(t, "CORRUPT_MESSAGE", b.produced(b.ask(produce(1, 8, nil))))
	zstd := batch(record.Fields{Codec: record.Zstd}, "a")
	require.Equal(t, "UNSUPPORTED_COMPRESSION_TYPE", b.produced(b.ask(produce(1, 6, zstd))))
	require.Equal(t, "offset 0", b.produced(b.ask(produce(1, 7, zstd))))
	broken := batch(record.Fields{}, "a")
	broken[len(broken)-1] ^= 1
	require.Equal(t, "CORRUPT_MESSAGE", b.produced(b.ask(produce(1, 8, broken))))
	r := produce(1, 8, batch(record.Fields{}, "a"))
	r.Topics[0].Partitions[0].Partition = 9
	require.Equal(t, "UNKNOWN_TOPIC_OR_PARTITION", b.produced(b.ask(r)))
}

func TestTheISRIsCountedAgainAfterTheAppend(t *testing.T) {
	w := three(t, replica.Config{Quirks: replica.Quirks{}}, 2)
	w.pass(time.Second)
	w.held[[2]int32{2, 1}], w.held[[2]int32{3, 1}] = true, true
	r := produce(-1, 8, batch(record.Fields{}, "a"))
	r.TimeoutMillis = 600_000
	c := w.b(1).ask(r)
	w.pass(60 * time.Second)
	require.Empty(t, w.b(1).produced(c), "the high watermark stands still below min.insync.replicas")
	w.topic.MinISR = 1
	w.b(1).do(func(e nodes.Env) { w.b(1).m.TopicConfigChanged(e, tp.Topic) })
	require.Equal(t, "offset 0", w.b(1).produced(c))

	// The same with what let the high watermark move then: the record stays, and the producer is told.
	w = three(t, replica.Config{Quirks: quirks(t, "hw-below-min-isr")}, 2)
	w.pass(time.Second)
	w.held[[2]int32{2, 1}], w.held[[2]int32{3, 1}] = true, true
	c = w.b(1).ask(r)
	w.pass(60 * time.Second)
	require.Equal(t, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", w.b(1).produced(c))
}

func quirks(t require.TestingT, name string) (q replica.Quirks) {
	defect(t, name).Set(&q)
	return q
}

// transactional is a produce in a transaction.
func transactional(id int64, epoch int16, seq int32, v string) *kmsg.ProduceRequest {
	r := produce(-1, 8, batch(record.Fields{Idempotent: true, ProducerID: id, ProducerEpoch: epoch, BaseSequence: seq, Transactional: true}, v))
	name := "txn"
	r.TransactionID = &name
	return r
}

// verifies are the verifications that a broker has asked for.
func (b *broker) verifies() (out []replica.Verify) {
	for _, e := range b.said {
		if v, ok := e.(replica.Verify); ok {
			out = append(out, v)
		}
	}
	return out
}

func (b *broker) verified(call uint64, c proto.Code) {
	b.do(func(e nodes.Env) { b.m.Verified(e, call, []replica.PartitionCode{{Partition: tp, Code: c}}) })
}

func verifying(t *testing.T) (*world, *broker) {
	w := newWorld(t, 3, replica.Config{}, replica.TopicConfig{Log: log.Config{VerifyNewTxns: true}})
	w.create(1, 2, 3)
	w.run()
	return w, w.b(1)
}

func TestATransactionIsVerifiedBeforeItsFirstAppend(t *testing.T) {
	w, b := verifying(t)
	c := b.ask(transactional(7, 0, 0, "a"))
	require.Empty(t, b.produced(c))
	require.EqualValues(t, 0, b.m.Log(tp).EndOffset())
	v := b.verifies()
	require.Equal(t, []replica.Verify{{Call: v[0].Call, TransactionalID: "txn", ProducerID: 7, Partitions: []log.TopicPartition{tp}}}, v)
	b.verified(v[0].Call, proto.None)
	w.run()
	require.Equal(t, "offset 0", b.produced(c))
	c = b.ask(transactional(7, 0, 1, "b"))
	w.run()
	require.Equal(t, "offset 1", b.produced(c), "the log knows the transaction now")
	require.Len(t, b.verifies(), 1)
}

func TestATransactionThatTheCoordinatorDoesNotKnowIsRefused(t *testing.T) {
	w, b := verifying(t)
	for _, c := range []struct{ says, told proto.Code }{
		{proto.InvalidTxnState, proto.InvalidTxnState},
		{proto.InvalidProducerIDMapping, proto.InvalidTxnState},
		{proto.ConcurrentTransactions, proto.NotEnoughReplicas},
		{proto.NotCoordinator, proto.NotEnoughReplicas},
	} {
		call := b.ask(transactional(7, 0, 0, "a"))
		v := b.verifies()
		b.verified(v[len(v)-1].Call, c.says)
		require.Equal(t, c.told.String(), b.produced(call))
	}
	call := b.ask(transactional(7, 0, 0, "a"))
	w.pass(2 * time.Second)
	require.Equal(t, "NOT_ENOUGH_REPLICAS", b.produced(call), "nobody has answered in time")
	require.EqualValues(t, 0, b.m.Log(tp).EndOffset())
	v := b.verifies()
	b.verified(v[len(v)-1].Call, proto.None)
	require.EqualValues(t, 0, b.m.Log(tp).EndOffset(), "too late")
}

func TestAMarkerVoidsAVerification(t *testing.T) {
	w, b := verifying(t)
	c := b.ask(transactional(7, 0, 0, "late"))
	v := b.verifies()
	require.Equal(t, []int16{0}, w.markers(tp.Topic, 1, false, 7)) // the time-out has aborted it meanwhile
	b.verified(v[0].Call, proto.None)
	w.run()
	require.Equal(t, "NOT_ENOUGH_REPLICAS", b.produced(c), "it has waited too long already")
	c = b.ask(transactional(8, 0, 0, "late"))
	v = b.verifies()
	marker := kmsg.NewPtrWriteTxnMarkersRequest()
	marker.Markers = []kmsg.WriteTxnMarkersRequestMarker{{ProducerID: 8, CoordinatorEpoch: 1,
		Topics: []kmsg.WriteTxnMarkersRequestMarkerTopic{{Topic: tp.Topic, Partitions: []int32{0}}}}}
	b.ask(marker)
	b.verified(v[len(v)-1].Call, proto.None)
	w.run()
	require.Equal(t, "INVALID_TXN_STATE", b.produced(c), "the transaction that was verified has ended (KAFKA-14884)")
}

func TestTheBrokerHaltsWhenItsDiskFails(t *testing.T) {
	w := three(t, replica.Config{Dir: "/data"}, 1)
	b := w.b(1)
	b.fail = nodes.ErrIO
	b.produce(1, "a")
	require.ErrorIs(t, b.halted, nodes.ErrIO)
	require.ErrorContains(t, b.halted, "log directory /data has failed: appending to t-0")
	b = w.b(2)
	b.do(func(e nodes.Env) { b.m.Synced(e, nodes.Tag{Name: log.TagName, N: 1}, errors.New("fsync")) })
	require.ErrorContains(t, b.halted, "has failed: a sync")
}

func TestACleanShutdownAnswersAndFlushes(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.held[[2]int32{3, 1}] = true
	w.pass(time.Second)
	b := w.b(1)
	c := b.produce(-1, "a")
	b.do(func(e nodes.Env) { b.m.Shutdown(e) })
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", b.produced(c))
	require.True(t, slices.Contains(b.said, replica.Event(replica.Stopped{})))
	require.Empty(t, b.timers)
	b.crash(true)
	b.boot()
	require.Equal(t, "0:a@1", b.dump(t, all), "it was flushed")
	require.EqualValues(t, 1, b.m.Log(tp).RecoveryPoint())
}
