package checker

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARequestMayArriveTwiceOnlyIfTheOptionsSaySo(t *testing.T) {
	for _, c := range []struct {
		model  Model
		h      string
		thrice bool // it takes three deliveries
	}{
		{Counter, "c1 incr [1,2] ok\nc2 read → 2 [3,4] ok", false},
		{Counter, "c1 incr [1,2] ok\nc2 read → 3 [3,4] ok", true},
		{AppendList, "c1 append a [1,2] ok\nc2 read → [a a] [3,4] ok", false},
		{FIFOQueue, "c1 enqueue a [1,2] ok\nc2 dequeue → a [3,4] ok\nc2 dequeue → a [5,6] ok", false},
		{Register, "c1 write x=1 [1,2] ok\nc1 write x=2 [3,4] ok\nc2 read x → 2 [5,6] ok\nc2 read x → 1 [7,8] ok", false},
		{KV, "c1 append x+=a [1,2] ok\nc2 get x → aaa [3,4] ok", true},
	} {
		h := parseHistory(t, c.h)
		least := 2
		if c.thrice {
			least = 3
		}
		for n := range 4 {
			res := Linearizable(h, c.model, Options{Deliveries: n})
			if n < least {
				require.Equal(t, Violated, res.Verdict, "%s with %d deliveries", c.h, n)
				require.LessOrEqual(t, int(res.Component[len(res.Component)-1]), len(h))
				e := Explain(h, c.model, res, Options{Deliveries: n})
				require.NotEmpty(t, e.Sentence)
				require.LessOrEqual(t, len(e.Core), len(h))
			} else {
				require.Equal(t, Holds, res.Verdict, "%s with %d deliveries: %s", c.h, n, res.Reason)
			}
		}
	}
}

// However often requests arrive, what was acknowledged cannot be missing, and nothing can come from nowhere.
func TestRequestsThatArriveTwiceDoNotExcuseALostOne(t *testing.T) {
	for m, text := range map[string]string{
		"list":     "c1 append a [1,2] ok\nc2 read → [] [3,4] ok",
		"register": "c1 write x=1 [1,2] ok\nc2 read x → unset [3,4] ok",
		"counter":  "c1 incr [1,2] ok\nc2 read → 0 [3,4] ok",
		"queue":    "c1 enqueue a [1,2] ok\nc2 dequeue → b [3,4] ok",
	} {
		model, err := ModelNamed(m)
		require.NoError(t, err)
		require.Equal(t, Violated, Linearizable(parseHistory(t, text), model, Options{Deliveries: 3}).Verdict, text)
	}
}

func TestDeliveriesAgreeWithBruteForceOverCopies(t *testing.T) {
	for _, m := range objectModels() {
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(seed, 71))
			w := smallObjects(r)
			w.ops = 2 + r.IntN(3)
			h := objectHistory(r, m, w)
			spoilObject(r, m, h)
			want := Violated
			if brute(withCopies(h, 1), m) {
				want = Holds
			}
			got := Linearizable(h, m, Options{Deliveries: 2, Floors: &Floors{}})
			require.Equal(t, want, got.Verdict, "%s, seed %d\n%s", m.Name(), seed, describe(h))
		}
	}
}

func TestALockThatOneClientAskedForIsVacuous(t *testing.T) {
	h := parseHistory(t, "c1 acquire [1,2] ok\nc1 release [3,4] ok")
	res := Linearizable(h, Lock, Options{})
	require.Equal(t, Vacuous, res.Verdict)
	require.Equal(t, "1 client, want at least 2", res.Reason)
	h[1].Client = "c2"
	h[0].Session, h[1].Session = "s", "s" // one session under two clients
	require.Equal(t, Vacuous, Linearizable(h, Lock, Options{}).Verdict)
}
