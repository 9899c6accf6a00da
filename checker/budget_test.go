package checker

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hardStack is a history whose search explodes: many pushes at once of few values, and then pops that no order explains.
func hardStack(n int) History {
	h := objectHistory(rand.New(rand.NewPCG(9, 9)), Stack, objectWorkload{ops: n, clients: 24, keys: 1, values: 3})
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].F == Pop && h[i].Status == OK {
			h[i].Out = Val("never pushed")
			break
		}
	}
	return h
}

func TestEveryBudgetOfASearchOfObjectsEndsItAndSaysWhich(t *testing.T) {
	h := hardStack(400)
	for _, e := range []Engine{Auto, Search, Porcupine} {
		for _, c := range []struct {
			opt  Options
			want string
		}{
			{Options{Steps: 2000}, "the stack: undecided after 2000 steps"},
			{Options{Memory: 1 << 20, Steps: 1 << 40, Time: time.Hour}, "the stack: undecided within 1 MiB"},
			{Options{Time: time.Millisecond, Steps: 1 << 40, Memory: 1 << 40}, "the stack: undecided after 1ms"},
		} {
			c.opt.Engine = e
			began := time.Now()
			res := Linearizable(h, Stack, c.opt)
			require.Equal(t, Unknown, res.Verdict, "engine %d", e)
			require.Equal(t, c.want, res.Reason, "engine %d", e)
			require.Less(t, time.Since(began), 20*time.Second)
			if c.opt.Time == 0 {
				require.Equal(t, res, Linearizable(h, Stack, c.opt), "a budget of steps ends at the same place")
			}
		}
	}
}

func TestTheMemoryBudgetHoldsForRegistersToo(t *testing.T) {
	h := closedLoop(3, 20_000, 24, 1, 3)
	res := Linearizable(h, Register, Options{Engine: Porcupine, Memory: 1 << 20, Steps: 1 << 40})
	require.Equal(t, Unknown, res.Verdict, "porcupine keeps a bit for every operation in every entry")
	require.Equal(t, "key k0: undecided within 1 MiB", res.Reason)
	res = Linearizable(closedLoop(3, 20_000, 24, 1, 3), Register, Options{Engine: Search, Memory: 64 << 20})
	require.Equal(t, Holds, res.Verdict, res.Reason)
}
