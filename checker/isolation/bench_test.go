package isolation_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	. "orrery/checker/isolation"
)

// allocated is how many bytes a check of h takes in all, also what it has given back.
func allocated(h []Txn) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Check(h, Options{})
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func benchmark(b *testing.B, keys int, lists bool) {
	for _, n := range []int{100_000, 200_000, 400_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := serialHistory(rand.New(rand.NewPCG(1, 3)), n, keys, 20, lists)
			bytes := allocated(h)
			for b.Loop() {
				res := Check(h, Options{})
				require.Equal(b, checker.Holds, res.Verdict, res.Reason)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "txns/s")
			b.ReportMetric(float64(bytes)/float64(n), "B/txn")
		})
	}
}

// BenchmarkListAppend checks transactions of 20 clients on lists of up to 32 elements for strict serializability. B/txn is all
// that was allocated; that it does not grow with the history is what linear memory means.
func BenchmarkListAppend(b *testing.B) { benchmark(b, 16, true) }

// BenchmarkRegisters is the same on 1,000 registers.
func BenchmarkRegisters(b *testing.B) { benchmark(b, 1000, false) }

func TestMemoryIsLinear(t *testing.T) {
	for _, lists := range []bool{true, false} {
		small := serialHistory(rand.New(rand.NewPCG(1, 3)), 5_000, 16, 20, lists)
		large := serialHistory(rand.New(rand.NewPCG(1, 3)), 40_000, 16, 20, lists)
		require.Less(t, allocated(large), 12*allocated(small), "eight times the transactions")
	}
}
