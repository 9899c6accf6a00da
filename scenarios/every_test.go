package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/sim/simtest"
	"orrery/trace"
)

// One seed has one hash, watched or not, in every scenario; and there is one door for all entropy in each.
func TestEveryScenarioIsAFunctionOfItsDraws(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			run := func(o trial.Options) *trial.Result {
				r, err := s.Run(o)
				require.NoError(t, err)
				return r
			}
			for seed := uint64(1); seed <= 3; seed++ {
				plain := run(trial.Options{Seed: seed})
				require.NotEqual(t, checker.Violated, plain.Verdict, "%s: %s", plain.Property, plain.Detail)
				var rec trace.Recorder
				var draws []sim.Draw
				require.Equal(t, plain.Hash, run(trial.Options{Seed: seed, Recorder: &rec, RecordDraws: &draws}).Hash)
				require.NotEmpty(t, draws)
				pins := make([]sim.Override, 0, len(draws))
				for _, d := range draws {
					pins = append(pins, sim.Override{Stream: d.Stream, ID: sim.DrawID(d.ID), Value: d.Value})
				}
				require.Equal(t, plain.Hash, run(trial.Options{Seed: seed + 1000, Overrides: pins}).Hash)
			}
		})
	}
}

// A fuzzer chooses: its bytes are the draws of a run. One target a protocol.

func FuzzCAS6023(f *testing.F)            { simtest.Fuzz(f, CAS6023().Build) }
func FuzzCommit(f *testing.F)             { simtest.Fuzz(f, CommitScenario().Build) }
func FuzzLock(f *testing.F)               { simtest.Fuzz(f, Lock().Build) }
func FuzzZooKeeper(f *testing.F)          { simtest.Fuzz(f, ZooKeeper().Build) }
func FuzzZooKeeperReconfig(f *testing.F)  { simtest.Fuzz(f, ZooKeeperReconfig().Build) }
func FuzzZooKeeperRolling(f *testing.F)   { simtest.Fuzz(f, ZooKeeperRolling().Build) }
func FuzzZooKeeperSnapshots(f *testing.F) { simtest.Fuzz(f, ZooKeeperSnapshots().Build) }
func FuzzElections(f *testing.F)          { simtest.Fuzz(f, Elections().Build) }
func FuzzZooKeeperRecipes(f *testing.F)   { simtest.Fuzz(f, ZooKeeperRecipes().Build) }
func FuzzStorm(f *testing.F)              { simtest.Fuzz(f, Storm().Build) }
func FuzzTrident(f *testing.F)            { simtest.Fuzz(f, Trident().Build) }
func FuzzKafka(f *testing.F)              { simtest.Fuzz(f, Kafka().Build) }
func FuzzKafkaExactlyOnce(f *testing.F)   { simtest.Fuzz(f, KafkaExactlyOnce().Build) }
func FuzzKafkaAdmin(f *testing.F)         { simtest.Fuzz(f, KafkaAdmin().Build) }
func FuzzDiscovery(f *testing.F)          { simtest.Fuzz(f, Discovery().Build) }
func FuzzStormKafka(f *testing.F)         { simtest.Fuzz(f, StormKafka().Build) }
func FuzzZKConsumer(f *testing.F)         { simtest.Fuzz(f, ZKConsumer().Build) }
