package scenarios

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nodes/commit"
)

func TestCommitHoldsInAllWeathers(t *testing.T) {
	s := CommitScenario()
	for seed := uint64(1); seed <= 60; seed++ {
		r, err := s.Run(trial.Options{Seed: seed})
		require.NoError(t, err)
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s", seed, r.Property, r.Detail)
	}
}

// held is the median and the longest time that locks were held, over seeds, and how often a transaction was split.
func held(t *testing.T, p commit.Protocol, cut bool) (median, longest time.Duration, split int) {
	t.Helper()
	var all []time.Duration
	for seed := range uint64(50) {
		b, err := MeasureBlocking(p, seed, cut)
		require.NoError(t, err)
		all = append(all, b.Held)
		if b.Commits > 0 && b.Aborts > 0 {
			split++
		}
	}
	slices.Sort(all)
	t.Logf("%-13v cut=%v: locks held for %v in the median, %v at most; split in %d of %d", p, cut,
		all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond), split, len(all))
	return all[len(all)/2], all[len(all)-1], split
}

// The figures are in docs/atomic-commitment.md.
func TestWhoBlocksWhenTheCoordinatorStopsAndWhoDoesNot(t *testing.T) {
	for _, p := range commit.Protocols() {
		median, longest, split := held(t, p, false)
		require.Zero(t, split, "%v", p)
		if p == commit.TwoPhase || p == commit.Cooperative {
			require.Greater(t, median, coordinatorDown, "%v", p)
		} else {
			require.Less(t, longest, 5*time.Second, "%v", p)
		}
	}
}

func TestWhoSplitsUnderAPartitionAndWhoDoesNot(t *testing.T) {
	for _, p := range commit.Protocols() {
		_, _, split := held(t, p, true)
		if p == commit.ThreePhase {
			require.Positive(t, split, "that is its limit")
		} else {
			require.Zero(t, split, "%v", p)
		}
	}
}
