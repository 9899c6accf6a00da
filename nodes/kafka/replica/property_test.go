package replica_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/kafka/replica"
)

// Whatever comes in whatever order, with brokers that die and lose what they had not flushed: what is committed stays, in
// every replica that may be elected.
func TestCommittedRecordsSurviveAnySchedule(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "x") }
		s := newSchedule(rt, replica.Quirks{}, 1+draw(2), draw)
		s.power = true
		if err := s.run(60); err != nil {
			rt.Fatalf("%v\n%s", err, strings.Join(s.trace, "\n"))
		}
	})
}

// seeded runs a schedule from a seed.
func seeded(t *testing.T, q replica.Quirks, seed uint64, steps int) (*schedule, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := newSchedule(t, q, 1+rng.IntN(2), rng.IntN)
	s.power = rng.IntN(2) == 1
	err := s.run(steps)
	if err == nil {
		err = s.settle()
	}
	return s, err
}

func TestLongSchedulesHealAndServe(t *testing.T) {
	for seed := range uint64(150) {
		s, err := seeded(t, replica.Quirks{}, seed, 300)
		require.NoError(t, err, "seed %d\n%s\n%s", seed, strings.Join(s.trace, "\n"), strings.Join(s.w.story, "\n"))
	}
}
