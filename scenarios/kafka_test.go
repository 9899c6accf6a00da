package scenarios

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

func kafkaRun(t testing.TB, o trial.Options) *trial.Result {
	t.Helper()
	r, err := Kafka().Run(o)
	require.NoError(t, err)
	return r
}

func TestAClusterOfBrokersKeepsItsPromises(t *testing.T) {
	ops := 0
	for seed := uint64(1); seed <= 60; seed++ {
		r := kafkaRun(t, trial.Options{Seed: seed})
		require.NotEqual(t, checker.Violated, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
		ops += r.Ops
	}
	require.Greater(t, ops, 2000)
}

// BenchmarkKafkaUniverse is what a hunt through a cluster's defects is made of. Small is the scope in which published searches
// work: three brokers, one server of the ensemble, and at most twenty operations.
func BenchmarkKafkaUniverse(b *testing.B) {
	for _, c := range []struct {
		name string
		o    trial.Options
	}{
		{"small", trial.Options{Nodes: 3, Clients: 1, Ops: 20, Nemesis: []string{"crash"}}},
		{"default", trial.Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
			b.ReportAllocs()
			events := uint64(0)
			o := c.o
			for o.Seed = 1; b.Loop(); o.Seed++ {
				events += kafkaRun(b, o).Events
			}
			b.ReportMetric(float64(events)/float64(b.N), "events/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "universes/s")
		})
	}
}
