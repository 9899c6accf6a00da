package isolation_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

// BenchmarkListAppend checks 200,000 transactions of 20 clients on lists of up to 32 elements for strict serializability.
func BenchmarkListAppend(b *testing.B) {
	const n = 200_000
	h := serialHistory(rand.New(rand.NewPCG(1, 3)), n, 16, 20, true)
	b.ReportAllocs()
	for b.Loop() {
		res := Check(h, Options{})
		require.Equal(b, checker.Holds, res.Verdict, res.Reason)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "txns/s")
}

// BenchmarkRegisters is the same on registers.
func BenchmarkRegisters(b *testing.B) {
	const n = 200_000
	h := serialHistory(rand.New(rand.NewPCG(1, 3)), n, 1000, 20, false)
	for b.Loop() {
		res := Check(h, Options{})
		require.Equal(b, checker.Holds, res.Verdict, res.Reason)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "txns/s")
}
