package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

// What the producer was told is written, is counted: through brokers that are killed, leaders that move and workers that are replaced.
func TestWhatKafkaAcknowledgedStormCounts(t *testing.T) {
	asked := map[string]uint64{}
	eachSeed(t, StormKafka(), "1-30", "", func(r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s %s", r.Seed, r.Property, r.Detail, r.Stack)
		for p, n := range r.Asked {
			asked[p] += n
		}
		return true
	})
	for _, p := range []string{stormKafkaCounted, stormTrees, stormInTime} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
}
