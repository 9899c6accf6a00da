package scenarios

import (
	"runtime/debug"
	"testing"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes/commit"
)

// BenchmarkCommit is universes of three shards and two coordinators, with the faults that the seed draws, every property
// checked, as "orrery run commit" runs them.
func BenchmarkCommit(b *testing.B) {
	for _, p := range commit.Protocols() {
		b.Run(p.String(), func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
			s := CommitScenario()
			events := uint64(0)
			b.ReportAllocs()
			for seed := uint64(1); b.Loop(); seed++ {
				r, err := trial.Run(trial.Options{Seed: seed}, func(w *trial.World) error { return buildCommitOf(w, s, p) })
				if err != nil || r.Verdict != checker.Holds {
					b.Fatal(err, r)
				}
				events += r.Events
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "universes/s")
			b.ReportMetric(float64(events)/float64(b.N), "events/op")
		})
	}
}
