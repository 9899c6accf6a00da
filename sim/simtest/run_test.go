package simtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim/simtest"
)

func plan(t *testing.T, text string) *nemesis.Plan {
	t.Helper()
	p, err := nemesis.ParsePlan("plan", []byte(text))
	require.NoError(t, err)
	return &p
}

const powerCuts = "500ms crash(all, power=lose-unsynced) until 700ms\n1200ms crash(all, power=torn) until 1400ms\n2s crash(all, power=lose-subset) until 2200ms"

func TestRegisterSurvivesPowerCuts(t *testing.T) {
	simtest.Run(t, register(false), simtest.Seeds(50), simtest.With(trial.Options{Plan: plan(t, powerCuts)}))
}

func TestTellingBeforeTheSyncIsFound(t *testing.T) {
	r := simtest.Find(t, register(true), "linearizability", 50, simtest.With(trial.Options{Plan: plan(t, powerCuts)}))
	require.Equal(t, checker.Violated, r.Verdict)
	require.Contains(t, r.Detail, "read")
	t.Logf("seed %d: %s", r.Seed, r.Detail)
}

func TestRegisterAsAProperty(t *testing.T) {
	simtest.Property(t, register(false), 5, 30)
}

func FuzzRegister(f *testing.F) {
	simtest.Fuzz(f, register(false), simtest.With(trial.Options{Ops: 10}))
}
