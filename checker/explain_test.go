package checker

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnExplanationIsAViolationThatCannotBeSmaller(t *testing.T) {
	explained, total, kept := 0, 0, 0
	for seed := uint64(0); explained < 300; seed++ {
		r := rand.New(rand.NewPCG(seed, 11))
		w := smallWorkload(r)
		w.ops += 20
		h := generate(r, w)
		spoil(r, h)
		res := Linearizable(h, KV, Options{})
		if res.Verdict != Violated {
			continue
		}
		explained++
		e := Explain(h, KV, res, Options{})
		require.True(t, e.Minimal && e.Confirmed, "seed %d", seed)
		require.False(t, oracle(e.Core), "seed %d: the core is not violated\n%s", seed, describe(e.Core))
		require.NotEmpty(t, e.Sentence)
		require.NotContains(t, e.Sentence, "\n")
		for i := range e.Core {
			rest := (&explainer{m: KV}).without(e.Core, i, i+1)
			require.True(t, len(rest) == 0 || oracle(rest), "seed %d: operation %d is not needed\n%s", seed, i, describe(e.Core))
		}
		last := nthReturn(h, e.Prefix)
		require.False(t, oracle(prefix(h, last)), "seed %d: prefix %d is not violated", seed, e.Prefix)
		if e.Prefix > 1 {
			require.True(t, oracle(prefix(h, nthReturn(h, e.Prefix-1))), "seed %d: a prefix below %d is violated", seed, e.Prefix)
		}
		total += len(h)
		kept += len(e.Core)
	}
	t.Logf("%d violated histories of %d operations were explained by %d", explained, total/explained, kept/explained)
}

// nthReturn is the time of the n-th return.
func nthReturn(h History, n int) int64 {
	at := int64(-1 << 63)
	for range n {
		next := Never
		for i := range h {
			if h[i].Ret > at {
				next = min(next, h[i].Ret)
			}
		}
		at = next
	}
	return at
}

// What Explain leaves out must never make a violation of its own.
func TestLeavingOutNeverBreaksALinearizableHistory(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 12))
		h := generate(r, smallWorkload(r))
		from := r.IntN(len(h))
		rest := (&explainer{m: KV}).without(h, from, min(len(h), from+1+r.IntN(3)))
		require.True(t, oracle(rest), "seed %d:\n%s", seed, describe(h))
	}
}

func TestExplainingALongHistoryFindsTheFewOperationsThatMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	h := generate(r, workload{ops: 5000, clients: 8, keys: 10, fs: []F{Read, Write}, maybePPM: 20_000, thinkTime: 10})
	require.True(t, staleRead(r, h))
	res := Linearizable(h, Register, Options{})
	require.Equal(t, Violated, res.Verdict)
	e := Explain(h, Register, res, Options{Time: time.Minute})
	require.True(t, e.Minimal && e.Confirmed)
	require.LessOrEqual(t, len(e.Core), 4, describe(e.Core))
	require.Contains(t, e.Sentence, "although")
}

func TestOnlyAViolationIsExplained(t *testing.T) {
	h := parseHistory(t, "c1 put x=1 [1,2] ok\nc1 get x → 1 [3,4] ok")
	require.Equal(t, Explanation{}, Explain(h, KV, Linearizable(h, KV, Options{}), Options{}))
}

// The time that Explain is given holds on a history far too long to be halved and halved again.
func TestExplainKeepsToItsTimeOnALongHistory(t *testing.T) {
	x, ok := NewMutator(closedLoop(1, 50_000, 50, 1, 0), Register, rand.New(rand.NewPCG(1, 1))).Mutate(StaleRead)
	require.True(t, ok)
	res := Linearizable(x.History, Register, Options{})
	require.Equal(t, Violated, res.Verdict)
	began := time.Now()
	e := Explain(x.History, Register, res, Options{Time: 500 * time.Millisecond})
	require.Less(t, time.Since(began), 20*time.Second)
	require.Less(t, len(e.Core), 100, "the two values that contradict each other, and who wrote and saw them")
	require.NotEmpty(t, e.Sentence)
}

func TestExplainKeepsWhatItHasWhenTheTimeIsUp(t *testing.T) {
	h := parseHistory(t, "c1 put x=1 [1,2] ok\nc1 get x → 2 [3,4] ok\nc1 get x → 1 [5,6] ok")
	e := Explain(h, KV, Linearizable(h, KV, Options{}), Options{Time: time.Nanosecond})
	require.False(t, e.Minimal)
	require.True(t, e.Confirmed)
	require.LessOrEqual(t, len(e.Core), 3)
	require.True(t, strings.HasPrefix(e.Sentence, "client c1 read x="), e.Sentence)
}

// staleRead makes one read of h certainly stale: it gets the value of a write after which another write of the key began
// and was acknowledged, both before the read was called. It returns false if h has no such read.
func staleRead(r *rand.Rand, h History) bool {
	start := r.IntN(len(h))
	for n := range h {
		read := &h[(start+n)%len(h)]
		if !read.F.oneRead() || read.Status != OK {
			continue
		}
		var newest *Op
		for i := range h {
			if w := &h[i]; w.Key == read.Key && w.F.oneWrite() && w.Status == OK && w.Ret < read.Call && (newest == nil || w.Call > newest.Call) {
				newest = w
			}
		}
		if newest == nil {
			continue
		}
		for i := range h {
			if w := &h[i]; w.Key == read.Key && w.F.oneWrite() && w.Status == OK && w.Ret < newest.Call {
				read.Out = w.In
				return true
			}
		}
	}
	return false
}

// The bar for every checker: with unique values, one certainly stale read is found always.
func TestEveryStaleReadOfAUniqueValueIsFound(t *testing.T) {
	planted := 0
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 13))
		h := generate(r, workload{
			ops: 100 + r.IntN(300), clients: 2 + r.IntN(8), keys: 1 + r.IntN(5), fs: []F{Get, Put},
			maybePPM: r.IntN(3) * 50_000, failPPM: 20_000, thinkTime: int64(r.IntN(30)),
		})
		require.Equal(t, Holds, Linearizable(h, KV, Options{}).Verdict, "seed %d", seed)
		if !staleRead(r, h) {
			continue
		}
		planted++
		require.Equal(t, Violated, Linearizable(h, KV, Options{}).Verdict, "seed %d", seed)
	}
	require.Greater(t, planted, 450)
}
