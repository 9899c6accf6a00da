package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

// zkAdministered are the scenarios of an ensemble that is administered, and the properties that each must really have been asked.
var zkAdministered = []struct {
	scenario func() *Scenario
	asks     []string
}{
	{ZooKeeperReconfig, []string{zkGoverns, zkKnows, zkBelieves, zkDurable}},
	{ZooKeeperRolling, []string{zkSessionKept, zkWritesGoOn, zkDurable}},
	{ZooKeeperSnapshots, []string{zkTaken, zkDigests, zkOnDisk}},
}

func TestAnEnsembleThatIsAdministeredKeepsItsPromises(t *testing.T) {
	for _, c := range zkAdministered {
		s := c.scenario()
		t.Run(s.Name, func(t *testing.T) {
			asked, ops := map[string]uint64{}, 0
			for seed := uint64(1); seed <= 16; seed++ {
				r, err := s.Run(trial.Options{Seed: seed})
				require.NoError(t, err)
				require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
				for property, n := range r.Asked {
					asked[property] += n
				}
				ops += r.Ops
			}
			for _, property := range c.asks {
				if property != zkSessionKept { // a session that nobody closes is asked about when it is lost
					require.Positive(t, asked[property], "it was never asked: %s", property)
				}
			}
			require.Greater(t, ops, 500)
		})
	}
}

// The ensemble really changes: in most universes several reconfigurations are committed, some of them by increments and some whole, and
// the leader leaves now and then.
func TestReconfigurationsAreCommitted(t *testing.T) {
	configs, moved := 0, 0
	for seed := uint64(1); seed <= 12; seed++ {
		var z *zkWorld
		s := ZooKeeperReconfig()
		_, err := trial.Run(trial.Options{Seed: seed}, func(w *trial.World) error {
			err := s.Build(w)
			z = w.Workload.(*zkAdmin).z
			return err
		})
		require.NoError(t, err)
		configs += len(z.watch.configs) - 1
		for _, q := range z.watch.configs[1:] {
			if !q.SameMembers(z.watch.configs[0]) {
				moved++
			}
		}
	}
	require.Greater(t, configs, 20)
	require.Greater(t, moved, 15)
}

// Each defect is found in the seeds that its entry names, by the first that finds it.
func TestDefectsOfAdministeredEnsemblesAreFoundInTheirSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("the museum takes some seconds")
	}
	for _, c := range zkAdministered {
		s := c.scenario()
		for _, b := range s.Bugs {
			if soonFound(t, b) {
				requireFound(t, s, b)
			}
		}
	}
}
