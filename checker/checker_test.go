package checker

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAModelIsFoundByNameOrItsNeighboursAreNamed(t *testing.T) {
	for _, m := range Models() {
		found, err := ModelNamed(m.Name())
		require.NoError(t, err)
		require.Equal(t, m, found)
	}
	m, err := ModelNamed("cas-register:0")
	require.NoError(t, err)
	require.Equal(t, Val("0"), m.Initial())
	require.Equal(t, "cas-register:0", m.Name())
	for name, want := range map[string]string{
		"cas":      `unknown model "cas"; did you mean cas-register?`,
		"regsiter": `unknown model "regsiter"; did you mean register?`,
		"kw":       `unknown model "kw"; did you mean kv?`,
		"deque":    `unknown model "deque"; there are: ` + strings.Join(modelNames(), ", "),
		"":         `unknown model ""; there are: ` + strings.Join(modelNames(), ", "),
	} {
		_, err := ModelNamed(name)
		require.EqualError(t, err, want)
	}
}

// For every operation that sees something there is an answer that the model refuses: none is a wildcard.
func TestNoAnswerIsAWildcard(t *testing.T) {
	for _, wrong := range []string{
		"c2 get x → unset [3,4] ok",
		"c2 get x → 2 [3,4] ok",
		`c2 get x → "" [3,4] ok`,
		"c2 read x → unset [3,4] ok",
		"c2 cas x 2⇒3 [3,4] ok",
		"c2 cas x unset⇒3 [3,4] ok",
		"c2 cas x 1⇒3 [3,4] mismatch",
		"c2 cas x 2⇒3 → unset [3,4] mismatch",
		"c2 append x+=a → a [3,4] ok",
		"c2 put x=2 → unset [3,4] ok",
		"c2 delete x → unset [3,4] ok",
		"c2 scan [a,) → {} [3,4] ok",
		"c2 scan [x,) → {x=2} [3,4] ok",
		"c2 scan [,) → {x=1 y=1} [3,4] ok",
	} {
		h := parseHistory(t, "c1 put x=1 [1,2] ok\n"+wrong)
		require.Equal(t, Violated, Linearizable(h, KV, Options{}).Verdict, wrong)
		require.False(t, oracle(h), wrong)
	}
}

func TestVerdictsAreOrderedFromBestToWorst(t *testing.T) {
	order := []Verdict{0, Holds, Vacuous, Unknown, Malformed, Violated}
	for i, a := range order {
		for j, b := range order {
			require.Equal(t, order[max(i, j)], Worst(a, b))
		}
	}
	require.Equal(t, "ok", Holds.String())
	require.Equal(t, "none", Verdict(0).String())
}

func TestABudgetThatEndsIsUnknownAndTheSameEverywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	h := generate(r, workload{ops: 300, clients: 8, keys: 2, values: 3, fs: []F{Get, Put, Append, Delete, Scan}, thinkTime: 5})
	for _, e := range []Engine{Auto, Search, Porcupine} {
		first := Linearizable(h, KV, Options{Engine: e, Steps: 50})
		require.Equal(t, Unknown, first.Verdict)
		require.Contains(t, first.Reason, "undecided after 50 steps")
		require.Equal(t, first, Linearizable(h, KV, Options{Engine: e, Steps: 50}))
	}
	require.Equal(t, Holds, Linearizable(h, KV, Options{}).Verdict)
	require.Equal(t, Unknown, Linearizable(h, KV, Options{Engine: Porcupine, Time: time.Nanosecond, Steps: 1 << 40}).Verdict)
}

func TestMoreThan256OperationsInFlightAreJudgedByPorcupine(t *testing.T) {
	h := parseHistory(t, `
c1 append x+=a [1,2] ok
c1 get x → a [3,4] ok`)
	for i := range int64(300) {
		h = append(h, Op{ID: 2 + i, Client: fmt.Sprint("w", i), F: Append, Key: "x", In: Val("b"), Call: 10, Ret: 100, Status: OK})
	}
	require.Equal(t, Holds, Linearizable(h, KV, Options{}).Verdict)
	h[1].Out = Val("b")
	require.Equal(t, Violated, Linearizable(h, KV, Options{}).Verdict)
}

func TestCoverageCountsWhatWasPutToTheTest(t *testing.T) {
	h := parseHistory(t, `
c1 put x=1 [1,10] ok
c2 get x → unset [2,3] ok
c3 get x → 1 [4,5] ok
c2 get x → 1 [11,12] ok
c2 cas x 1⇒2 [13,14] ok
c2 cas x 1⇒3 [15,16] mismatch
c3 put y=1 [17,18] fail
c4 put y=2 [17,30] maybe
c5 scan [a,) → {x=2} [20,21] ok`)
	res := Linearizable(h, KV, Options{})
	require.Equal(t, Holds, res.Verdict)
	c := res.Coverage
	require.Equal(t, 9, c.Total())
	require.Equal(t, 3, c.Ops[Get][OK])
	require.Equal(t, 2, c.Of(CAS))
	require.Equal(t, 1, c.Ops[CAS][Mismatch])
	require.Equal(t, 1, c.With(Fail))
	require.Equal(t, 4, c.Telling, "two reads, a cas, a scan")
	require.Equal(t, 1, c.Forced, "the read after everything")
	require.Equal(t, 4, c.Concurrent)
	require.Equal(t, "9 operations (6 ok, 1 maybe, 1 fail, 1 mismatch), 4 telling answers, 1 forced, 4 concurrent pairs", c.String())

	for _, f := range []Floors{{Ops: 10}, {Telling: 5}, {Forced: 2}, {Concurrent: 5}} {
		require.Equal(t, Vacuous, Linearizable(h, KV, Options{Floors: &f}).Verdict, "%+v", f)
	}
}

// A read counted as forced must have had one answer only.
func TestForcedReadsAreForced(t *testing.T) {
	forced := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 21))
		h := generate(r, workload{ops: 12, clients: 3, keys: 1, fs: []F{Get, Put}, thinkTime: 20})
		n := Linearizable(h, KV, Options{}).Coverage.Forced
		really := 0
		for i := range h {
			if h[i].F != Get || h[i].Status != OK {
				continue
			}
			others := 0
			was := h[i].Out
			for _, v := range append([]Value{Unset}, valuesOf(h)...) {
				h[i].Out = v
				if v != was && oracle(h) {
					others++
				}
			}
			if h[i].Out = was; others == 0 {
				really++
			}
		}
		require.LessOrEqual(t, n, really, "seed %d\n%s", seed, describe(h))
		forced += n
	}
	require.Greater(t, forced, 400)
}

func valuesOf(h History) []Value {
	var vs []Value
	for i := range h {
		if h[i].In.Said() {
			vs = append(vs, h[i].In)
		}
	}
	return vs
}

func TestARecorderStampsInTheOrderOfItsCalls(t *testing.T) {
	now := int64(100)
	r := NewRecorder(func() int64 { return now })
	a := r.Invoke("c1", Op{F: Put, Key: "x", In: Val("1")})
	b := r.Invoke("c2", Op{F: Get, Key: "x"})
	require.True(t, r.Open(a))
	r.OK(a, Value{})
	require.False(t, r.Open(a))
	now = 50 // a clock that steps back
	r.OK(b, Val("1"))
	now = 200
	c := r.Invoke("c1", Op{F: CAS, Key: "x", Expect: Val("2"), In: Val("3")})
	r.Mismatch(c, Val("1"))
	d := r.Invoke("c1", Op{F: Scan})
	r.OKScan(d, []Pair{{"x", "1"}})
	e := r.Invoke("c1", Op{F: Delete, Key: "x"})
	r.Maybe(e)
	r.Fail(r.Invoke("c1", Op{F: Put, Key: "x", In: Val("4")}))
	r.Invoke("c1", Op{F: Append, Key: "x", In: Val("5")})
	require.Equal(t, `c1 put x=1 [100,102] ok
c2 get x → 1 [101,103] ok
c1 cas x 2⇒3 → 1 [200,201] mismatch
c1 scan [,) → {x=1} [202,203] ok
c1 delete x [204,205] maybe
c1 put x=4 [206,207] fail
c1 append x+=5 [208,…] maybe
`, describe(r.History()))
	require.NoError(t, r.History().Validate())
	require.Panics(t, func() { r.OK(a, Value{}) }, "an operation ends once")
	r.Reset()
	require.Empty(t, r.History())
	require.Equal(t, OpID(0), r.Invoke("c1", Op{F: Get, Key: "x"}))
}

func TestRecordingAllocatesNothing(t *testing.T) {
	r := NewRecorder(nil)
	r.Grow(5000)
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		id := r.Invoke("c1", Op{F: Put, Key: "x", In: Val("1")})
		r.OK(id, Value{})
	}))
}

func TestConcurrentClientsRecordARealTimeOrder(t *testing.T) {
	r := NewSyncRecorder(nil)
	var clients sync.WaitGroup
	var mu sync.Mutex
	value := Unset
	for c := range 4 {
		clients.Go(func() {
			name := string(rune('a' + c))
			for i := range 50 {
				v := Val(name + string(rune('0'+i)))
				id := r.Invoke(name, Op{F: Put, Key: "x", In: v})
				mu.Lock()
				value = v
				mu.Unlock()
				r.OK(id, Value{})
				id = r.Invoke(name, Op{F: Get, Key: "x"})
				mu.Lock()
				seen := value
				mu.Unlock()
				r.OK(id, seen)
			}
		})
	}
	clients.Wait()
	res := Linearizable(r.History(), Register, Options{})
	require.Equal(t, Holds, res.Verdict, res.Reason)
	require.Equal(t, 400, res.Coverage.Total())
}

func TestLinearizabilityIsClosedUnderPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 31))
		h := generate(r, smallWorkload(r))
		cut := prefix(h, h[rapid.IntRange(0, len(h)-1).Draw(t, "cut")].Ret)
		none := Options{Floors: &Floors{}}
		require.Equal(t, Holds, Linearizable(h, KV, none).Verdict)
		require.Contains(t, []Verdict{Holds, Vacuous}, Linearizable(cut, KV, none).Verdict)
	})
}
