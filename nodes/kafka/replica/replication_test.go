package replica_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/replica"
)

// three is a cluster of three with the partition on all of them, led by broker 1.
func three(t require.TestingT, cfg replica.Config, minISR int) *world {
	w := newWorld(t, 3, cfg, replica.TopicConfig{MinISR: minISR})
	w.create(1, 2, 3)
	w.run()
	return w
}

func TestAcksAllWaitsForTheWholeISR(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	w.held[[2]int32{3, 1}] = true
	w.pass(time.Second)
	c := w.b(1).produce(-1, "a")
	w.run()
	require.Empty(t, w.b(1).produced(c), "broker 3 has not fetched it")
	w.held = map[[2]int32]bool{}
	w.run()
	require.Equal(t, "offset 0", w.b(1).produced(c))
	w.pass(time.Second)
	for _, b := range w.brokers {
		require.Equal(t, "0:a@1", b.dump(t, all))
		require.EqualValues(t, 1, b.m.Log(tp).HighWatermark())
	}
}

func TestAcksOneIsAnsweredAtOnceAndAcksZeroNever(t *testing.T) {
	w := three(t, replica.Config{}, 1)
	require.Equal(t, "offset 0", w.b(1).produced(w.b(1).produce(1, "a")))
	require.Equal(t, "silence", w.b(1).produced(w.b(1).produce(0, "b")))
	require.Equal(t, "NOT_LEADER_FOR_PARTITION", w.b(2).produced(w.b(2).produce(1, "c")))
	require.Zero(t, w.b(1).failed)
	require.Equal(t, "silence", w.b(2).produced(w.b(2).produce(0, "c")))
	require.Equal(t, 1, w.b(2).failed)
	require.Equal(t, "INVALID_REQUIRED_ACKS", w.b(1).produced(w.b(1).produce(2, "c")))
}
