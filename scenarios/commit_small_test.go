package scenarios

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/smallscope"
	"orrery/nodes/commit"
	"orrery/sim/vdisk"
)

// One coordinator, two participants, one crash of anybody, two time-outs: whatever comes when, nobody commits while another aborts.
func TestTwoPhaseCommitHoldsInEveryExecutionOfASmallWorld(t *testing.T) {
	for _, c := range []struct {
		name   string
		scope  CommitScope
		bounds smallscope.Bounds
	}{
		{"all agree", CommitScope{Participants: 2, Attempts: 1, TimeOuts: 2}, smallscope.Bounds{Crashes: 1, Mode: vdisk.LoseUnsynced}},
		{"messages come twice", CommitScope{Participants: 2, Attempts: 1, TimeOuts: 1}, smallscope.Bounds{Doubles: 1}},
		{"one refuses, twice", CommitScope{Participants: 2, Refuses: true, Attempts: 2, TimeOuts: 1}, smallscope.Bounds{Crashes: 1, Mode: vdisk.LoseUnsynced}},
		{"who waits asks everybody", CommitScope{Participants: 2, Attempts: 1, TimeOuts: 1, Cooperative: true}, smallscope.Bounds{Crashes: 1, Mode: vdisk.LoseUnsynced}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := CommitWorld(c.scope, commit.Quirks{}).Search(context.Background(), c.bounds, nil)
			require.Nil(t, r.Violation, "%s", r)
			require.True(t, r.Exhausted)
			require.Greater(t, r.States, uint64(100), "there is nothing to search")
			t.Log(r)
		})
	}
}

// commitSmallRows are the defects that show in so small a world, by what breaks there.
var commitSmallRows = []struct {
	bug, breaks string
	attempts    int
}{
	{"commit-before-durable", "AC1", 1},
	{"vote-before-durable", "AC3", 1},
	{"aborts-alone", "AC1", 1},
	{"forgets-before-acks", "AC1", 1},
	{"recovery-drops-locks", "AC3", 1},
}

func TestDefectsOfTwoPhaseCommitAreFoundInASmallWorld(t *testing.T) {
	for _, row := range commitSmallRows {
		b, ok := commit.BugNamed(row.bug)
		require.True(t, ok)
		w := CommitWorld(CommitScope{Participants: 2, Attempts: row.attempts, TimeOuts: 2}, b.Quirks)
		bounds := smallscope.Bounds{Crashes: 1, Mode: vdisk.LoseUnsynced}
		r := w.Search(context.Background(), bounds, nil)
		require.NotNil(t, r.Violation, "%s: %s", row.bug, r)
		require.Equal(t, row.breaks, r.Violation.Property, row.bug)
		v := w.Shorten(bounds, r.Violation)
		again, err := w.Replay(bounds, v.Schedule)
		require.NoError(t, err, row.bug)
		require.Equal(t, v.Property, again.Property)
		t.Logf("%s, %d states: %s: %s\n%s", row.bug, r.States, v.Property, v.Detail, v.Schedule)
	}
}
