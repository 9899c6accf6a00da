package smallscope_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/smallscope"
	"orrery/nodes/synod"
	"orrery/scenarios"
	"orrery/sim/vdisk"
)

func bounds(crashes int) smallscope.Bounds {
	return smallscope.Bounds{Crashes: crashes, Mode: vdisk.LoseUnsynced}
}

func TestTwoProposersOnThreeAcceptorsAreExhaustedAndAgree(t *testing.T) {
	w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 2, Attempts: 1}, synod.Quirks{})
	r := w.Search(context.Background(), bounds(0), nil)
	require.True(t, r.Exhausted)
	require.Nil(t, r.Violation)
	require.Equal(t, "exhausted: 4979 states, none violates", r.String())
}

// What the search leaves out (states seen before, orders of what does not depend on each other) loses no
// state: the definition, which leaves nothing out, comes to the very same ones.
func TestTheSearchSeesTheStatesThatAllExecutionsTogetherSee(t *testing.T) {
	for _, c := range []struct {
		scope   scenarios.SynodScope
		bounds  smallscope.Bounds
		atLeast int
	}{
		{scenarios.SynodScope{Acceptors: 2, Proposers: 1, Attempts: 1}, smallscope.Bounds{Crashes: 1, Doubles: 1, Mode: vdisk.LoseUnsynced}, 50},
		{scenarios.SynodScope{Acceptors: 3, Proposers: 1, Attempts: 1}, bounds(0), 30},
		{scenarios.SynodScope{Acceptors: 1, Proposers: 1, Attempts: 2, Again: true}, bounds(2), 10},
		{scenarios.SynodScope{Acceptors: 2, Proposers: 2, Attempts: 1}, bounds(0), 50},
	} {
		w := scenarios.SynodWorld(c.scope, synod.Quirks{})
		quick, r := w.States(context.Background(), c.bounds)
		require.True(t, r.Exhausted)
		c.bounds.WholeTree = true
		whole, all := w.States(context.Background(), c.bounds)
		require.True(t, all.Exhausted)
		require.Equal(t, whole, quick, "%+v", c.scope)
		require.Less(t, r.Transitions, all.Transitions)
		require.GreaterOrEqual(t, len(quick), c.atLeast)
		t.Logf("%+v: %d states; %d transitions instead of %d", c.scope, len(quick), r.Transitions, all.Transitions)
	}
}

func TestTheSearchFindsDefectsAndTheirSchedulesReplay(t *testing.T) {
	for _, c := range []struct {
		bug      string
		attempts int
		crashes  int
	}{
		{"skips-phase-one", 1, 0}, {"accepts-lower-ballot", 1, 0}, {"counts-nacks", 1, 0}, {"vote-not-durable", 1, 1},
	} {
		t.Run(c.bug, func(t *testing.T) {
			b, ok := synod.BugNamed(c.bug)
			require.True(t, ok)
			w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 2, Attempts: c.attempts}, b.Quirks)
			r := w.Search(context.Background(), bounds(c.crashes), nil)
			require.NotNil(t, r.Violation, r.String())
			short := w.Shorten(bounds(c.crashes), r.Violation)
			require.LessOrEqual(t, len(short.Schedule), len(r.Violation.Schedule))
			again, err := w.Replay(bounds(c.crashes), short.Schedule)
			require.NoError(t, err)
			require.Equal(t, r.Violation.Property, again.Property)
			t.Logf("%d states, %d steps, shortened to %d:\n%s\n%s: %s", r.States, len(r.Violation.Schedule), len(short.Schedule), short.Schedule, again.Property, again.Detail)

			right := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 2, Attempts: c.attempts}, synod.Quirks{})
			fine, err := right.Replay(bounds(c.crashes), short.Schedule)
			require.Nil(t, fine)
			if err != nil {
				require.ErrorIs(t, err, smallscope.ErrNoStep)
			}
		})
	}
}

func TestASearchEndsWithItsContextAndSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 2, Attempts: 2}, synod.Quirks{})
	r := w.Search(ctx, bounds(1), nil)
	require.False(t, r.Exhausted)
	require.Contains(t, r.String(), "not exhausted")
}

func TestADepthThatCutsSomethingOffIsNotExhausted(t *testing.T) {
	w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 1, Attempts: 1}, synod.Quirks{})
	r := w.Search(context.Background(), smallscope.Bounds{Depth: 3}, nil)
	require.False(t, r.Exhausted)
	require.Nil(t, r.Violation)
}

func TestAScheduleFromElsewhereIsRefused(t *testing.T) {
	w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 1, Attempts: 1}, synod.Quirks{})
	_, err := w.Replay(bounds(0), smallscope.Schedule{"n1 receives P2a from n9 #0000000000000001"})
	require.ErrorIs(t, err, smallscope.ErrNoStep)
	_, err = w.Replay(bounds(0), smallscope.Schedule{"n1 does something"})
	require.ErrorContains(t, err, "want a key after #")
}

func BenchmarkSearch(b *testing.B) {
	w := scenarios.SynodWorld(scenarios.SynodScope{Acceptors: 3, Proposers: 2, Attempts: 1}, synod.Quirks{})
	states := uint64(0)
	for b.Loop() {
		states += w.Search(context.Background(), bounds(0), nil).States
	}
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
}
