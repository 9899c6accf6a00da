package checker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The bar for every checker: with unique values, every mutant that is wrong beyond doubt is rejected.
func TestEveryCertainMutantOfAHistoryWithUniqueValuesIsRejected(t *testing.T) {
	type tally struct{ made, certain, rejected int }
	total := map[string]tally{}
	for _, m := range append(objectModels(), CASRegister, KV) {
		for seed := range uint64(60) {
			r := rand.New(rand.NewPCG(seed, 41))
			var h History
			if m.object == ofMap {
				h = generate(r, workload{ops: 60 + r.IntN(200), clients: 2 + r.IntN(8), keys: 1 + r.IntN(4),
					fs:       [][]F{{Get, Put}, {Get, Put, CAS}, {Get, Get, Put, Delete}}[r.IntN(3)],
					maybePPM: r.IntN(3) * 40_000, failPPM: 20_000, thinkTime: int64(r.IntN(20))})
			} else {
				w := objectWorkload{ops: 30 + r.IntN(20), clients: 2 + r.IntN(3), keys: 1, maybePPM: r.IntN(2) * 20_000, failPPM: 20_000, think: 30}
				if m == Set {
					w.fs = []F{Add, Read}
				}
				h = objectHistory(r, m, w)
				for i := range h { // a counter that only grows
					if m == Counter && number64(h[i].In, 1) < 0 {
						h = nil
						break
					}
				}
			}
			if m == CASRegister {
				h = slices.DeleteFunc(h, func(o Op) bool { return o.F == Delete })
			}
			if h == nil || Linearizable(h, m, Options{Floors: &Floors{}}).Verdict != Holds {
				require.True(t, m == Counter || m == CASRegister, "%s, seed %d: the original is not right", m.Name(), seed)
				continue
			}
			before := describe(h)
			for _, s := range NewMutator(h, m, r).MutationTest(5, Options{}) {
				for _, x := range s.Missed {
					require.Fail(t, "a mutant lives", "%s, %s, seed %d: %s\n%s", m.Name(), s.Kind, seed, x.What, describe(x.History))
				}
				at := total[m.Name()+" "+s.Kind.String()]
				total[m.Name()+" "+s.Kind.String()] = tally{at.made + s.Made, at.certain + s.Certain, at.rejected + s.Rejected}
			}
			require.Equal(t, before, describe(h), "the original was changed")
		}
	}
	for _, must := range []string{"kv stale read", "kv lost write", "kv duplicate", "kv swapped results",
		"kv reorder", "queue lost write", "queue duplicate", "queue swapped results", "list stale read", "list lost write",
		"list duplicate", "set stale read", "set lost write", "stack duplicate", "fenced-lock stale read", "lock lost write"} {
		require.Positive(t, total[must].certain, "%s: nothing to reject", must)
	}
	for name, c := range total {
		t.Log(fmt.Sprintf("%-28s %4d mutants, %4d certain, %4d rejected", name, c.made, c.certain, c.rejected))
	}
}
