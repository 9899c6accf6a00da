package etcdraft_test

import (
	"testing"
	"time"

	"orrery/sim"
)

func calm(seed uint64) sim.Config {
	ms := sim.Dist{Min: time.Millisecond}
	return sim.Config{Seed: seed, Net: sim.NetConfig{Delay: ms}, Disk: sim.DiskConfig{Sync: ms}}
}

func BenchmarkEtcdRaft(b *testing.B) {
	for _, think := range []time.Duration{50 * time.Millisecond, 0} {
		b.Run("think="+think.String(), func(b *testing.B) {
			b.ReportAllocs()
			var ops, events int
			for i := range b.N {
				k := newCluster(calm(uint64(i)), config{members: 3, clients: 3, keys: 8, think: think, until: time.Minute})
				k.Run(time.Minute)
				ops += k.history.Len()
				events += int(k.Stats().Events)
			}
			b.ReportMetric(float64(ops)/float64(b.N), "ops")
			b.ReportMetric(float64(events)/float64(b.N), "events")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
		})
	}
}
