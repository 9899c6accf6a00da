package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica"
)

// What displaced the last records may be lost after compaction has removed them: then the log goes on, without a trace, to where the displaced ones
// ended. A follower must get there. It could not join the ISR else, and with too small an ISR there is no append that would help.
func TestAFollowerJoinsTheISROfALeaderWhoseTailCompactionHasEmptied(t *testing.T) {
	topic := replica.TopicConfig{Log: log.Config{Compact: true, SegmentBytes: 200, FlushMessages: 1, DirtyPPM: 1}}
	w := newWorld(t, 3, replica.Config{}, topic)
	w.create(1, 2, 3)
	w.run()
	w.b(3).crash(false)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.run()
	for i := range 2 {
		require.Equal(t, fmt.Sprintf("offset %d", i), w.b(1).produceNow(fmt.Sprint(i)))
	}
	// Broker 2 is cut off and keeps these two alone, while broker 1 goes on with the same key, and cleans.
	w.b(2).crash(false)
	w.elect(1, 1)
	w.tell(1)
	w.run()
	for i := range 6 {
		w.b(1).produce(1, fmt.Sprint(2+i))
		w.run()
	}
	w.pass(time.Minute)
	require.Equal(t, "5:5@3 6:6@3 7:7@3", w.b(1).dump(t, all))

	// An unclean election: broker 1 follows the one that knows of nothing of this, and is left with nothing.
	w.b(2).boot()
	w.elect(2, 2)
	w.tell(2, 1)
	w.pass(time.Second)
	require.EqualValues(t, 2, w.b(1).m.Log(tp).EndOffset())
	require.Zero(t, w.b(1).m.Log(tp).Size())

	w.b(2).crash(false)
	w.b(3).boot()
	w.elect(1, 1)
	w.tell(1, 3)
	w.pass(time.Second)
	require.Equal(t, []int32{1, 3}, w.states[tp].ISR)
	require.EqualValues(t, 2, w.b(3).m.Log(tp).EndOffset(), "it gives no offset out once more, if it is elected")
	require.Equal(t, "offset 2", w.b(1).produceNow("2"))
	require.Equal(t, w.b(1).m.Log(tp).Epochs(), w.b(3).m.Log(tp).Epochs())
}

// produceNow produces with acks=all, and lets everything run.
func (b *broker) produceNow(values ...string) string {
	call := b.produce(-1, values...)
	b.w.run()
	return b.produced(call)
}
