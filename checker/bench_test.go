package checker

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
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

// plainPorcupine is what a user of porcupine would write for registers: one partition a key, integers for values.
func plainPorcupine(h History) porcupine.CheckResult {
	type input struct {
		write bool
		value int32
	}
	ids := map[Value]int32{Unset: 0}
	number := func(v Value) int32 {
		id, ok := ids[v]
		if !ok {
			id = int32(len(ids))
			ids[v] = id
		}
		return id
	}
	partitions := map[string][]porcupine.Operation{}
	for i := range h {
		o := &h[i]
		op := porcupine.Operation{Input: input{o.F == Write, number(o.In)}, Call: o.Call, Output: number(o.Out), Return: o.Ret}
		partitions[o.Key] = append(partitions[o.Key], op)
	}
	model := porcupine.Model{
		Init: func() any { return int32(0) },
		Step: func(state, in, out any) (bool, any) {
			if w := in.(input); w.write {
				return true, w.value
			}
			return out.(int32) == state.(int32), state
		},
		Hash: func(a any) uint64 { return uint64(a.(int32)) * 0x9e3779b97f4a7c15 },
	}
	for _, ops := range partitions {
		if res := porcupine.CheckOperationsTimeout(model, ops, 20*time.Second); res != porcupine.Ok {
			return res
		}
	}
	return porcupine.Ok
}

func benchmarkOrrery(b *testing.B, h History, want Verdict) {
	b.ReportAllocs()
	for b.Loop() {
		if res := Linearizable(h, Register, Options{}); res.Verdict != want {
			b.Fatal(res.Verdict, res.Reason)
		}
	}
	b.ReportMetric(float64(len(h))*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func benchmarkPorcupine(b *testing.B, h History, want porcupine.CheckResult) {
	b.ReportAllocs()
	for b.Loop() {
		if res := plainPorcupine(h); res != want {
			b.Fatal(res)
		}
	}
	b.ReportMetric(float64(len(h))*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkHotRegister is one register, 10,000 operations, 10 clients always in flight, unique values. Porcupine needs
// about 10 s and 1 GiB.
func BenchmarkHotRegister(b *testing.B) {
	h := closedLoop(1, 10_000, 10, 1, 0)
	b.Run("orrery", func(b *testing.B) { benchmarkOrrery(b, h, Holds) })
	b.Run("porcupine", func(b *testing.B) { benchmarkPorcupine(b, h, porcupine.Ok) })
}

// BenchmarkRepeatedValues is BenchmarkHotRegister with five values, as Jepsen's registers have them.
func BenchmarkRepeatedValues(b *testing.B) {
	h := closedLoop(1, 10_000, 10, 1, 5)
	b.Run("orrery", func(b *testing.B) { benchmarkOrrery(b, h, Holds) })
	b.Run("porcupine", func(b *testing.B) { benchmarkPorcupine(b, h, porcupine.Ok) })
}

// Benchmark10Keys is 100,000 operations of 100 clients on ten registers: porcupine does not answer in 20 s.
func Benchmark10Keys(b *testing.B) { benchmarkOrrery(b, closedLoop(1, 100_000, 100, 10, 0), Holds) }

// BenchmarkMillion is a million operations of 100 clients, on one register and on ten. peak-MiB is the most memory that
// the process had from the system while it checked, the history itself included.
func BenchmarkMillion(b *testing.B) {
	for _, keys := range []int{1, 10} {
		b.Run(fmt.Sprint(keys, "-keys"), func(b *testing.B) {
			h := closedLoop(1, 1_000_000, 100, keys, 0)
			runtime.GC()
			debug.FreeOSMemory()
			benchmarkOrrery(b, h, Holds)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys-m.HeapReleased)/(1<<20), "sys-MiB")
			runtime.KeepAlive(h)
		})
	}
}

// BenchmarkInOrder is a million operations whose order the system tells: here, that of their returns, which a closed loop
// of one client at a time keeps.
func BenchmarkInOrder(b *testing.B) {
	h := closedLoop(1, 1_000_000, 1, 1, 0)
	b.ReportAllocs()
	for b.Loop() {
		w := InOrder(h, Register, func(i int) (int64, bool) { return int64(i), true }, Options{})
		if w.Order != Holds {
			b.Fatal(w.Why)
		}
	}
	b.ReportMetric(float64(len(h))*float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
