package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/explore/explain"
	"orrery/scenarios"
)

// explainFlags say how much time an explanation may take.
type explainFlags struct {
	subjectFlags
	budget   time.Duration
	siblings int
	points   int
	asJSON   bool
}

func (a *app) explainCommand() *cobra.Command {
	f := explainFlags{budget: 30 * time.Second, siblings: 40, points: 60}
	cmd := &cobra.Command{
		Use:   "explain FILE|SCENARIO",
		Short: "Say why a property was violated, when it was decided, and what was needed for it",
		Long: `Explain a violation: FILE is its repro.json, or the directory that it is in; or it is a seed of a
SCENARIO. It prints

  the story in at most 15 lines;
  how likely the violation is if all is chosen anew from an event on, where that jumps, and the
  event after which there is no return;
  which faults, messages, losses of messages and timers were necessary: without one, and with all
  that follows chosen anew, the property held;
  the nearest run without the violation, and the first difference.

It is at its best on what orrery shrink has left. Ctrl-C and the end of the budget keep what was found.

Exit status: 1 the violation is explained; 0 there is none; 2 the command could not run.`,
		Example: `  orrery explain artifacts/paxos-counts-nacks-seed-3-shrunk
  orrery explain repro.json --json --budget 10s`,
		Args: exactArgs("a FILE (see orrery run) or a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.budget <= 0:
				return fmt.Errorf("--budget %v: want a time such as 30s", f.budget)
			case f.siblings < 1:
				return fmt.Errorf("--siblings %d: want at least 1", f.siblings)
			case f.points < 1:
				return fmt.Errorf("--points %d: want at least 1", f.points)
			}
			s, err := a.subject(cmd, args[0], &f.subjectFlags)
			if err != nil {
				return err
			}
			return a.explain(cmd.Context(), s, &f)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.subjectFlags.add(cmd)
	flags.DurationVar(&f.budget, "budget", f.budget, "stop after so much `time`")
	flags.IntVar(&f.siblings, "siblings", f.siblings, "continuations for each question")
	flags.IntVar(&f.points, "points", f.points, "events at most at which the run is forked")
	flags.BoolVar(&f.asJSON, "json", false, "print all of it as one JSON object")
	return cmd
}

// explainer explains violations of a scenario.
func (a *app) explainer(s *scenarios.Scenario) explain.Config {
	return explain.Config{
		Run:      func(o scenarios.Options) (*scenarios.Result, error) { return a.one(s, o) },
		Describe: s.Describe, Workers: a.cores,
	}
}

func (a *app) explain(ctx context.Context, s *subject, f *explainFlags) error {
	first, err := a.one(s.scenario, s.options)
	if err != nil {
		return err
	}
	if first.Verdict != checker.Violated {
		return errors.Join(toConsole(a.out, func(w *bytes.Buffer) {
			fmt.Fprintf(w, "%s is %s: there is nothing to explain\n", s.name, first.Verdict)
		}), ended(exitHeld))
	}
	ctx, cancel := context.WithTimeout(ctx, f.budget)
	defer cancel()
	c := a.explainer(s.scenario)
	c.Siblings, c.Points = f.siblings, f.points
	x, err := c.Explain(ctx, s.options)
	if err != nil {
		return err
	}
	if f.asJSON {
		err = writeJSON(a.out, struct {
			Scenario string `json:"scenario"`
			Seed     uint64 `json:"seed"`
			Bug      string `json:"bug,omitempty"`
			*explain.Explanation
		}{s.scenario.Name, s.options.Seed, s.options.Bug, x})
	} else {
		err = toConsole(a.out, func(w *bytes.Buffer) {
			_ = x.WriteText(w, min(a.out.columns(), 160)) // a buffer takes everything
			if long := uint64(500); x.Events > long {
				fmt.Fprintln(w, "orrery shrink makes it shorter first.")
			}
		})
	}
	return errors.Join(err, ended(exitViolated))
}
