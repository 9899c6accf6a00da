package memory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/memory"
)

// tiny makes a small history: sessions that write unique values and read any of them, or nothing.
func tiny(r *rand.Rand, most int) checker.History {
	n := 3 + r.IntN(most-2)
	sessions := 2 + r.IntN(2)
	keys := []string{"x", "y"}[:1+r.IntN(2)]
	h := make(checker.History, n)
	values := map[string][]checker.Value{}
	for i := range h {
		h[i] = checker.Op{ID: int64(i), Client: fmt.Sprint("c", r.IntN(sessions)), Key: keys[r.IntN(len(keys))], F: checker.Read,
			Status: checker.OK, Call: int64(10 * i), Ret: int64(10*i + 5)}
		if r.IntN(2) == 0 {
			h[i].F, h[i].In = checker.Write, checker.Val(fmt.Sprint(i))
			values[h[i].Key] = append(values[h[i].Key], h[i].In)
		}
	}
	for i := range h {
		if h[i].F == checker.Read {
			h[i].Out = checker.Unset
			if vs := values[h[i].Key]; len(vs) > 0 && r.IntN(4) > 0 {
				h[i].Out = vs[r.IntN(len(vs))]
			}
		}
	}
	return h
}

// relation[i][j] tells that i is before j.
type relation [][]bool

func newRelation(n int) relation {
	r := make(relation, n)
	for i := range r {
		r[i] = make([]bool, n)
	}
	return r
}

func (r relation) clone() relation {
	c := newRelation(len(r))
	for i := range r {
		copy(c[i], r[i])
	}
	return c
}

// closed adds what follows, and tells whether the relation is an order.
func (r relation) closed() bool {
	n := len(r)
	for k := range n {
		for i := range n {
			for j := range n {
				r[i][j] = r[i][j] || r[i][k] && r[k][j]
			}
		}
	}
	for i := range n {
		if r[i][i] {
			return false
		}
	}
	return true
}

// sessionOrder is the order of each client, and ties, if asked for, each read behind its write.
func sessionOrder(h checker.History, ties bool) relation {
	r := newRelation(len(h))
	for i := range h {
		for j := range h {
			r[i][j] = i < j && h[i].Client == h[j].Client || ties && wrote(&h[i], &h[j])
		}
	}
	return r
}

// wrote tells whether b read what a wrote.
func wrote(a, b *checker.Op) bool {
	return a.F == checker.Write && b.F == checker.Read && a.Key == b.Key && a.In == b.Out
}

// explains tells whether some order of the operations in set that respects before gives all reads in right their values.
func explains(h checker.History, before relation, set, right []bool) bool {
	state := map[string]checker.Value{"x": checker.Unset, "y": checker.Unset}
	used := make([]bool, len(h))
	var try func(left int) bool
	try = func(left int) bool {
		if left == 0 {
			return true
		}
	next:
		for i := range h {
			if !set[i] || used[i] {
				continue
			}
			for j := range h {
				if set[j] && !used[j] && before[j][i] {
					continue next
				}
			}
			old := state[h[i].Key]
			if h[i].F == checker.Read && right[i] && old != h[i].Out {
				continue
			}
			used[i] = true
			if h[i].F == checker.Write {
				state[h[i].Key] = h[i].In
			}
			if try(left - 1) {
				return true
			}
			used[i] = false
			state[h[i].Key] = old
		}
		return false
	}
	left := 0
	for i := range set {
		if set[i] {
			left++
		}
	}
	return try(left)
}

func everything(n int) []bool {
	all := make([]bool, n)
	for i := range all {
		all[i] = true
	}
	return all
}

// someOrder tells whether ok holds of some partial order that contains base.
func someOrder(base relation, ok func(co relation) bool) bool {
	base = base.clone()
	if !base.closed() {
		return false
	}
	for i := range base {
		for j := range i {
			if base[i][j] || base[j][i] {
				continue
			}
			for _, pair := range [][2]int{{i, j}, {j, i}} {
				more := base.clone()
				more[pair[0]][pair[1]] = true
				if someOrder(more, ok) {
					return true
				}
			}
			// Left open: mark the pair by trying the rest without it.
			return leaveOpen(base, [][2]int{{i, j}}, ok)
		}
	}
	return ok(base)
}

// leaveOpen is someOrder with pairs that are to stay without order.
func leaveOpen(base relation, open [][2]int, ok func(co relation) bool) bool {
	isOpen := func(i, j int) bool {
		for _, p := range open {
			if p == [2]int{i, j} {
				return true
			}
		}
		return false
	}
	for _, p := range open {
		if base[p[0]][p[1]] || base[p[1]][p[0]] {
			return false // it was ordered after all, which is tried elsewhere
		}
	}
	for i := range base {
		for j := range i {
			if base[i][j] || base[j][i] || isOpen(i, j) {
				continue
			}
			for _, pair := range [][2]int{{i, j}, {j, i}} {
				more := base.clone()
				more[pair[0]][pair[1]] = true
				if more.closed() && leaveOpen(more, open, ok) {
					return true
				}
			}
			return leaveOpen(base, append(open[:len(open):len(open)], [2]int{i, j}), ok)
		}
	}
	return ok(base)
}

// past returns what is before i, and i.
func past(co relation, i int) []bool {
	set := make([]bool, len(co))
	for j := range co {
		set[j] = j == i || co[j][i]
	}
	return set
}

func bruteCausal(h checker.History) bool {
	return someOrder(sessionOrder(h, true), func(co relation) bool {
		for i := range h {
			right := make([]bool, len(h))
			right[i] = true
			if !explains(h, co, past(co, i), right) {
				return false
			}
		}
		return true
	})
}

func bruteMemory(h checker.History) bool {
	return someOrder(sessionOrder(h, true), func(co relation) bool {
		for i := range h {
			right := make([]bool, len(h))
			for j := range i + 1 {
				right[j] = h[j].Client == h[i].Client
			}
			if !explains(h, co, past(co, i), right) {
				return false
			}
		}
		return true
	})
}

func bruteConvergence(h checker.History) bool {
	return someOrder(sessionOrder(h, true), func(co relation) bool {
		return someTotal(co, func(arb relation) bool {
			for i := range h {
				right := make([]bool, len(h))
				right[i] = true
				if !explains(h, arb, past(co, i), right) {
					return false
				}
			}
			return true
		})
	})
}

// someTotal tells whether ok holds of some total order that contains base.
func someTotal(base relation, ok func(arb relation) bool) bool {
	for i := range base {
		for j := range i {
			if base[i][j] || base[j][i] {
				continue
			}
			for _, pair := range [][2]int{{i, j}, {j, i}} {
				more := base.clone()
				more[pair[0]][pair[1]] = true
				if more.closed() && someTotal(more, ok) {
					return true
				}
			}
			return false
		}
	}
	return ok(base)
}

func brutePRAM(h checker.History) bool {
	po := sessionOrder(h, false)
	for i := range h {
		set, right := make([]bool, len(h)), make([]bool, len(h))
		for j := range h {
			right[j] = h[j].Client == h[i].Client
			set[j] = right[j] || h[j].F == checker.Write
		}
		if !explains(h, po, set, right) {
			return false
		}
	}
	return true
}

func bruteSequential(h checker.History) bool {
	return explains(h, sessionOrder(h, false), everything(len(h)), everything(len(h)))
}

// Each model says of thousands of small histories what its definition says when all orders are tried.
func TestModelsAreWhatTheirDefinitionsSay(t *testing.T) {
	for _, tc := range []struct {
		name  string
		most  int
		brute func(checker.History) bool
		check func(checker.History, Options) guarantee.Report
	}{
		{"sequential", 8, bruteSequential, Sequential},
		{"causal", 6, bruteCausal, Causal},
		{"causal memory", 6, bruteMemory, CausalMemory},
		{"causal convergence", 5, bruteConvergence, CausalConvergence},
		{"pram", 8, brutePRAM, PRAM},
	} {
		t.Run(tc.name, func(t *testing.T) {
			broken, sound := 0, 0
			for seed := range uint64(4000) {
				h := tiny(rand.New(rand.NewPCG(seed, 1)), tc.most)
				want, got := tc.brute(h), tc.check(h, Options{})
				require.Contains(t, []checker.Verdict{checker.Holds, checker.Vacuous, checker.Violated}, got.Verdict, "seed %d", seed)
				require.Equal(t, want, got.Verdict != checker.Violated, "seed %d: %s\n%v", seed, got.Reason, h)
				if want {
					sound++
				} else {
					broken++
					require.NotEmpty(t, got.Findings[0].Ops)
				}
			}
			require.Greater(t, broken, 400)
			require.Greater(t, sound, 400)
		})
	}
}
