package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
	"orrery/trace"
)

// One seed decides everything: two runs with topics, groups, transactions and faults have one hash.
func TestOneSeedIsOneRun(t *testing.T) {
	run := func(seed uint64) trace.Hash {
		w := newWorld(t, seed, 3)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			require.NoError(w, create(t, c, "in", 3, 3))
			require.NoError(w, create(t, c, "out", 3, 3))
			require.NoError(w, create(t, c, "orders", 2, 3))
		})
		written := 0
		w.begin("c2", func(t *task.T, c *client.Cluster) { transform(w, t, c, "c2", &written) })
		w.begin("c3", func(t *task.T, c *client.Cluster) { transform(w, t, c, "c3", &written) })
		w.begin("c4", func(t *task.T, c *client.Cluster) {
			p := client.NewProducer(c, client.ProducerConfig{})
			for i := 0; ; i++ {
				p.SendTo(t, client.Record{Topic: "in", Partition: int32(i % 3), Value: []byte{byte(i)}}).Wait(t)
				t.Sleep(50 * time.Millisecond)
			}
		})
		w.strike(seed)
		require.Positive(t, written)
		return w.u.Hash()
	}
	first := run(60)
	require.Equal(t, first, run(60))
	require.NotEqual(t, first, run(61))
}
