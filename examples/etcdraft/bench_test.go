package etcdraft_test

import (
	"testing"
	"time"

	"orrery/sim"
)

// calm is a network and disks without surprises.
func calm(seed uint64) sim.Config {
	ms := sim.Dist{Min: time.Millisecond}
	return sim.Config{Seed: seed, Net: sim.NetConfig{Delay: ms}, Disk: sim.DiskConfig{Sync: ms}}
}

// BenchmarkEtcdRaft is one universe of 60 virtual seconds: three members, three closed-loop clients, half of whose
// operations are gets through ReadIndex, no faults. A message needs 1 ms and a sync needs 1 ms, so an
// operation takes 5 to 8 ms. What the clients do in between decides how much work a universe is:
//
//   - think=50ms: they think for 0 to 100 ms before each operation; about 3,200 operations;
//   - think=0s: they do not think at all; about 31,000 operations.
//
// The time is of one goroutine, and of a collector that may use other cores.
func BenchmarkEtcdRaft(b *testing.B) {
	for _, think := range []time.Duration{50 * time.Millisecond, 0} {
		b.Run("think="+think.String(), func(b *testing.B) {
			b.ReportAllocs()
			var ops, events uint64
			for seed := uint64(0); b.Loop(); seed++ {
				k := newCluster(calm(seed), config{members: 3, clients: 3, keys: 8, think: think, until: time.Minute})
				k.Run(time.Minute)
				ops += uint64(k.history.Len())
				events += k.Stats().Events
			}
			b.ReportMetric(float64(ops)/float64(b.N), "ops")
			b.ReportMetric(float64(events)/float64(b.N), "events")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
