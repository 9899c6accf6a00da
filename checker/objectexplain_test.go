package checker

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeavingOutNeverBreaksALinearizableHistoryOfAnyModel(t *testing.T) {
	for _, m := range objectModels() {
		for seed := range uint64(1500) {
			r := rand.New(rand.NewPCG(seed, 31))
			h := objectHistory(r, m, smallObjects(r))
			from := r.IntN(len(h))
			rest := (&explainer{m: m}).without(h, from, min(len(h), from+1+r.IntN(2)))
			require.True(t, brute(rest, m), "%s, seed %d: operation %d\n%s", m.Name(), seed, from, describe(h))
		}
	}
}

func TestAnExplanationOfAnyModelIsAViolationThatCannotBeSmaller(t *testing.T) {
	for _, m := range objectModels() {
		explained := 0
		for seed := uint64(0); explained < 60; seed++ {
			r := rand.New(rand.NewPCG(seed, 32))
			h := objectHistory(r, m, smallObjects(r))
			spoilObject(r, m, h)
			res := Linearizable(h, m, Options{})
			if res.Verdict != Violated {
				continue
			}
			explained++
			require.NotEmpty(t, res.Reason)
			require.Subset(t, res.Component, res.Culprits, "%s, seed %d", m.Name(), seed)
			e := Explain(h, m, res, Options{})
			require.True(t, e.Minimal && e.Confirmed, "%s, seed %d\n%s", m.Name(), seed, describe(h))
			require.False(t, brute(e.Core, m), "%s, seed %d: the core is not violated\n%s", m.Name(), seed, describe(e.Core))
			require.NotEmpty(t, e.Sentence)
			require.NotContains(t, e.Sentence, "\n")
			for i := range e.Core {
				rest := (&explainer{m: m}).without(e.Core, i, i+1)
				require.True(t, len(rest) == 0 || brute(rest, m), "%s, seed %d: operation %d is not needed\n%s", m.Name(), seed, i, describe(e.Core))
			}
		}
	}
}
