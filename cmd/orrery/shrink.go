package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/explore/explain"
	"orrery/explore/shrink"
	"orrery/scenarios"
)

// shrinkFlags say how far to shrink, and what to make of it.
type shrinkFlags struct {
	subjectFlags
	executions int
	budget     time.Duration
	coarse     bool
	artifacts  string
	emitTest   string
	emitStory  string
	allBugs    bool
	asJSON     bool
}

func (a *app) shrinkCommand() *cobra.Command {
	f := shrinkFlags{executions: 20_000, budget: 25 * time.Second}
	cmd := &cobra.Command{
		Use:   "shrink FILE|SCENARIO",
		Short: "Make a violation smaller, down to the single events that matter",
		Long: `Make a violation smaller. FILE is the repro.json of a violation, or the directory that it is in; or
it is a seed of a SCENARIO. The neighbourhood of the run is searched for one in which the same happens
sooner; nodes, clients, operations and faults are left out, faults made shorter, the network and the
configuration set to harmless values; then single events are left out. All of it only for as long as the same
property is violated. Ctrl-C keeps the best that was found, and so does the end of the budget.

What is left is written as an artefact of its own, which replay, show and explain take.

With --all-bugs the first violation of every defect of the SCENARIO is shrunk, and a table printed.

Exit status: 1 the violation, smaller; 0 there is none to shrink; 2 the command could not run.`,
		Example: `  orrery shrink artifacts/paxos-counts-nacks-seed-3
  orrery shrink paxos --seed 3 --bug counts-nacks --emit-test regressions
  orrery shrink paxos --all-bugs`,
		Args: exactArgs("a FILE (see orrery run) or a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.executions < 1:
				return fmt.Errorf("--executions %d: want at least 1", f.executions)
			case f.budget <= 0:
				return fmt.Errorf("--budget %v: want a time such as 30s", f.budget)
			case f.asJSON && !f.allBugs:
				return errors.New("--json is for --all-bugs; a single violation is written to files")
			case f.allBugs:
				return a.shrinkAll(cmd, args[0], &f)
			}
			s, err := a.subject(cmd, args[0], &f.subjectFlags)
			if err != nil {
				return err
			}
			return a.shrink(cmd.Context(), s, &f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.subjectFlags.add(cmd)
	flags.DurationVar(&f.budget, "budget", f.budget, "stop after so much `time`")
	flags.IntVar(&f.executions, "executions", f.executions, "stop after so many universes")
	flags.BoolVar(&f.coarse, "coarse", false, "leave single events alone")
	flags.StringVar(&f.artifacts, "artifacts", a.artifacts, "write what is left below this DIRectory")
	flags.StringVar(&f.emitTest, "emit-test", "", "write a Go test that replays it into this `DIR`ectory")
	flags.StringVar(&f.emitStory, "emit-story", "", "write the story, a golden file, into this `DIR`ectory")
	flags.BoolVar(&f.allBugs, "all-bugs", false, "shrink the first violation of every defect of the scenario, and print a table")
	flags.BoolVar(&f.asJSON, "json", false, "with --all-bugs: one JSON object a line")
	return cmd
}

// smaller is a violation and what has become of it.
type smaller struct {
	first *scenarios.Result
	found shrink.Found
	took  time.Duration
	story *explain.Explanation
}

// shrinkOne shrinks what o gives. first is nil if nothing is violated there.
func (a *app) shrinkOne(ctx context.Context, s *scenarios.Scenario, o scenarios.Options, f *shrinkFlags) (*smaller, error) {
	first, err := a.one(s, o)
	if err != nil {
		return nil, err
	}
	m := &smaller{first: first}
	if first.Verdict != checker.Violated {
		return m, nil
	}
	ctx, cancel := context.WithTimeout(ctx, f.budget)
	defer cancel()
	began := a.now()
	c := shrink.Config{
		Executions: f.executions, Ops: s.Ops, Coarse: f.coarse, Workers: a.cores,
		Run: func(o scenarios.Options) (*scenarios.Result, error) { return a.one(s, o) },
	}
	if m.found, err = c.Shrink(ctx, o, first); err != nil {
		return nil, err
	}
	m.took = a.now().Sub(began)
	m.story, err = a.explainer(s).Tell(m.found.Options)
	return m, err
}

func (a *app) shrink(ctx context.Context, s *subject, f *shrinkFlags) error {
	m, err := a.shrinkOne(ctx, s.scenario, s.options, f)
	if err != nil {
		return err
	}
	if m.first.Verdict != checker.Violated {
		return errors.Join(toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "%s is %s: there is nothing to shrink\n", s.name, m.first.Verdict)
		}), ended(exitHeld))
	}
	re, err := a.rerun(s.scenario, m.found.Options)
	if err != nil {
		return err
	}
	u := condense(s.scenario.Name, m.found.Result, m.took)
	name := artifactName(s.scenario, s.options) + "-shrunk"
	dir, err := writeArtifact(f.artifacts, name, s.scenario, m.found.Options, &u, re)
	if err != nil {
		return err
	}
	emitted, err := a.emit(f, s.scenario, name, m)
	if err != nil {
		return err
	}
	replay := replayCommand(s.scenario, m.found.Options, filepath.Join(dir, reproFile), "")
	err = toConsole(a.out, func(w *bytes.Buffer) { a.printShrunk(w, &u, m, replay, emitted) })
	return errors.Join(err, ended(exitViolated))
}

// printShrunk says what became of what the violation depended on, and tells it.
func (a *app) printShrunk(w *bytes.Buffer, u *universe, m *smaller, replay string, emitted []string) {
	o, r := &m.found.Options, m.found.Result
	fmt.Fprintln(w, a.out.bold(u.headline(), true))
	fmt.Fprintf(w, "%s to %s, %s to %s, %s to %s\n",
		plural(m.first.Events, "event"), count(r.Events),
		plural(uint64(len(m.first.Plan.Entries)), "fault"), count(uint64(len(o.Plan.Entries))),
		plural(uint64(m.first.Invoked), "operation"), count(uint64(r.Invoked)))
	done := "nothing more can be left out"
	if !m.found.Complete {
		done = "the budget ended before it was certain that nothing more can be left out"
	}
	fmt.Fprintf(w, "%s in %v; %s\n\n", plural(uint64(m.found.Executions), "execution"), m.took.Round(10*time.Millisecond), done)
	columns := min(a.out.columns(), 160)
	for _, l := range lines(m.story.StoryText()) {
		fmt.Fprintln(w, clip(l, columns))
	}
	fmt.Fprintln(w)
	for _, path := range emitted {
		fmt.Fprintln(w, "  wrote   "+path)
	}
	fmt.Fprintln(w, "  replay  "+replay)
	fmt.Fprintln(w, "  why     "+swap(replay, "explain"))
}
