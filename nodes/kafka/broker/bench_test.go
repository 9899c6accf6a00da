package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/broker"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

// BenchmarkUniverse is what a whole small universe costs: an ensemble server and three brokers that start, a topic of two partitions
// with three replicas, twenty records that are written with acks=all, each acknowledged before the next, and read.
func BenchmarkUniverse(b *testing.B) {
	z := ensemble(b)
	configs := []*config.Config{brokerConfig(b, 1), brokerConfig(b, 2), brokerConfig(b, 3)}
	var events uint64
	b.ReportAllocs()
	for i := range b.N {
		w := worldOf(b, uint64(i), z, configs, broker.Quirks{}, false)
		w.client("c1", time.Minute, func(t *task.T, c *client.Cluster) {
			for create(t, c, "orders", 2, 3) != nil {
				t.Sleep(100 * time.Millisecond)
			}
			p := client.NewProducer(c, client.ProducerConfig{})
			for n := range 20 {
				write(w, t, p, "orders", int32(n%2), n, n+1)
			}
			p.Close(t)
			require.Len(w, readAll(w, t, c, "orders", 0, false), 10)
		})
		events += w.u.Stats().Events
	}
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}
