package explain_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/explain"
	"orrery/explore/shrink"
	"orrery/scenarios"
)

// shrunk are the violations that tests have asked for.
var shrunk = map[string]scenarios.Options{}

// short is a violation of a defect of Paxos that has been shrunk.
func short(t testing.TB, bug string) scenarios.Options {
	t.Helper()
	if o, known := shrunk[bug]; known {
		return o
	}
	s := scenarios.Paxos()
	for seed := uint64(1); seed < 500; seed++ {
		o := scenarios.Options{Seed: seed, Bug: bug}
		r, err := s.Run(o)
		require.NoError(t, err)
		if r.Verdict != checker.Violated {
			continue
		}
		found, err := shrink.Config{Run: s.Run, Ops: s.Ops, Executions: 1000}.Shrink(context.Background(), o, r)
		require.NoError(t, err)
		shrunk[bug] = found.Options
		return found.Options
	}
	t.Fatalf("no seed shows %s", bug)
	return scenarios.Options{}
}

func config() explain.Config {
	s := scenarios.Paxos()
	return explain.Config{Run: s.Run, Describe: s.Describe, Siblings: 6, Points: 12}
}

func TestTheCurveIsLowSomewhereAndEndsAtCertainty(t *testing.T) {
	x, err := config().Explain(context.Background(), short(t, "vote-does-not-promise"))
	require.NoError(t, err)
	require.True(t, x.Complete)
	lowest := 100
	for _, p := range x.Curve {
		require.True(t, p.Runs == 6 || p.Event == x.Events, "every point has its continuations; the last needs none")
		lowest = min(lowest, p.Share())
	}
	require.Less(t, lowest, 50)
	last := x.Curve[len(x.Curve)-1]
	require.Equal(t, x.Events, last.Event)
	require.Equal(t, 100, last.Share())
	require.NotEmpty(t, x.Jumps, "somewhere between the two it rises")
	require.NotNil(t, x.Return)
	require.LessOrEqual(t, x.Jumps[len(x.Jumps)-1].After.Event, x.Events)
}

func TestTheStoryHasAtMostFifteenLinesAndEndsWithTheViolation(t *testing.T) {
	for _, bug := range []string{"vote-does-not-promise", "answers-before-chosen"} {
		x, err := config().Tell(short(t, bug))
		require.NoError(t, err)
		require.LessOrEqual(t, strings.Count(x.StoryText(), "\n"), 15)
		require.Contains(t, x.Story[len(x.Story)-1].Text, "VIOLATION of "+x.Property)
		told, left := 0, 0
		for _, l := range x.Story {
			told += len(l.Events)
			left += l.LeftOut
		}
		require.Positive(t, told)
		require.LessOrEqual(t, told+left, int(x.Events)+1)
	}
}

func TestAFaultWithoutWhichNothingHappensIsNecessary(t *testing.T) {
	o := short(t, "vote-does-not-promise") // a promise is forgotten, and only a crash makes that show
	require.NotEmpty(t, o.Plan.Entries)
	x, err := config().Explain(context.Background(), o)
	require.NoError(t, err)
	require.Equal(t, "fault", x.Needs[0].Kind)
	require.True(t, x.Needs[0].Necessary())
	require.True(t, x.Needs[0].Here)
}

func TestTheNearestPassingRunPassesAndDiffersOnlyAtItsEnd(t *testing.T) {
	x, err := config().Explain(context.Background(), short(t, "vote-does-not-promise"))
	require.NoError(t, err)
	require.NotNil(t, x.Passing)
	require.Positive(t, x.Passing.Common)
	require.Less(t, x.Passing.Common, int(x.Events))
	r, err := scenarios.Paxos().Run(*x.Passing.Options)
	require.NoError(t, err)
	require.False(t, r.Verdict == checker.Violated && r.Property == x.Property)
}

func TestTheExplanationDoesNotDependOnTheNumberOfCores(t *testing.T) {
	o := short(t, "counts-nacks")
	c := config()
	c.Siblings, c.Points = 6, 8
	c.Workers = 1
	one, err := c.Explain(context.Background(), o)
	require.NoError(t, err)
	c.Workers = 3
	three, err := c.Explain(context.Background(), o)
	require.NoError(t, err)
	require.Equal(t, one, three)
}

func TestWhenTimeIsUpTheStoryIsThereAllTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	x, err := config().Explain(ctx, short(t, "counts-nacks"))
	require.NoError(t, err)
	require.False(t, x.Complete)
	require.NotEmpty(t, x.Story)
}

func TestThereIsNothingToExplainWhereNothingIsViolated(t *testing.T) {
	_, err := config().Explain(context.Background(), scenarios.Options{Seed: 1, Profile: "calm"})
	require.ErrorContains(t, err, "nothing to explain")
}
