package scenarios

import (
	"testing"

	"orrery/explore/trial"
)

// BenchmarkPaxosFaults is what a campaign is made of: universes of five Paxos replicas and four
// clients, with the faults that the seed draws, every invariant checked after every event, and
// the history checked in the end. One operation is one universe.
func BenchmarkPaxosFaults(b *testing.B) {
	events, virtual, ops := uint64(0), int64(0), 0
	b.ReportAllocs()
	for seed := uint64(1); b.Loop(); seed++ {
		r, err := Paxos().Run(trial.Options{Seed: seed})
		if err != nil {
			b.Fatal(err)
		}
		events += r.Events
		virtual += r.VirtualNS
		ops += r.Ops
	}
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(events)/seconds, "events/s")
	b.ReportMetric(float64(virtual)/1e9/seconds, "virtual-s/s")
	b.ReportMetric(float64(ops)/(float64(virtual)/1e9), "ops/virtual-s")
	b.ReportMetric(float64(events)/float64(b.N), "events/op")
}
