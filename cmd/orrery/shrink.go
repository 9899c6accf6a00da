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
	"orrery/explore/shrink"
	"orrery/scenarios"
)

func (a *app) shrinkCommand() *cobra.Command {
	var f subjectFlags
	var artifacts string
	budget := 1000
	cmd := &cobra.Command{
		Use:   "shrink FILE|SCENARIO",
		Short: "Make a violation smaller: fewer faults and operations, a calmer world",
		Long: `Make a violation smaller. FILE is the repro.json of a violation, or the directory that it is in; or
it is a seed of a SCENARIO. Faults are left out and made shorter, operations are left out, and the
network and the configuration are set to harmless values, for as long as the same property is violated.
Ctrl-C keeps the best that was found.

What is left is written as an artefact of its own, which replay and show take. The order of
messages is not shrunk.

Exit status: 1 the violation, smaller; 0 there is none to shrink; 2 the command could not run.`,
		Example: `  orrery shrink artifacts/paxos-counts-nacks-seed-3
  orrery shrink paxos --seed 3 --bug counts-nacks`,
		Args: exactArgs("a FILE (see orrery run) or a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if budget < 1 {
				return fmt.Errorf("--executions %d: want at least 1", budget)
			}
			s, err := a.subject(cmd, args[0], &f)
			if err != nil {
				return err
			}
			return a.shrink(cmd.Context(), s, budget, artifacts)
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd)
	cmd.Flags().IntVar(&budget, "executions", budget, "stop after so many universes")
	cmd.Flags().StringVar(&artifacts, "artifacts", a.artifacts, "write what is left below this DIRectory")
	return cmd
}

func (a *app) shrink(ctx context.Context, s *subject, budget int, artifacts string) error {
	first, err := a.one(s.scenario, s.options)
	if err != nil {
		return err
	}
	if first.Verdict != checker.Violated {
		return errors.Join(toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "%s is %s: there is nothing to shrink\n", s.name, first.Verdict)
		}), ended(exitHeld))
	}
	began := a.now()
	c := shrink.Config{
		Executions: budget, Ops: s.scenario.Ops,
		Run: func(o scenarios.Options) (*scenarios.Result, error) { return a.one(s.scenario, o) },
	}
	found, err := c.Shrink(ctx, s.options, first)
	if err != nil {
		return err
	}
	took := a.now().Sub(began)
	re, err := a.rerun(s.scenario, found.Options)
	if err != nil {
		return err
	}
	u := condense(s.scenario.Name, found.Result, took)
	dir, err := writeArtifact(artifacts, artifactName(s.scenario, s.options)+"-shrunk", s.scenario, found.Options, &u, re)
	if err != nil {
		return err
	}
	u.Repro = filepath.Join(dir, reproFile)
	err = toConsole(a.out, func(w *bytes.Buffer) {
		printShrunk(w, first, &found, took)
		a.report(w, s.scenario, &u, re, replayCommand(s.scenario, found.Options, u.Repro, ""))
	})
	return errors.Join(err, ended(exitViolated))
}

// printShrunk says what became of what the violation depended on.
func printShrunk(w *bytes.Buffer, first *scenarios.Result, found *shrink.Found, took time.Duration) {
	o, r := &found.Options, found.Result
	fmt.Fprintf(w, "%s to %s, %s to %s, %s to %s; %d choices of the world made harmless\n",
		plural(uint64(len(first.Plan.Entries)), "fault"), plural(uint64(len(o.Plan.Entries)), "fault"),
		plural(uint64(first.Invoked), "operation"), plural(uint64(r.Invoked), "operation"),
		plural(first.Events, "event"), plural(r.Events, "event"), len(o.Overrides))
	done := "nothing more can be left out"
	if !found.Complete {
		done = "the budget ended before it was certain that nothing more can be left out"
	}
	fmt.Fprintf(w, "%s in %v; %s\n", plural(uint64(found.Executions), "execution"), took.Round(10*time.Millisecond), done)
	for _, e := range o.Plan.Entries {
		fmt.Fprintf(w, "  %s\n", e)
	}
	fmt.Fprintln(w)
}
