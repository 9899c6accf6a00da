package memory_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/guarantee/memory"
)

// BenchmarkModels checks 20,000 operations of 10 sessions that lag behind one log.
func BenchmarkModels(b *testing.B) {
	const n = 20_000
	h := atomic(rand.New(rand.NewPCG(1, 3)), n, 10, 20, true)
	for _, name := range []string{"pram", "sessions", "causal", "causal convergence", "causal memory", "sequential"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := models[name](h, Options{Steps: 1 << 40})
				require.Equal(b, checker.Holds, r.Verdict, r.Reason)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
