package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
)

// A group without a coordinator keeps what is promised of it, whatever happens; and each property was looked at.
func TestAGroupWithoutACoordinatorReadsEveryRecord(t *testing.T) {
	asked := map[string]uint64{}
	eachSeed(t, ZKConsumer(), "1-40", "", func(r *trial.Result) bool {
		require.Equal(t, checker.Holds, r.Verdict, "seed %d: %s: %s %s", r.Seed, r.Property, r.Detail, r.Stack)
		for p, n := range r.Asked {
			asked[p] += n
		}
		return true
	})
	for _, p := range []string{zkcOneOwner, zkcClaimed, zkcForward, zkcRead, zkcNothing, zkcOwned, zkcOnce} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
}
