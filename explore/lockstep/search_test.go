package lockstep_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/lockstep"
)

func TestASearchThatIsCutShortSaysSo(t *testing.T) {
	r := world(3).Search(lockstep.Bounds{EOT: 5, EFF: 3}, 3)
	require.False(t, r.Exhausted)
	require.Nil(t, r.Counterexample)
	require.Equal(t, "none in 3 executions, and there are more", r.String())
}

func TestWhoStopsIsTriedInEveryRound(t *testing.T) {
	r := world(1).Search(lockstep.Bounds{EOT: 4, Crashes: 2}, 1000)
	require.NotNil(t, r.Counterexample)
	require.Equal(t, []lockstep.Crash{{ID: "a", Round: 1}}, r.Counterexample.Crashes, "a stops before it has said anything")
	require.Empty(t, r.Counterexample.Losses)
}

// Two rounds with one message each, of which none can be lost in the third: four sets.
func TestEverySetOfLossesIsTriedOnce(t *testing.T) {
	r := world(4).Search(lockstep.Bounds{EOT: 5, EFF: 3}, 1000)
	require.True(t, r.Exhausted)
	const partitions = 2 // one cut, from either round on
	require.Equal(t, 4+partitions, r.Executions)
}

func TestACounterexampleHasNothingThatItDoesNotNeed(t *testing.T) {
	r := world(2).Search(lockstep.Bounds{EOT: 6, EFF: 5, Crashes: 1}, 1000)
	require.NotNil(t, r.Counterexample)
	require.Empty(t, r.Counterexample.Crashes)
	require.Len(t, r.Counterexample.Losses, 2, "either greeting would have been enough")
}
