package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

func TestPaxosHoldsInCalmWeather(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		r, err := Paxos().Run(trial.Options{Seed: seed})
		require.NoError(t, err)
		t.Logf("seed %d: %v %s %s events=%d virtual=%dms ops=%d/%d", seed, r.Verdict, r.Property, r.Detail, r.Events, r.VirtualNS/1e6, r.Ops, r.Invoked)
		require.Equal(t, checker.Holds, r.Verdict)
	}
}
