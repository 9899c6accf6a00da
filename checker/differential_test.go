package checker

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallWorkload draws the shape of a history that the oracle can afford.
func smallWorkload(r *rand.Rand) workload {
	menus := [][]F{
		{Read, Write},
		{Read, Write, CAS},
		{Get, Append},
		{Get, Put, Append, Delete},
		{Get, Put, Delete},
		{Get, Put, Append, CAS, Delete},
		{Get, Put, Append, CAS, Delete, Scan},
		{Put, Delete, Scan},
	}
	return workload{
		ops: 2 + r.IntN(11), clients: 1 + r.IntN(5), keys: 1 + r.IntN(3), values: r.IntN(4),
		fs:       menus[r.IntN(len(menus))],
		maybePPM: []int{0, 150_000, 400_000}[r.IntN(3)], failPPM: 50_000, tellPPM: []int{0, 300_000}[r.IntN(2)],
		thinkTime: int64(r.IntN(30)),
	}
}

// go test ./checker -long compares the engines on twenty times as many histories.
var long = flag.Bool("long", false, "compare the engines on hundreds of thousands of histories")

func histories(n uint64) uint64 {
	switch {
	case *long:
		return 20 * n
	case testing.Short():
		return n / 10
	}
	return n
}

func describe(h History) string {
	var b strings.Builder
	for i := range h {
		fmt.Fprintln(&b, h[i].String())
	}
	return b.String()
}

// agree checks one random history with every engine and with the oracle.
func agree(t require.TestingT, seed uint64) (violated bool) {
	r := rand.New(rand.NewPCG(seed, 1))
	w := smallWorkload(r)
	h := generate(r, w)
	spoiled := r.IntN(3) > 0
	if spoiled {
		spoil(r, h)
	}
	want := Violated
	if oracle(h) {
		want = Holds
	}
	if len(h) <= 7 {
		require.Equal(t, want == Holds, brute(h, KV), "brute force and porcupine disagree, seed %d\n%s", seed, describe(h))
	}
	if !spoiled {
		require.Equal(t, Holds, want, "the generator made a history that is not linearizable (seed %d)\n%s", seed, describe(h))
	}
	none, coverage := Floors{}, []Coverage(nil)
	for _, e := range []Engine{Auto, Search, Porcupine} {
		got := Linearizable(h, KV, Options{Engine: e, Floors: &none})
		if got.Verdict == Holds {
			coverage = append(coverage, got.Coverage)
		}
		require.Equal(t, want, got.Verdict, "engine %d, seed %d: %s\n%s", e, seed, got.Reason, describe(h))
	}
	for _, c := range coverage {
		require.Equal(t, coverage[0], c, "the engines count differently, seed %d\n%s", seed, describe(h))
	}
	return want == Violated
}

func TestEnginesAgreeWithThePlainestModelOnRandomHistories(t *testing.T) {
	n := histories(20_000)
	violated := 0
	for seed := range n {
		if agree(t, seed) {
			violated++
		}
	}
	t.Logf("%d of %d histories were not linearizable", violated, n)
	require.Greater(t, violated, int(n/10))
	require.Less(t, violated, int(n*9/10))
}

func FuzzEnginesAgree(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { agree(t, seed) })
}
