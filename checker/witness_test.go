package checker

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// effects numbers, for a history of objectHistory or generate, the order in which its operations took effect: it finds it
// by search, one at a time, as brute does, and gives up on none.
func effects(h History, m Model) map[int]int64 {
	at := map[int]int64{}
	var walk func(left []int, s bruteState) bool
	walk = func(left []int, s bruteState) bool {
		certain := false
		for _, i := range left {
			certain = certain || h[i].Status != Maybe
		}
		if !certain {
			return true
		}
		for n, i := range left {
			first := true
			for _, j := range left {
				first = first && (h[j].Status == Maybe || h[j].Ret >= h[i].Call)
			}
			if !first {
				continue
			}
			if next, ok := s.after(&h[i], m); ok {
				at[i] = int64(len(h) - len(left))
				rest := append(append([]int(nil), left[:n]...), left[n+1:]...)
				if walk(rest, next) {
					return true
				}
				delete(at, i)
			}
		}
		return false
	}
	var ops []int
	for i := range h {
		if h[i].tells() {
			ops = append(ops, i)
		}
	}
	if !walk(ops, bruteStart(m)) {
		return nil
	}
	return at
}

func TestAnOrderThatTheSystemTellsIsFollowedAndOneThatLiesIsNot(t *testing.T) {
	for _, m := range append(objectModels(), KV) {
		right, lies := 0, 0
		for seed := range uint64(400) {
			r := rand.New(rand.NewPCG(seed, 51))
			var h History
			if m == KV {
				w := smallWorkload(r)
				w.ops = 2 + r.IntN(6)
				h = generate(r, w)
			} else {
				h = objectHistory(r, m, smallObjects(r))
			}
			at := effects(h, m)
			require.NotNil(t, at, "%s, seed %d", m.Name(), seed)
			place := func(i int) (int64, bool) { n, ok := at[i]; return n, ok }
			w := InOrder(h, m, place, Options{Floors: &Floors{}})
			require.Equal(t, Holds, w.Order, "%s, seed %d: %s\n%s", m.Name(), seed, w.Why, describe(h))
			require.Equal(t, Holds, w.Verdict)
			right++

			// The order turned round is right only if it is another right one, and the history is right all the same.
			w = InOrder(h, m, func(i int) (int64, bool) { n, ok := at[i]; return -n, ok }, Options{Floors: &Floors{}})
			require.Equal(t, Holds, w.Verdict, "%s, seed %d", m.Name(), seed)
			if w.Order == Violated {
				require.NotEmpty(t, w.Why)
				require.GreaterOrEqual(t, w.At, 0)
				lies++
			}
		}
		require.Greater(t, lies, right/3, m.Name())
	}
}

func TestAnOrderWithoutAPlaceForAnAnswerIsUnknown(t *testing.T) {
	h := parseHistory(t, "c1 put x=1 [1,2] ok\nc1 get x → 1 [3,4] ok")
	w := InOrder(h, KV, func(i int) (int64, bool) { return 1, i == 0 }, Options{})
	require.Equal(t, Unknown, w.Order)
	require.Equal(t, 1, w.At)
	require.Equal(t, Holds, w.Verdict, "the order is not needed")
}

func TestAReadIsPlacedBehindTheLastChangeThatItSaw(t *testing.T) {
	h := parseHistory(t, `
c1 put x=1 [1,2] ok
c2 get x → 1 [3,4] ok
c1 put x=2 [5,9] ok
c2 get x → 1 [6,7] ok
c2 get x → 2 [8,10] ok`)
	zxid := []int64{1, 1, 2, 1, 2}
	place := func(i int) (int64, bool) { return zxid[i], true }
	require.Equal(t, Holds, InOrder(h, KV, place, Options{}).Order)
	h[3].Call, h[3].Ret = 10, 11 // it saw 1, and was asked after 2 had been acknowledged
	h[4].Ret = 9
	w := InOrder(h, KV, place, Options{})
	require.Equal(t, Violated, w.Order)
	require.Equal(t, Violated, w.Verdict)
	require.Contains(t, w.Why, "had ended before")
}
