package explore

import (
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"orrery/trace"
)

// universe stands for one: about a millisecond of hashing, with as much garbage as
// a small cluster makes.
func universe(seed uint64) uint64 {
	const events, garbageEvery = 150_000, 64
	var h trace.Hash
	var keep [64][]byte
	for i := uint64(0); i < events; i++ {
		h.Add(i, seed, i&7, uint64(h))
		if i%garbageEvery == 0 {
			keep[i/garbageEvery%64] = make([]byte, 96)
		}
	}
	return uint64(h)
}

// BenchmarkCampaign is what a second core brings. Compare universes/s.
func BenchmarkCampaign(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var sum uint64
			began := time.Now()
			err := Each(b.Context(), Seeds{1, uint64(b.N)}, workers, universe, func(_, r uint64) bool {
				sum ^= r
				return true
			})
			if err != nil || sum == 0 {
				b.Fatal(err, sum)
			}
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "universes/s")
		})
	}
}

// BenchmarkEmptyUniverse is what Each itself costs a universe.
func BenchmarkEmptyUniverse(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			err := Each(b.Context(), Seeds{1, uint64(b.N)}, workers,
				func(seed uint64) uint64 { return seed },
				func(_, r uint64) bool { return true })
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
