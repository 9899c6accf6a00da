package scenarios

import (
	"slices"
	"testing"
	"time"

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
	// That somebody gives up, and nothing changes at once, is too rare for few seeds: the defect that breaks zkcNothing has them.
	for _, p := range []string{zkcOneOwner, zkcClaimed, zkcForward, zkcRead, zkcOwned, zkcOnce} {
		require.NotZero(t, asked[p], "%s was never looked at", p)
	}
}

func TestEveryDefectOfAGroupWithoutACoordinatorIsFoundInItsSeeds(t *testing.T) {
	everyBugIsFound(t, ZKConsumer())
}

// What the lack of a coordinator costs is measured: how many are woken by a change, and how long somebody reads on whose session is over.
// docs/zkconsumer.md has these figures.
func TestHerdAndSplitBrainFigures(t *testing.T) {
	var sum zkcGhost
	var windows []time.Duration
	for seed := uint64(1); seed <= 60; seed++ {
		var k *zkcWorld
		_, err := trial.Run(trial.Options{Seed: seed}, func(w *trial.World) error {
			err := ZKConsumer().Build(w)
			k, _ = w.Workload.(*zkcWorld)
			return err
		})
		require.NoError(t, err)
		for _, m := range k.all() {
			k.ghost.gather(m)
		}
		g := k.ghost
		sum.changes, sum.woken, sum.attempts, sum.moves = sum.changes+g.changes, sum.woken+g.woken, sum.attempts+g.attempts, sum.moves+g.moves
		sum.repeated, sum.zombie, sum.readTotal = sum.repeated+g.repeated, sum.zombie+g.zombie, sum.readTotal+g.readTotal
		for _, d := range g.window {
			windows = append(windows, d)
		}
	}
	slices.Sort(windows)
	t.Logf("%d changes, %d rebalances, %d attempts, %d claims; %d records read, %d of them again, %d by whose session was over, for %v",
		sum.changes, sum.woken, sum.attempts, sum.moves, sum.readTotal, sum.repeated, sum.zombie, windows)
	require.Greater(t, sum.woken, sum.changes, "a change wakes more than one")
	require.NotZero(t, sum.zombie, "nobody was seen to read on")
}
