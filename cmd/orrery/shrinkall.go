package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/explore"
	"orrery/scenarios"
)

// shrunkBug is how the first violation of a planted defect shrinks: a line of the table.
type shrunkBug struct {
	Scenario   string  `json:"scenario"`
	Bug        string  `json:"bug"`
	Seed       uint64  `json:"seed"`
	Property   string  `json:"property"`
	Events     uint64  `json:"events"`        // of the first violation
	Shrunk     uint64  `json:"events_shrunk"` // of what is left
	Percent    float64 `json:"percent"`
	Faults     int     `json:"faults"`
	Nodes      int     `json:"nodes"`
	Lines      int     `json:"lines"` // of the story
	Executions int     `json:"executions"`
	WallNS     int64   `json:"wall_ns"`
	Complete   bool    `json:"complete"`
	Replays    bool    `json:"replays"` // the same property and the same hash, when run once more
}

// shrinkAll shrinks the first violation of every defect of a scenario.
func (a *app) shrinkAll(cmd *cobra.Command, arg string, f *shrinkFlags) error {
	for _, name := range append([]string{"seed", "emit-test", "emit-story"}, universeFlagNames...) {
		if cmd.Flags().Changed(name) && name != "bug" {
			return fmt.Errorf("--%s contradicts --all-bugs", name)
		}
	}
	s, err := a.named(arg)
	if err != nil {
		return err
	}
	bugs := s.Bugs
	if f.bug != "" {
		b, err := s.BugNamed(f.bug)
		if err != nil {
			return err
		}
		bugs = []scenarios.Bug{b}
	}
	var rows []shrunkBug
	for _, b := range bugs {
		row, err := a.shrinkBug(cmd.Context(), s, b, f)
		if err != nil || cmd.Context().Err() != nil {
			return errors.Join(err, cmd.Context().Err())
		}
		if row == nil {
			continue
		}
		rows = append(rows, *row)
		if f.asJSON {
			if err := writeJSON(a.out, row); err != nil {
				return err
			}
		}
	}
	if f.asJSON {
		return nil
	}
	return toConsole(a.out, func(w *bytes.Buffer) { printShrunkBugs(w, rows) })
}

// shrinkBug shrinks the first violation of a defect; nil if none of its seeds shows it.
func (a *app) shrinkBug(ctx context.Context, s *scenarios.Scenario, b scenarios.Bug, f *shrinkFlags) (*shrunkBug, error) {
	seeds, err := explore.ParseSeeds(b.Seeds)
	if err != nil {
		return nil, err
	}
	seed, found := uint64(0), false
	err = explore.Each(ctx, seeds, a.cores, func(seed uint64) bool {
		r, err := a.one(s, scenarios.Options{Seed: seed, Bug: b.Name})
		return err == nil && r.Verdict == checker.Violated
	}, func(at uint64, violated bool) bool {
		seed, found = at, violated
		return !violated
	})
	if err != nil || !found {
		return nil, err
	}
	m, err := a.shrinkOne(ctx, s, scenarios.Options{Seed: seed, Bug: b.Name}, f)
	if err != nil {
		return nil, err
	}
	again, err := a.one(s, m.found.Options)
	if err != nil {
		return nil, err
	}
	r := m.found.Result
	return &shrunkBug{
		Scenario: s.Name, Bug: b.Name, Seed: seed, Property: r.Property,
		Events: m.first.Events, Shrunk: r.Events, Percent: 100 * float64(r.Events) / float64(m.first.Events),
		Faults: len(m.found.Options.Plan.Entries), Nodes: r.Nodes, Lines: strings.Count(m.story.StoryText(), "\n"),
		Executions: m.found.Executions, WallNS: int64(m.took), Complete: m.found.Complete,
		Replays: again.Verdict == checker.Violated && again.Property == m.first.Property && again.Hash == r.Hash,
	}, nil
}

// printShrunkBugs prints the table, as Markdown, and what it comes to.
func printShrunkBugs(w *bytes.Buffer, rows []shrunkBug) {
	fmt.Fprintln(w, "| defect | seed | property | events | shrunk to | % | faults | lines | executions | seconds | replays |")
	fmt.Fprintln(w, "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---|")
	replays, short := 0, 0
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %d | %s | %s | %d | %.1f | %d | %d | %s | %.1f | %s |\n", r.Bug, r.Seed, r.Property, count(r.Events),
			r.Shrunk, r.Percent, r.Faults, r.Lines, count(r.Executions), time.Duration(r.WallNS).Seconds(), yesNo(r.Replays))
		if r.Replays {
			replays++
		}
		if r.Lines <= 15 {
			short++
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\nMedian: %.1f %% of the events, %.0f events, %.0f lines, %.1f s; at worst %.1f s. Stories of at most 15 lines: %d of %d. Replays that violate the same property: %d of %d.\n",
		median(rows, func(r shrunkBug) float64 { return r.Percent }), median(rows, func(r shrunkBug) float64 { return float64(r.Shrunk) }),
		median(rows, func(r shrunkBug) float64 { return float64(r.Lines) }),
		median(rows, func(r shrunkBug) float64 { return time.Duration(r.WallNS).Seconds() }),
		slices.MaxFunc(rows, func(x, y shrunkBug) int { return int(x.WallNS/1e6 - y.WallNS/1e6) }).seconds(), short, len(rows), replays, len(rows))
}

func (r shrunkBug) seconds() float64 { return time.Duration(r.WallNS).Seconds() }

// median is the middle of a list, the upper one of two.
func median[T any](list []T, of func(T) float64) float64 {
	var values []float64
	for _, x := range list {
		values = append(values, of(x))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}
