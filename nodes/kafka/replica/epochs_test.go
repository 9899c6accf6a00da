package replica_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// Compaction takes away the batch that an epoch began with. Who follows a leader that was compacted must know nevertheless where it began: else it
// lets a replica keep what that had appended by itself in the epoch before, once it leads.
func TestAReplicaThatFollowedACompactedLogLetsNobodyKeepAnEarlierEpochsTail(t *testing.T) {
	topic := replica.TopicConfig{Log: log.Config{Compact: true, SegmentBytes: 200, FlushMessages: 1, DirtyPPM: 1}}
	w := newWorld(t, 3, replica.Config{}, topic)
	w.create(3, 1, 2)
	w.run()
	w.b(2).crash(false)
	w.elect(3, 3, 1)
	w.tell(3, 1)
	w.run()
	require.Equal(t, "offset 0", w.b(3).produceNow("0"))
	w.cut[[2]int32{1, 3}] = true
	for range 2 { // of a key of its own, which nothing displaces
		var p record.Builder
		p.Reset(record.Fields{})
		p.Add(start.UnixMilli(), []byte("stale"), []byte("never committed"))
		w.b(3).ask(produce(1, 8, p.Batch()))
	}
	w.b(3).crash(false)
	w.elect(1, 1)
	w.tell(1)
	w.run()
	for i := range 8 {
		w.b(1).produce(1, string(rune('a'+i)))
		w.run()
	}
	w.pass(time.Minute)
	w.b(2).boot()
	w.tell(2)
	w.pass(time.Second)
	require.Equal(t, []int32{1, 2}, w.states[tp].ISR)
	clear(w.cut)
	w.b(3).boot()
	w.elect(2, 2, 1)
	w.tell(2, 1, 3)
	w.pass(time.Second)
	require.ElementsMatch(t, []int32{1, 2, 3}, w.states[tp].ISR)
	require.NotContains(t, w.b(3).dump(t, all), "never committed")
}
