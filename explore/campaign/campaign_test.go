package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/strategy"
	"orrery/explore/trial"
	"orrery/nodes"
	"orrery/sim"
)

// die is a scenario: a universe that throws a die with a thousand sides twice. The greatest throws of the
// first violate a property, and on one throw the harness breaks.
func die(o trial.Options) (*trial.Result, error) {
	if o.Bug == "refused" {
		return nil, errors.New("there is no such bug")
	}
	u := sim.New(sim.Config{Seed: o.Seed, Overrides: o.Overrides, Source: o.Source, RecordDraws: o.RecordDraws})
	a, b := u.Draw("die", 1, 1000), u.Draw("die", 2, 1000)
	r := &trial.Result{Seed: o.Seed, Verdict: checker.Holds, Hash: fmt.Sprintf("%d-%d", a, b)}
	switch {
	case a == 13:
		panic("the die is lost")
	case a >= 990 || o.Bug == "loaded" && a >= 900:
		r.Verdict, r.Property = checker.Violated, "luck"
	}
	r.Marks = []sim.Mark{{Name: "die: high", Kind: nodes.MarkSometimes, Reached: 1, Held: b / 500}}
	r.Faults = []trial.FaultReport{{Fault: fmt.Sprintf("kind%d(n1)", b%5), Effects: b % 2}}
	return r, nil
}

// walk is a strategy whose seeds are numbers, and that learns: every violation moves it on by a thousand.
type walk struct {
	first   uint64
	learnt  []uint64
	hits    uint64
	steers  bool
	done    uint64 // 0: never
	asked   uint64
	forgets bool // it answers twins otherwise: a broken one
}

func (w *walk) Next(n uint64, base trial.Options) trial.Options {
	w.asked++
	base.Seed = w.first + n + 1000*w.hits
	if w.steers {
		base.Source = &loaded{n: n, by: 0}
		if w.forgets {
			base.Source = &loaded{n: n, by: w.asked}
		}
	}
	return base
}

func (w *walk) Learn(n uint64, _ trial.Options, r *trial.Result) {
	w.learnt = append(w.learnt, n)
	if r.Verdict == checker.Violated {
		w.hits++
	}
}

func (w *walk) Done() (bool, string) {
	return w.done > 0 && w.asked >= w.done, fmt.Sprintf("exhausted: %d sides", w.done)
}

func (w *walk) Member(n uint64) string { return [2]string{"even", "odd"}[n%2] }

// loaded throws 995 at every tenth execution.
type loaded struct{ n, by uint64 }

func (l *loaded) Choose(p sim.Point, seeded uint64) uint64 {
	if p.ID == 1 && l.n%10 == 9 {
		return 995 - l.by
	}
	return seeded
}

// line is what a campaign hands on of one execution.
type line struct {
	n, seed                      uint64
	hash, property, member, pins string
	again, fresh                 bool
}

// all runs a campaign, and returns a line for every execution.
func all(t *testing.T, c Config) (lines []line, ending Ending) {
	c.Seen = func(e *Execution) bool {
		lines = append(lines, line{n: e.N, seed: e.Options.Seed, hash: e.Result.Hash, property: e.Result.Property,
			member: e.Member, pins: fmt.Sprint(e.Options.Overrides), again: e.Again, fresh: e.New})
		return true
	}
	if c.Run == nil {
		c.Run = die
	}
	ending, err := New(c).Run(context.Background())
	require.NoError(t, err)
	return lines, ending
}

func TestACampaignIsTheSameOnAnyNumberOfWorkers(t *testing.T) {
	for _, steers := range []bool{false, true} {
		one, ending := all(t, Config{Strategy: &walk{steers: steers}, Executions: 1000, Workers: 1})
		require.Len(t, one, 1000)
		require.Equal(t, BudgetSpent, ending.Why)
		for _, workers := range []int{2, 5} {
			many, again := all(t, Config{Strategy: &walk{steers: steers}, Executions: 1000, Workers: workers})
			require.Equal(t, one, many)
			require.Equal(t, ending, again)
		}
	}
}

func TestAStrategyLearnsEveryExecutionInOrderAfterItsBatch(t *testing.T) {
	w := &walk{}
	var seeds []uint64
	ending, err := New(Config{Run: die, Strategy: w, Executions: 150, Workers: 3, Base: trial.Options{Bug: "loaded"},
		Seen: func(e *Execution) bool { seeds = append(seeds, e.Options.Seed); return true },
	}).Run(context.Background())
	require.NoError(t, err)
	require.EqualValues(t, 150, ending.Executions)
	require.Len(t, w.learnt, 150)
	for i, n := range w.learnt {
		require.EqualValues(t, i, n)
	}
	require.EqualValues(t, strategy.Batch-1, seeds[strategy.Batch-1], "nothing is learnt within a batch")
	require.Greater(t, seeds[strategy.Batch], uint64(999), "what was learnt of the first batch is used in the second")
}

func TestAPanicIsAResult(t *testing.T) {
	lost := 0
	_, err := New(Config{Run: die, Strategy: &walk{}, Executions: 5000, Seen: func(e *Execution) bool {
		if e.Result.Property == Harness {
			lost++
			require.Equal(t, checker.Unknown, e.Result.Verdict)
			require.Contains(t, e.Result.Detail, "the die is lost")
			require.NotEmpty(t, e.Result.Stack)
			require.False(t, e.Found(), "nothing follows for the protocol")
		}
		return true
	}}).Run(context.Background())
	require.NoError(t, err)
	require.Greater(t, lost, 0)
}

func TestTheFirstViolationEndsWhoWantsOne(t *testing.T) {
	lines, ending := all(t, Config{Strategy: &walk{}, Until: Violation, Executions: 1000})
	require.Equal(t, FirstViolation, ending.Why)
	for i, l := range lines {
		require.Equal(t, i == len(lines)-1, l.property == "luck")
	}
	require.EqualValues(t, len(lines), ending.Executions)
	require.Equal(t, "stopped at the first violation", ending.String())
}

func TestAPlateauEndsWhoWantsOne(t *testing.T) {
	lines, ending := all(t, Config{Strategy: &walk{}, Until: Plateau, Plateau: 200, Executions: 100_000})
	require.Equal(t, OnPlateau, ending.Why)
	require.Contains(t, ending.String(), "in the last 200 executions")
	last := 0
	for i, l := range lines {
		if l.fresh {
			last = i
		}
	}
	require.Equal(t, last+200, len(lines)-1)
	require.Greater(t, last, 0)
}

func TestAStrategyThatHasTriedEverythingSaysWhatItSaw(t *testing.T) {
	lines, ending := all(t, Config{Strategy: &walk{done: 77}})
	require.Len(t, lines, 77)
	require.Equal(t, Exhausted, ending.Why)
	require.Equal(t, "exhausted: 77 sides", ending.String())
}

func TestACampaignGoesOnWhereItWasInterrupted(t *testing.T) {
	whole, _ := all(t, Config{Strategy: &still{}, Executions: 500})
	for _, cut := range []uint64{1, 63, 64, 65, 200} {
		first, _ := all(t, Config{Strategy: &still{}, Executions: cut})
		rest, _ := all(t, Config{Strategy: &still{}, First: cut, Executions: 500 - cut})
		require.Equal(t, stale(whole), stale(append(first, rest...)))
	}
}

// What a strategy had learnt before the batch under way is enough to go on as if nothing had happened.
func TestACampaignThatRemembersGoesOnAsIfItHadNotBeenInterrupted(t *testing.T) {
	base := trial.Options{Bug: "loaded"}
	whole, _ := all(t, Config{Strategy: &walk{}, Base: base, Executions: 500})
	for _, cut := range []uint64{1, 63, 64, 65, 200, 448} {
		var lines []line
		before, memory := &walk{}, uint64(0)
		see := func(e *Execution) bool {
			lines = append(lines, line{n: e.N, seed: e.Options.Seed, hash: e.Result.Hash, member: e.Member})
			return uint64(len(lines)) != cut
		}
		c := New(Config{Run: die, Strategy: before, Base: base, Executions: 500, Seen: see})
		for {
			ending, err := c.Step(context.Background())
			require.NoError(t, err)
			if c.Learnt() {
				memory = before.hits
			}
			if ending != nil {
				break
			}
		}
		require.Len(t, lines, int(cut))
		after := &walk{hits: memory}
		_, err := New(Config{Run: die, Strategy: after, Base: base, First: cut, Executions: 500 - cut, Seen: see}).Run(context.Background())
		require.NoError(t, err)
		require.Len(t, lines, 500)
		for i, l := range lines {
			require.Equal(t, whole[i].seed, l.seed, "execution %d after a cut at %d", i, cut)
			require.Equal(t, whole[i].hash, l.hash)
			require.EqualValues(t, i, l.n)
		}
	}
}

// still is a strategy that learns nothing.
type still struct{}

func (still) Next(n uint64, o trial.Options) trial.Options { o.Seed = n; return o }

func (still) Learn(uint64, trial.Options, *trial.Result) {}

// stale leaves out what depends on what the process has seen before.
func stale(lines []line) []line {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i].fresh = false
	}
	return lines
}

func TestAnInterruptedCampaignHandsOnWhatWasBegun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var begun atomic.Uint64
	seen := uint64(0)
	c := New(Config{Strategy: &walk{}, Workers: 2, Run: func(o trial.Options) (*trial.Result, error) {
		if begun.Add(1) == 100 {
			cancel()
		}
		return die(o)
	}, Unchecked: true, Seen: func(*Execution) bool { seen++; return true }})
	ending, err := c.Run(ctx)
	require.NoError(t, err)
	require.Equal(t, Interrupted, ending.Why)
	require.Equal(t, begun.Load(), seen)
	require.Equal(t, seen, c.Next())
}

func TestOptionsThatTheScenarioRefusesEndTheCampaign(t *testing.T) {
	_, err := New(Config{Run: die, Strategy: &walk{}, Base: trial.Options{Bug: "refused"}}).Run(context.Background())
	require.EqualError(t, err, "execution 0: there is no such bug")
}

func TestAtLeastFivePercentAreRunTwice(t *testing.T) {
	twice, elsewhere := 0, 0
	var calls atomic.Uint64
	_, err := New(Config{Run: die, Strategy: still{}, Executions: 3200, Seen: func(e *Execution) bool {
		if e.Again && e.Result.Verdict == checker.Holds {
			twice++
		}
		if e.Elsewhere {
			elsewhere++
		}
		return true
	}, Elsewhere: func(trial.Options, *trial.Result) error { calls.Add(1); return nil }}).Run(context.Background())
	require.NoError(t, err)
	require.Greater(t, twice, 3200*5/100)
	require.EqualValues(t, calls.Load(), elsewhere)
	require.InDelta(t, 3200/elsewhereEvery, elsewhere, 1)
}

func TestAUniverseThatIsNotOneRunIsAFindingAndNamesTheFirstDifference(t *testing.T) {
	var runs atomic.Uint64
	run := func(o trial.Options) (*trial.Result, error) {
		r, err := die(trial.Options{Seed: 5})
		if n := runs.Add(1); n > 1 {
			r.Hash = "another"
		}
		return r, err
	}
	ending, err := New(Config{Run: run, Strategy: still{}, Workers: 1, Until: Violation, Executions: 100, Seen: func(e *Execution) bool {
		if e.Diverged != nil {
			require.True(t, e.Again)
			require.ErrorContains(t, e.Diverged, "is not one run")
		}
		return true
	}}).Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, BudgetSpent, ending.Why, "all but the first run are alike")

	runs.Store(0)
	flaky := func(o trial.Options) (*trial.Result, error) {
		r, err := die(trial.Options{Seed: 5})
		r.Hash = fmt.Sprint(runs.Add(1))
		return r, err
	}
	ending, err = New(Config{Run: flaky, Strategy: still{}, Workers: 1, Until: Violation, Executions: 100}).Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, FirstViolation, ending.Why)
	require.LessOrEqual(t, ending.Executions, uint64(againEvery))
}

func TestAnotherProcessThatRunsAnotherUniverseIsAFinding(t *testing.T) {
	found := false
	ending, err := New(Config{Run: die, Strategy: still{}, Until: Violation, Executions: 3000, Base: trial.Options{},
		Elsewhere: func(o trial.Options, r *trial.Result) error {
			return &explore.DivergenceError{Seed: o.Seed, A: r.Hash, B: "there"}
		}, Seen: func(e *Execution) bool { found = found || e.Elsewhere && e.Diverged != nil; return true }}).Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, FirstViolation, ending.Why)

	_, err = New(Config{Run: die, Strategy: still{}, Executions: 128, Elsewhere: func(trial.Options, *trial.Result) error {
		return errors.New("the program cannot be started")
	}}).Run(context.Background())
	require.ErrorContains(t, err, "the program cannot be started")
}

// Whatever answered the draws of an execution, it replays without it.
func TestWhatIsHandedOnReplaysWithoutTheStrategy(t *testing.T) {
	found := 0
	_, err := New(Config{Run: die, Strategy: &walk{steers: true}, Executions: 200, Seen: func(e *Execution) bool {
		require.Nil(t, e.Options.Source)
		require.Nil(t, e.Options.RecordDraws)
		if !e.Found() {
			return true
		}
		found++
		require.True(t, e.Replays)
		r, err := die(e.Options)
		require.NoError(t, err)
		require.Equal(t, e.Result.Hash, r.Hash)
		require.LessOrEqual(t, len(e.Options.Overrides), 1, "only what is not the seed's own answer is pinned")
		return true
	}}).Run(context.Background())
	require.NoError(t, err)
	require.Greater(t, found, 15)
}

func TestAStrategyThatAnswersOtherwiseWhenAskedAgainIsCaught(t *testing.T) {
	ending, err := New(Config{Run: die, Strategy: &walk{steers: true, forgets: true}, Executions: 200, Until: Violation}).Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, FirstViolation, ending.Why)
}
