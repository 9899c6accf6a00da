package scenarios

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/trace"
)

func kafkaRun(t testing.TB, o trial.Options) *trial.Result {
	t.Helper()
	r, err := Kafka().Run(o)
	require.NoError(t, err)
	return r
}

func TestAClusterOfBrokersKeepsItsPromises(t *testing.T) {
	ops := 0
	for seed := uint64(1); seed <= 60; seed++ {
		r := kafkaRun(t, trial.Options{Seed: seed})
		require.NotEqual(t, checker.Violated, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
		ops += r.Ops
	}
	require.Greater(t, ops, 2000)
}

func TestOtherScenariosOfAClusterKeepTheirPromises(t *testing.T) {
	for _, s := range []*Scenario{KafkaGroups(), KafkaExactlyOnce(), KafkaAdmin(), KafkaCompaction()} {
		t.Run(s.Name, func(t *testing.T) {
			ops := 0
			for seed := uint64(1); seed <= 30; seed++ {
				r, err := s.Run(trial.Options{Seed: seed})
				require.NoError(t, err)
				require.NotEqual(t, checker.Violated, r.Verdict, "seed %d: %s: %s\n%s", seed, r.Property, r.Detail, r.Stack)
				ops += r.Ops
			}
			require.Greater(t, ops, 500)
		})
	}
}

func TestWhatBrokersAreAskedIsSaidInKafkasWords(t *testing.T) {
	var rec trace.Recorder
	kafkaRun(t, trial.Options{Seed: 1, Recorder: &rec})
	say := describeKafka()
	said := map[string]bool{}
	for e := range rec.Events() {
		if text := say(e); text != "" {
			said[strings.Fields(text)[0]] = true
		}
	}
	for _, name := range []string{"Produce", "Fetch", "LeaderAndISR", "UpdateMetadata", "CreateTopics", "Metadata"} {
		require.True(t, said[name], "%s: %v", name, said)
	}
}

// Every defect whose entry names seeds is found in them.
func TestEveryDefectOfAClusterIsFoundInItsSeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("the museum takes some seconds")
	}
	for _, s := range []*Scenario{Kafka(), KafkaGroups(), KafkaExactlyOnce(), KafkaAdmin(), KafkaCompaction()} {
		for _, b := range s.Bugs {
			if soonFound(t, b) {
				requireFound(t, s, b)
			}
		}
	}
}

// BenchmarkKafkaUniverse is what a hunt through a cluster's defects is made of. Small is the scope in which published searches
// work: three brokers, one server of the ensemble, and at most twenty operations.
func BenchmarkKafkaUniverse(b *testing.B) {
	for _, c := range []struct {
		name string
		o    trial.Options
	}{
		{"small", trial.Options{Nodes: 3, Clients: 1, Ops: 20, Nemesis: []string{"crash"}}},
		{"default", trial.Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			defer debug.SetGCPercent(debug.SetGCPercent(1000)) // as cmd/orrery does
			b.ReportAllocs()
			events := uint64(0)
			o, s := c.o, Kafka()
			for o.Seed = 1; b.Loop(); o.Seed++ {
				r, err := s.Run(o)
				require.NoError(b, err)
				events += r.Events
			}
			b.ReportMetric(float64(events)/float64(b.N), "events/op")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "universes/s")
		})
	}
}
