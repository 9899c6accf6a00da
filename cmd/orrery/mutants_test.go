package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/scenarios"
)

// rows are the rows that orrery mutants --json prints, by defect.
func rowsOf(t *testing.T, out string) map[string]row {
	m := map[string]row{}
	for line := range strings.Lines(out) {
		var r row
		require.NoError(t, json.Unmarshal([]byte(line), &r), line)
		m[r.Bug] = r
	}
	return m
}

func TestPercentilesAreByNearestRankAndWhatWasNotFoundIsBeyondTheBudget(t *testing.T) {
	r := &row{Bug: "b", Budget: 100}
	for i := range 20 {
		c := &cell{done: true, Found: i < 17, Executions: uint64(i + 1), CPUNS: int64(i), Property: "agreement"}
		r.cells = append(r.cells, c)
	}
	r.cells = append(r.cells, &cell{}) // one that was not run
	r.sum()
	require.Equal(t, 20, r.Seeds)
	require.Equal(t, 17, r.Found)
	require.EqualValues(t, 10, *r.Median)
	require.Nil(t, r.P90, "the 18th of 20 found nothing")
	require.Equal(t, ">100", upTo(r.P90, r.Budget))
	require.EqualValues(t, 9, r.CPUNS)
	require.Equal(t, []string{"agreement"}, r.Properties)
	require.EqualValues(t, 7, rank([]uint64{7}, 90))
	require.EqualValues(t, 2, rank([]uint64{1, 2, 3}, 50))
	require.EqualValues(t, 9, rank([]uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 90))
}

func TestWhatWasMeasuredIsNotMeasuredAgainUnlessItsRunsHaveChanged(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	var runs atomic.Int64
	w.before = func(scenarios.Options) { runs.Add(1) }
	const line = "mutants toy --strategy swarm --seeds 4 --budget 25 --json"
	code, first, stderr := w.orrery(t, line)
	require.Equal(t, exitHeld, code, stderr)
	rows := rowsOf(t, first)
	require.Equal(t, 4, rows["forgets"].Found)
	require.Zero(t, rows["never-shows"].Found)
	require.EqualValues(t, 252, rows[""].All, "ten budgets, spread over four campaigns")
	require.EqualValues(t, 7, *rows["forgets"].Executions[0], "seed 7 is the first that shows it")

	runs.Store(0)
	code, second, _ := w.orrery(t, line)
	require.Equal(t, exitHeld, code)
	require.Equal(t, first, second)
	require.EqualValues(t, 12, runs.Load(), "one execution of each campaign shows that it is as it was")

	run := w.run
	w.run = func(s *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
		r, err := run(s, o)
		if r != nil && o.Bug == "forgets" {
			r.Hash += "!" // the protocol was changed
		}
		return r, err
	}
	runs.Store(0)
	_, third, _ := w.orrery(t, line)
	require.Equal(t, first, third)
	require.Greater(t, runs.Load(), int64(12+4))

	runs.Store(0)
	w.orrery(t, line+" --restart")
	require.Greater(t, runs.Load(), int64(300))
}

func TestATableCanBeMadeInPieces(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	const line = "mutants toy --strategy swarm --seeds 4 --budget 25 --control 0 --json --workers 1"
	_, whole, _ := w.orrery(t, line+" --cache whole.jsonl")

	ctx, cancel := context.WithCancel(t.Context())
	var runs atomic.Int64
	w.before = func(scenarios.Options) {
		if runs.Add(1) == 40 {
			cancel()
		}
	}
	code, out, stderr := w.orreryWithin(ctx, line)
	require.Equal(t, exitUnknown, code, stderr)
	require.NotEqual(t, whole, out)
	require.Equal(t, 4, rowsOf(t, out)["forgets"].Seeds, "what there is is printed")
	code, out, _ = w.orrery(t, line)
	require.Equal(t, exitHeld, code)
	require.Equal(t, whole, out)
}

func TestALineThatAKillCutOffIsMeasuredAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	const line = "mutants toy --strategy swarm --seeds 2 --budget 25 --control 0 --json --cache cells.jsonl"
	_, first, _ := w.orrery(t, line)
	text, err := os.ReadFile("cells.jsonl")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile("cells.jsonl", text[:len(text)-20], 0o600))
	code, second, stderr := w.orrery(t, line)
	require.Equal(t, exitHeld, code, stderr)
	require.Equal(t, first, second)
	again, err := os.ReadFile("cells.jsonl")
	require.NoError(t, err)
	require.Len(t, strings.Split(string(again), "\n"), 5)
	require.NotContains(t, string(again), `}{`)
}

func TestAnAlarmOfTheControlIsAFailure(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	run := w.run
	w.run = func(s *scenarios.Scenario, o scenarios.Options) (*scenarios.Result, error) {
		o.Bug = "forgets" // whatever is asked for
		return run(s, o)
	}
	code, out, _ := w.orrery(t, "mutants toy --strategy swarm --bug forgets --seeds 2 --budget 10")
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "100 executions with 14 ALARMs: agreement in execution 6 of the campaign of seed 1, agreement in execution")
}

func TestAHarnessThatPanicsInTheControlIsAnAlarm(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, _ := newWorld().orrery(t, "mutants toy --strategy swarm --bug forgets --seeds 2 --budget 25")
	require.Equal(t, exitViolated, code)
	require.Contains(t, out, "ALARMs: harness in execution")
}

func TestAChapterOfTheMuseumIsMadeWithoutTheOthers(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	const others = "\n<!-- chapter another -->\n\n## another\n\nMade by hand.\n"
	require.NoError(t, os.WriteFile("museum.md", []byte("# An old head\n"+others+"\n<!-- chapter toy -->\n\n## toy\n\nOld.\n"), 0o600))
	const line = "mutants toy --strategy swarm --seeds 2 --budget 25 --control 0 --markdown museum.md"
	w.orrery(t, line)
	first, err := os.ReadFile("museum.md")
	require.NoError(t, err)
	require.Contains(t, string(first), others)
	require.Contains(t, string(first), "- [another](#another)\n- [toy](#toy)\n")
	require.Contains(t, string(first), "Made by `orrery mutants toy --strategy swarm --seeds 2 --budget 25 --control 0 --markdown museum.md`")
	require.NotContains(t, string(first), "Old")
	w.orrery(t, line)
	second, err := os.ReadFile("museum.md")
	require.NoError(t, err)
	require.Equal(t, len(strings.Split(string(first), "\n")), len(strings.Split(string(second), "\n")))
}

func TestAScenarioWithoutDefectsHasAChapterForItsControl(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	w.scenarios[0].Bugs = nil
	code, _, stderr := w.orrery(t, "mutants toy --strategy swarm --seeds 2 --budget 2 --control 1 --markdown museum.md")
	require.Equal(t, exitHeld, code, stderr)
	page, err := os.ReadFile("museum.md")
	require.NoError(t, err)
	_, chapter, _ := strings.Cut(string(page), "## toy\n")
	require.Contains(t, chapter, "No defect of its own to plant.")
	require.Contains(t, chapter, "- swarm: 2 executions without an alarm\n")
	require.NotContains(t, chapter, "|")
	require.NotContains(t, chapter, "###")
}

func TestStrategiesAreMeasuredOnPaxos(t *testing.T) {
	t.Chdir(t.TempDir())
	code, out, stderr := realWorld().orrery(t, "mutants paxos --strategy swarm,portfolio --bug skips-phase-one --seeds 3 --budget 60 --control 1 --json")
	require.Equal(t, exitHeld, code, stderr)
	require.Equal(t, 4, strings.Count(out, "\n"))
	r := rowsOf(t, out)["skips-phase-one"]
	require.Equal(t, 3, r.Found)
	require.LessOrEqual(t, *r.P90, uint64(60))
}
