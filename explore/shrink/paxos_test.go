package shrink_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/shrink"
	"orrery/scenarios"
	"orrery/sim"
)

// shrunk shrinks what a defect of Paxos does in a seed.
func shrunk(t *testing.T, bug string, seed uint64, c shrink.Config) (first *scenarios.Result, found shrink.Found) {
	t.Helper()
	s := scenarios.Paxos()
	o := scenarios.Options{Seed: seed, Bug: bug}
	first, err := s.Run(o)
	require.NoError(t, err)
	require.Equal(t, checker.Violated, first.Verdict, "seed %d does not show %s any more; orrery run paxos --bug %s finds another", seed, bug, bug)
	c.Run, c.Ops = s.Run, s.Ops
	found, err = c.Shrink(context.Background(), o, first)
	require.NoError(t, err)
	return first, found
}

// firstSeed is the first seed in which a defect is found.
func firstSeed(t *testing.T, bug string) uint64 {
	t.Helper()
	for seed := uint64(1); seed < 3000; seed++ {
		r, err := scenarios.Paxos().Run(scenarios.Options{Seed: seed, Bug: bug})
		require.NoError(t, err)
		if r.Verdict == checker.Violated {
			return seed
		}
	}
	t.Fatalf("no seed shows %s", bug)
	return 0
}

func TestWhatIsLeftViolatesTheSamePropertyWithoutAnyEventToSpare(t *testing.T) {
	for _, bug := range []string{"counts-nacks", "answers-before-chosen"} { // one is seen inside the run, one in the history
		t.Run(bug, func(t *testing.T) {
			first, found := shrunk(t, bug, firstSeed(t, bug), shrink.Config{Executions: 4000})
			s := scenarios.Paxos()
			r, err := s.Run(found.Options)
			require.NoError(t, err)
			require.Equal(t, first.Property, r.Property)
			require.Equal(t, found.Result.Hash, r.Hash, "what was shrunk replays")
			require.Less(t, r.Events, first.Events/20)
			if !found.Complete {
				return
			}
			for i := range found.Options.Only {
				o := found.Options
				o.Only = append(append([]sim.DrawID{}, o.Only[:i]...), o.Only[i+1:]...)
				less, err := s.Run(o)
				require.NoError(t, err)
				require.False(t, less.Verdict == checker.Violated && less.Property == first.Property && less.Events <= r.Events,
					"event %d of the list can be left out", i)
			}
		})
	}
}

func TestWhatIsFoundDoesNotDependOnTheNumberOfCores(t *testing.T) {
	seed := firstSeed(t, "counts-nacks")
	_, one := shrunk(t, "counts-nacks", seed, shrink.Config{Executions: 600, Workers: 1})
	_, three := shrunk(t, "counts-nacks", seed, shrink.Config{Executions: 600, Workers: 3})
	require.Equal(t, one.Options, three.Options)
	require.Equal(t, one.Executions, three.Executions)
}

func TestTheTimeBudgetKeepsTheBest(t *testing.T) {
	s := scenarios.Paxos()
	seed := firstSeed(t, "counts-nacks")
	o := scenarios.Options{Seed: seed, Bug: "counts-nacks"}
	first, err := s.Run(o)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	improved := 0
	c := shrink.Config{Run: s.Run, Ops: s.Ops, Workers: 2, Progress: func(shrink.Found) {
		if improved++; improved == 3 {
			cancel()
		}
	}}
	found, err := c.Shrink(ctx, o, first)
	require.NoError(t, err)
	require.False(t, found.Complete)
	require.Less(t, found.Result.Events, first.Events)
	r, err := s.Run(found.Options)
	require.NoError(t, err)
	require.Equal(t, found.Result.Hash, r.Hash)
}

func TestOptionsWithASchedulerAreRefused(t *testing.T) {
	_, err := shrink.Config{}.Shrink(context.Background(), scenarios.Options{Source: constant{}}, &scenarios.Result{})
	require.ErrorContains(t, err, "no run that can be repeated")
}

type constant struct{}

func (constant) Choose(sim.Point, uint64) uint64 { return 0 }
