package lock_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/guarantee"
	. "orrery/checker/guarantee/lock"
)

func op(client string, k Kind, token, call, ret int64) Op {
	return Op{Client: client, Lock: "l", Kind: k, Token: token, Status: checker.OK, Call: call, Ret: ret}
}

func as(s checker.Status, o Op) Op { o.Status = s; return o }

var (
	everything = Options{Exclusive: true, Fenced: true, Guarded: true}
	inTurn     = []Op{op("a", Acquire, 1, 1, 2), op("a", Access, 1, 3, 4), op("a", Release, 0, 5, 6), op("b", Acquire, 2, 1, 7), op("b", Access, 2, 8, 9)}
)

func with(more ...Op) []Op { return append(append([]Op{}, inTurn...), more...) }

var cases = []struct {
	name string
	h    []Op
	opt  Options
	want guarantee.Anomaly
	why  string
}{
	{"two holders", with(op("c", Acquire, 3, 1, 8), op("c", Access, 3, 10, 11)), everything, TwoHolders, "c got l at 8, while b held it from 7 without an end"},
	{"two holders, one of them with an unknown release", []Op{op("a", Acquire, 1, 1, 2), as(checker.Maybe, op("a", Release, 0, 9, 10)), op("b", Acquire, 2, 1, 5)},
		Options{Exclusive: true}, TwoHolders, "b got l at 5, while a held it from 2 until 9"},
	{"a smaller token", []Op{op("a", Acquire, 5, 1, 2), op("b", Acquire, 4, 3, 4)}, Options{Fenced: true}, TokenOrder, "b got l with the token 4, after a had got it with 5"},
	{"one token twice", []Op{op("a", Acquire, 5, 1, 2), op("b", Acquire, 5, 1, 4)}, Options{Fenced: true}, SameToken, "a and b both got l with the token 5"},
	{"an old token is let in", with(op("a", Access, 1, 10, 11)), everything, StaleAccess, "a was let in with the token 1 of l, after b had been with 2"},
	{"an old token is let in, in the order of the resource", []Op{op("a", Acquire, 1, 1, 2), op("b", Acquire, 2, 1, 2), {Client: "b", Lock: "l", Kind: Access, Token: 2, Status: checker.OK, Order: 1, Call: 3, Ret: 9},
		{Client: "a", Lock: "l", Kind: Access, Token: 1, Status: checker.OK, Order: 2, Call: 3, Ret: 9}}, Options{Guarded: true}, StaleAccess, ""},
	{"a token of nobody's", with(op("b", Access, 7, 10, 11)), everything, NoSuchToken, "b was let in with the token 7 of l, which nobody had got"},
	{"released and not held", with(op("c", Release, 0, 3, 4)), everything, NotHeld, "c released l, and did not hold it"},
}

func TestEveryAnomalyIsFoundUnderItsName(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := Check(tc.h, tc.opt)
			require.Equal(t, checker.Violated, r.Verdict)
			require.Equal(t, map[guarantee.Anomaly]int{tc.want: 1}, r.Count)
			if tc.why != "" {
				require.Equal(t, tc.why, r.Reason)
			}
		})
	}
}

func TestCleanHistoriesHold(t *testing.T) {
	paused := []Op{op("a", Acquire, 1, 1, 2), op("b", Acquire, 2, 3, 9), op("b", Access, 2, 10, 11), as(checker.Fail, op("a", Access, 1, 12, 13))}
	require.Equal(t, checker.Violated, Check(paused, everything).Verdict, "a lease does not exclude")
	for name, tc := range map[string]struct {
		h   []Op
		opt Options
	}{
		"in turn":                   {inTurn, everything},
		"a paused holder is fenced": {paused, Options{Fenced: true, Guarded: true}},
		"expired":                   {append([]Op{op("a", Expire, 0, 5, 5)}, paused...), everything},
		"an unknown acquisition":    {with(as(checker.Maybe, op("c", Acquire, 0, 1, 8)), op("c", Release, 0, 10, 11)), everything},
		"concurrent tokens":         {[]Op{op("a", Acquire, 2, 1, 5), op("b", Acquire, 1, 1, 5)}, Options{Fenced: true}},
	} {
		r := Check(tc.h, tc.opt)
		require.Equal(t, checker.Holds, r.Verdict, "%s: %s", name, r.Reason)
	}
}

func TestNothingIsNotOKAndNonsenseIsMalformed(t *testing.T) {
	require.Equal(t, checker.Vacuous, Check(nil, everything).Verdict)
	require.Equal(t, "0 acquisitions after another client's, want at least 1", Check(inTurn[:1], Options{Exclusive: true}).Reason)
	require.Equal(t, checker.Malformed, Check(inTurn, Options{}).Verdict)
	for _, o := range []Op{{}, op("a", Acquire, 1, 2, 1), op("a", Acquire, 0, 1, 2), as(checker.Mismatch, op("a", Acquire, 1, 1, 2))} {
		require.Equal(t, checker.Malformed, Check([]Op{o}, everything).Verdict)
	}
}

// Overlaps, tokens and accesses are judged as all pairs are.
func TestHistoriesAreJudgedAsAllPairsAre(t *testing.T) {
	met := map[guarantee.Anomaly]int{}
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var h []Op
		for _, c := range []string{"a", "b", "c"} {
			at := r.Int64N(6)
			for range 1 + r.IntN(2) {
				token := 1 + r.Int64N(6)
				h = append(h, op(c, Acquire, token, at, at+1+r.Int64N(3)))
				at = h[len(h)-1].Ret + 1
				h = append(h, op(c, Access, token, at, at+r.Int64N(3)))
				at = h[len(h)-1].Ret + 1
				h = append(h, op(c, Release, 0, at, at))
				at += 1 + r.Int64N(8)
			}
		}
		want := map[guarantee.Anomaly]bool{}
		for i, x := range h {
			for j, y := range h {
				switch {
				case i == j || x.Kind != y.Kind:
				case x.Kind == Acquire:
					want[TwoHolders] = want[TwoHolders] || x.Ret <= y.Ret && y.Ret < h[i+2].Call && (x.Ret < y.Ret || i < j)
					want[SameToken] = want[SameToken] || x.Token == y.Token
					want[TokenOrder] = want[TokenOrder] || x.Ret < y.Call && x.Token > y.Token
				case x.Kind == Access:
					want[StaleAccess] = want[StaleAccess] || x.Ret < y.Call && x.Token > y.Token
				}
			}
		}
		got := Check(h, everything)
		for _, a := range []guarantee.Anomaly{TwoHolders, SameToken, TokenOrder, StaleAccess} {
			require.Equal(t, want[a], got.Has(a), "seed %d: %s: %v", seed, a, h)
			if want[a] {
				met[a]++
			}
		}
	}
	for _, a := range []guarantee.Anomaly{TwoHolders, SameToken, TokenOrder, StaleAccess} {
		require.Greater(t, met[a], 200, a)
		require.Less(t, met[a], 4990, a)
	}
}
