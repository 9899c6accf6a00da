package checker

import (
	"math/rand/v2"
	"testing"
)

func benchmark(b *testing.B, w workload, m Model, want Verdict) {
	h := generate(rand.New(rand.NewPCG(7, 7)), w)
	b.ReportAllocs()
	b.ResetTimer()
	steps := 0
	for b.Loop() {
		res := Linearizable(h, m, Options{})
		if res.Verdict != want {
			b.Fatal(res.Verdict, res.Reason)
		}
		steps = res.Steps
	}
	b.ReportMetric(float64(len(h))*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(float64(steps), "steps")
}

// BenchmarkLinearizable10k is the figure that the project promises: 10,000 operations, 10 clients, 20 keys, under 1 s.
func BenchmarkLinearizable10k(b *testing.B) {
	kv := workload{ops: 10_000, clients: 10, keys: 20, maybePPM: 20_000, failPPM: 10_000, thinkTime: 10}
	register, mixed, scans, few := kv, kv, kv, kv
	register.fs = []F{Read, Write, CAS}
	mixed.fs = []F{Get, Get, Put, Append, CAS, Delete}
	scans.fs = []F{Get, Get, Get, Put, Append, CAS, Delete, Scan}
	few.fs, few.values = []F{Read, Write, CAS}, 5
	b.Run("register", func(b *testing.B) { benchmark(b, register, KV, Holds) })
	b.Run("kv", func(b *testing.B) { benchmark(b, mixed, KV, Holds) })
	b.Run("kv-scans", func(b *testing.B) { benchmark(b, scans, KV, Holds) })
	b.Run("register-5-values", func(b *testing.B) { benchmark(b, few, KV, Holds) })
}

// BenchmarkSmallHistory is what a simulator checks after every universe.
func BenchmarkSmallHistory(b *testing.B) {
	kv := workload{ops: 500, clients: 4, keys: 8, maybePPM: 30_000, failPPM: 10_000, thinkTime: 10}
	register, mixed, scans := kv, kv, kv
	register.fs = []F{Read, Write, CAS}
	mixed.fs = []F{Get, Get, Put, Append, CAS, Delete}
	scans.fs = []F{Get, Get, Get, Put, Append, CAS, Delete, Scan}
	b.Run("register", func(b *testing.B) { benchmark(b, register, KV, Holds) })
	b.Run("kv", func(b *testing.B) { benchmark(b, mixed, KV, Holds) })
	b.Run("kv-scans", func(b *testing.B) { benchmark(b, scans, KV, Holds) })
}
