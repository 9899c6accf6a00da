package replica_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

func TestTheHighWatermarkSurvivesByItsCheckpoint(t *testing.T) {
	w := three(t, replica.Config{CheckpointInterval: 5 * time.Second}, 1)
	w.pass(4 * time.Second)
	w.b(1).produce(-1, "a")
	w.pass(900 * time.Millisecond)
	w.b(1).crash(false)
	w.b(1).boot()
	require.EqualValues(t, 0, w.b(1).m.Log(tp).HighWatermark(), "it was not written yet")
	w.elect(1, 1, 2, 3)
	w.tell(1, 2, 3)
	w.pass(10 * time.Second)
	w.b(1).crash(false)
	w.b(1).boot()
	require.EqualValues(t, 1, w.b(1).m.Log(tp).HighWatermark())
	require.Equal(t, "idle", w.lead1().Role, "nobody has said who leads")
}

func TestCompactionRunsBesideTheRest(t *testing.T) {
	w := newWorld(t, 1, replica.Config{}, replica.TopicConfig{Log: log.Config{Compact: true, SegmentBytes: 200, FlushMessages: 1, DirtyPPM: 1}})
	w.create(1)
	w.run()
	for i := range 30 {
		require.Equal(t, fmt.Sprintf("offset %d", i), w.b(1).produced(w.b(1).produce(-1, fmt.Sprint(i)))) // all of one key
	}
	before := w.b(1).m.Log(tp).Size()
	w.pass(time.Minute)
	require.Less(t, w.b(1).m.Log(tp).Size(), before/2)
	require.True(t, strings.HasSuffix(w.b(1).dump(t, all), "29:29@1"))
	require.EqualValues(t, 30, w.b(1).m.Log(tp).EndOffset())
}

func TestRetentionMovesTheLogStartOnEveryReplica(t *testing.T) {
	w := newWorld(t, 3, replica.Config{}, replica.TopicConfig{Log: log.Config{SegmentBytes: 100, RetentionBytes: 150, RetentionTime: -1}})
	w.create(1, 2, 3)
	w.run()
	for i := range 10 {
		w.b(1).produce(-1, fmt.Sprint(i))
		w.run()
	}
	w.pass(time.Minute)
	start := w.b(1).m.Log(tp).StartOffset()
	require.Positive(t, start)
	require.Equal(t, start, w.b(2).m.Log(tp).StartOffset())
	require.Equal(t, "OFFSET_OUT_OF_RANGE", w.b(1).fetchOne(consume(0, -1, 11)))
}

func TestACorruptLogRefusesToStart(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a", "b")
	w.pass(time.Second)
	w.b(1).do(func(e nodes.Env) { w.b(1).m.Shutdown(e) })
	b := w.b(1)
	b.crash(false)
	name := "t-0/00000000000000000000.log"
	require.NoError(t, b.disk.WriteAt(name, []byte("garbage"), record.HeaderSize+2))
	m := replica.New(replica.Config{Broker: 1})
	b.up = true
	err := m.Boot(b.env())
	if err == nil { // what is below the recovery point is looked at when it is read
		_, err = m.Log(tp).Read(b.machine(), nil, 0, 1000, true, log.LogEnd)
	}
	var corrupt *log.CorruptError
	require.True(t, errors.As(err, &corrupt), "%v", err)
	require.Contains(t, err.Error(), name)
}

// A broker with a partition whose batch rots serves an error, and not the batch.
func TestDamageIsNotServed(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	require.NoError(t, w.b(1).disk.WriteAt("t-0/00000000000000000000.log", []byte("garbage"), record.HeaderSize+2))
	require.Equal(t, "KAFKA_STORAGE_ERROR", w.b(1).fetchOne(consume(0, -1, 11)))
	require.NoError(t, w.b(1).halted)
	require.Equal(t, "[0:a] hw 1 lso 1 start 0", w.b(2).fetchOne(consume(0, -1, 11)))
}
