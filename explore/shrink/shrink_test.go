package shrink

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/sim"
	"orrery/trace"
)

// pretend is a scenario whose violation needs the two faults that are named, and so many operations.
func pretend(runs *int, ops int, needs ...string) func(trial.Options) (*trial.Result, error) {
	return func(o trial.Options) (*trial.Result, error) {
		*runs++
		r := &trial.Result{Seed: o.Seed, Verdict: checker.Violated, Property: "agreement", Plan: *o.Plan}
		for _, name := range needs {
			found := false
			for _, e := range o.Plan.Entries {
				found = found || e.Fault.String() == name && e.Until-e.At >= 100e6
			}
			if !found {
				r.Verdict, r.Property = checker.Holds, ""
			}
		}
		if o.Ops < ops {
			r.Property = "something else"
		}
		return r, nil
	}
}

const busyPlan = `100ms crash(n1) until 900ms
200ms isolate(n2) until 1s
300ms pause(n3) until 1100ms
400ms crash(n2) until 2s
500ms isolate(n3) until 2s
600ms pause(n1) until 3s
700ms crash(n3) until 4s`

func busy(t *testing.T) trial.Options {
	p, err := nemesis.ParsePlan("plan", []byte(busyPlan))
	require.NoError(t, err)
	return trial.Options{Plan: &p}
}

func TestOnlyWhatIsNeededIsLeft(t *testing.T) {
	runs := 0
	c := Config{Run: pretend(&runs, 37, "isolate(n2)", "pause(n1)"), Ops: 300, Workers: 1}
	o := busy(t)
	r, err := c.Run(o)
	require.NoError(t, err)
	r.Property = "agreement"
	found, err := c.Shrink(context.Background(), o, r)
	require.NoError(t, err)
	require.True(t, found.Complete)
	require.Equal(t, "200ms isolate(n2) until 300ms\n600ms pause(n1) until 750ms\n", found.Options.Plan.String())
	require.Equal(t, 37, found.Options.Ops)
	require.Equal(t, found.Executions, runs-1)
	require.Less(t, runs, 100)
}

func TestAnotherPropertyIsAnotherViolation(t *testing.T) {
	runs := 0
	c := Config{Run: pretend(&runs, 300), Ops: 300}
	found, err := c.Shrink(context.Background(), busy(t), &trial.Result{Verdict: checker.Violated, Property: "agreement", Plan: *busy(t).Plan})
	require.NoError(t, err)
	require.Empty(t, found.Options.Plan.Entries)
	require.Equal(t, 300, found.Options.Ops, "with fewer operations it is something else that breaks")
}

func TestABudgetAndACancelKeepTheBest(t *testing.T) {
	runs := 0
	c := Config{Run: pretend(&runs, 1, "isolate(n2)"), Ops: 300, Executions: 9, Workers: 1}
	r := &trial.Result{Verdict: checker.Violated, Property: "agreement", Plan: *busy(t).Plan}
	found, err := c.Shrink(context.Background(), busy(t), r)
	require.NoError(t, err)
	require.False(t, found.Complete)
	require.Less(t, found.Options.Ops, 300)
	require.Equal(t, 9, runs)

	ctx, cancel := context.WithCancel(context.Background())
	c = Config{Run: pretend(&runs, 1, "isolate(n2)"), Ops: 300, Progress: func(Found) { cancel() }}
	found, err = c.Shrink(ctx, busy(t), r)
	require.NoError(t, err)
	require.False(t, found.Complete)
	require.Equal(t, 300, found.Options.Ops)
}

func TestAnErrorOfTheRunIsReturned(t *testing.T) {
	broken := errors.New("no such scenario")
	c := Config{Run: func(trial.Options) (*trial.Result, error) { return nil, broken }}
	_, err := c.Shrink(context.Background(), busy(t), &trial.Result{Verdict: checker.Violated, Plan: *busy(t).Plan})
	require.ErrorIs(t, err, broken)
}

func TestAShareIsOfTheExecutionsAndOfTheTime(t *testing.T) {
	l := newLab(Config{Executions: 100}, context.Background())
	l.executions = 20
	half := l.share(1, 2)
	l.executions = 59
	require.False(t, half())
	l.executions = 60
	require.True(t, half(), "half of the eighty that were left")

	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	require.True(t, newLab(Config{Executions: 100}, ctx).share(3, 4)(), "where executions take long it is the time that ends")
	ctx, cancel = context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	require.False(t, newLab(Config{Executions: 100}, ctx).share(1, 4)())
}

func TestEventsThatAreAlikeAreGroupedTheLargestGroupFirst(t *testing.T) {
	events := []trace.Event{
		{ID: 1, Kind: trace.Fire, Name: "tick", Node: "n1"},
		{ID: 2, Kind: trace.Deliver, Name: "beat", Node: "n2", Peer: "n1"},
		{ID: 3, Kind: trace.Deliver, Name: "beat", Node: "n3", Peer: "n1"},
		{ID: 4, Kind: trace.Write, Name: "beat", Node: "n3"}, // an effect is no event of its own
	}
	byName := groups(events, func(e *trace.Event) string { return e.Name })
	require.Equal(t, [][]sim.DrawID{{2, 3}, {1}}, byName)
	byMachine := groups(events, func(e *trace.Event) string { return e.Name + " " + e.Node })
	require.Equal(t, [][]sim.DrawID{{1}, {2}, {3}}, byMachine)
}
