package memory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/memory"
)

// loose makes a small history with repeated values and unknown ends.
func loose(r *rand.Rand) checker.History {
	h := tiny(r, 8)
	for i := range h {
		if r.IntN(5) == 0 {
			h[i].Status, h[i].Ret = checker.Maybe, checker.Never
			h[i].Client = fmt.Sprint(h[i].Client, "-", i) // the process is done for, the session goes on
			h[i].Session = h[i].Client[:2]
		} else if r.IntN(12) == 0 {
			h[i].Status = checker.Fail
		}
		if h[i].Session == "" {
			h[i].Session = h[i].Client
		}
	}
	if r.IntN(2) == 0 {
		for i := range h {
			v := checker.Val(fmt.Sprint(r.IntN(3)))
			if h[i].F == checker.Write {
				h[i].In = v
			} else if r.IntN(4) > 0 {
				h[i].Out = v
			}
		}
	}
	return h
}

// bruteLoose tries all orders, with and without each unknown write.
func bruteLoose(h checker.History) bool {
	state := map[string]checker.Value{"x": checker.Unset, "y": checker.Unset}
	used := make([]bool, len(h))
	var try func() bool
	try = func() bool {
		left := false
		for i := range h {
			left = left || !used[i] && h[i].Status == checker.OK
		}
		if !left {
			return true
		}
	next:
		for i := range h {
			if used[i] || h[i].Status == checker.Fail || h[i].Status == checker.Maybe && h[i].F == checker.Read {
				continue
			}
			for j := range i {
				if h[j].Session == h[i].Session && h[j].Status == checker.OK && !used[j] {
					continue next
				}
			}
			old := state[h[i].Key]
			if h[i].F == checker.Read && old != h[i].Out {
				continue
			}
			used[i] = true
			if h[i].F == checker.Write {
				state[h[i].Key] = h[i].In
			}
			if try() {
				return true
			}
			used[i] = false
			state[h[i].Key] = old
		}
		return false
	}
	return try()
}

func TestSequentialConsistencyWithUnknownEndsAndRepeatedValues(t *testing.T) {
	broken, sound := 0, 0
	for seed := range uint64(8000) {
		h := loose(rand.New(rand.NewPCG(seed, 2)))
		want, got := bruteLoose(h), Sequential(h, Options{})
		require.Equal(t, want, got.Verdict != checker.Violated, "seed %d: %s\n%v", seed, got.Reason, h)
		if want {
			sound++
		} else {
			broken++
			if got.Has(NoOrder) {
				require.False(t, bruteLoose(coreOf(h, got.Findings[0].Ops)), "seed %d: what is shown must suffice", seed)
			}
		}
	}
	require.Greater(t, broken, 1000)
	require.Greater(t, sound, 1000)
}

// coreOf is the part of the history that a finding names.
func coreOf(h checker.History, ops []guarantee.Op) checker.History {
	var core checker.History
	for _, o := range ops {
		core = append(core, h[o.Index])
	}
	return core
}

// atomic makes a history of a memory that applies every operation at once, of n operations and k sessions. Every op of the
// history takes effect between its call and its return.
func atomic(r *rand.Rand, n, k, keys int, lag bool) checker.History {
	state := make([]checker.Value, keys)
	for i := range state {
		state[i] = checker.Unset
	}
	h := make(checker.History, n)
	views := make([][]checker.Value, k) // what a lagging session sees: the state as it was for it last
	seen := make([]int, k)
	var log []int // operations that wrote
	for i := range h {
		c := r.IntN(k)
		key := r.IntN(keys)
		h[i] = checker.Op{ID: int64(i), Client: fmt.Sprint("c", c), Key: fmt.Sprint("k", key), F: checker.Read, Status: checker.OK,
			Call: int64(10 * i), Ret: int64(10*i + 5)}
		if views[c] == nil {
			views[c] = make([]checker.Value, keys)
			for j := range views[c] {
				views[c][j] = checker.Unset
			}
		}
		catchUp := func(to int) {
			for ; seen[c] < to; seen[c]++ {
				o := &h[log[seen[c]]]
				var j int
				fmt.Sscanf(o.Key, "k%d", &j)
				views[c][j] = o.In
			}
		}
		if r.IntN(3) == 0 {
			h[i].F, h[i].In = checker.Write, checker.Val(fmt.Sprint(i))
			state[key] = h[i].In
			log = append(log, i)
			catchUp(len(log))
			continue
		}
		to := len(log)
		if lag {
			to = seen[c] + r.IntN(len(log)-seen[c]+1)
		}
		catchUp(to)
		h[i].Out = views[c][key]
	}
	return h
}

// A memory whose sessions lag behind one log is sequentially consistent, and with it all that is weaker.
func TestSessionsThatLagBehindOneLogAreSequential(t *testing.T) {
	for seed := range uint64(30) {
		h := atomic(rand.New(rand.NewPCG(seed, 3)), 600, 5, 4, true)
		for name, check := range models {
			got := check(h, Options{})
			require.Equal(t, checker.Holds, got.Verdict, "seed %d: %s: %s", seed, name, got.Reason)
		}
		require.Equal(t, checker.Violated, checker.Linearizable(h, checker.Register, checker.Options{}).Verdict)
	}
}

// Whatever the history, the models are as strong as they are said to be.
func TestModelsImplyEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := tiny(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 9)), 12)
		broken := make(map[string]bool)
		for name, check := range models {
			broken[name] = check(h, Options{}).Verdict == checker.Violated
		}
		for _, pair := range [][2]string{{"sequential", "causal memory"}, {"sequential", "causal convergence"}, {"causal memory", "causal"},
			{"causal convergence", "causal"}, {"causal memory", "pram"}, {"causal convergence", "sessions"}, {"sessions", "monotonic reads"}, {"sessions", "read your writes"},
			{"sessions", "monotonic writes"}, {"sessions", "writes follow reads"}} {
			if broken[pair[1]] && !broken[pair[0]] {
				t.Fatalf("%s is broken and %s, which is stronger, is not: %v", pair[1], pair[0], h)
			}
		}
		lin := checker.Linearizable(h, checker.Register, checker.Options{})
		if lin.Verdict != checker.Violated && broken["sequential"] {
			t.Fatalf("linearizable and not sequential: %v", h)
		}
	})
}

// A search that cannot end says so.
func TestABudgetThatEndsIsUnknown(t *testing.T) {
	h := atomic(rand.New(rand.NewPCG(1, 3)), 600, 5, 4, true)
	for name, check := range models {
		if name != "sequential" && name != "causal memory" && name != "pram" && name != "sessions" {
			continue // one pass: nothing to bound
		}
		require.NotEqual(t, checker.Holds, check(h, Options{Steps: 1}).Verdict, name)
	}
}
