package checker

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func objectModels() (models []Model) {
	for _, m := range Models() {
		if m.object != ofMap {
			models = append(models, m)
		}
	}
	return models
}

// smallObjects draws the shape of a history that brute can afford.
func smallObjects(r *rand.Rand) objectWorkload {
	return objectWorkload{
		ops: 2 + r.IntN(6), clients: 1 + r.IntN(4), keys: 1 + r.IntN(2), values: []int{0, 0, 1, 2, 3}[r.IntN(5)],
		maybePPM: []int{0, 150_000, 350_000}[r.IntN(3)], failPPM: 50_000, tellPPM: []int{0, 400_000, 900_000}[r.IntN(3)],
		think: int64(r.IntN(20)),
	}
}

// agreeOnObject checks one random history of m with every tier and with brute.
func agreeOnObject(t require.TestingT, m Model, seed uint64) (violated bool) {
	r := rand.New(rand.NewPCG(seed, 3))
	w := smallObjects(r)
	if m == Set && r.IntN(2) == 0 {
		w.fs = []F{Add, Read}
	}
	h := objectHistory(r, m, w)
	spoiled := r.IntN(3) > 0
	if spoiled {
		spoilObject(r, m, h)
	}
	want := Violated
	if brute(h, m) {
		want = Holds
	}
	if !spoiled {
		require.Equal(t, Holds, want, "the generator made a history that is not linearizable (%s, seed %d)\n%s", m.Name(), seed, describe(h))
	}
	for _, e := range []Engine{Auto, Search, Porcupine} {
		got := Linearizable(h, m, Options{Engine: e, Floors: &Floors{}})
		require.Equal(t, want, got.Verdict, "%s, engine %d, seed %d: %s\n%s", m.Name(), e, seed, got.Reason, describe(h))
	}
	return want == Violated
}

func TestEveryModelAgreesWithBruteForceOnRandomHistories(t *testing.T) {
	n := histories(3_000)
	for _, m := range objectModels() {
		t.Run(m.Name(), func(t *testing.T) {
			violated := 0
			for seed := range n {
				if agreeOnObject(t, m, seed) {
					violated++
				}
			}
			t.Logf("%d of %d histories were not linearizable", violated, n)
			require.Greater(t, violated, int(n/20))
			require.Less(t, violated, int(n*9/10))
		})
	}
}

func FuzzModelsAgree(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(seed))
	}
	models := objectModels()
	f.Fuzz(func(t *testing.T, seed uint64, m uint8) { agreeOnObject(t, models[int(m)%len(models)], seed) })
}
