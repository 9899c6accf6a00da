package scenarios

import (
	"runtime/debug"
	"testing"

	"orrery/explore/trial"
	"orrery/trace"
)

// BenchmarkPaxosFaults is what a campaign is made of: universes of five Paxos replicas and four
// clients, with the faults that the seed draws, every invariant checked after every event, and
// the history checked in the end. One operation is one universe, as "orrery run paxos" runs them;
// busy has the clients work through the whole of it, at about a hundred operations a virtual
// second.
func BenchmarkPaxosFaults(b *testing.B) {
	for _, c := range []struct {
		name string
		ops  int
	}{{"default", 0}, {"busy", 2000}} {
		b.Run(c.name, func(b *testing.B) { benchmarkPaxos(b, trial.Options{Ops: c.ops}) })
	}
}

// BenchmarkPaxosRecorded is the default while the trace of every universe is recorded.
func BenchmarkPaxosRecorded(b *testing.B) {
	b.Run("off", func(b *testing.B) { benchmarkPaxos(b, trial.Options{}) })
	b.Run("on", func(b *testing.B) { benchmarkPaxos(b, trial.Options{Recorder: new(trace.Recorder)}) })
}

func benchmarkPaxos(b *testing.B, o trial.Options) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
	events, virtual, ops := uint64(0), int64(0), 0
	b.ReportAllocs()
	for o.Seed = 1; b.Loop(); o.Seed++ {
		if rec, ok := o.Recorder.(*trace.Recorder); ok {
			rec.Reset()
		}
		r, err := Paxos().Run(o)
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
