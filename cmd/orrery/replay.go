package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/explore"
	"orrery/trace"
)

func (a *app) replayCommand() *cobra.Command {
	var f subjectFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay FILE|SCENARIO",
		Short: "Run one universe again, and compare it with what was found",
		Long: `Run one universe again. FILE is the repro.json of a violation, or the directory that it is in:
then hash and verdict are compared with those that it holds. With a SCENARIO and a --seed,
the universe is run twice, and the two are compared. A plan that was saved from the page of a
lesson is played again, step by step.

If the hash is another one, the first event that differs is named, as far as the recorded trace
tells. Then either the program has changed since, or one seed is not one run any more; the
command finds out which.

Exit status: 0 it holds, 1 it is violated (so a violation was reproduced), 2 the command
could not run, 3 the hash is another one, or nothing can be said.`,
		Example: `  orrery replay artifacts/paxos-promise-not-durable-seed-14
  orrery replay repro.json --json
  orrery replay paxos --seed 14 --bug promise-not-durable`,
		Args: exactArgs("a FILE (see orrery run) or a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isSteps(args[0]) {
				return a.replaySteps(args[0], asJSON)
			}
			s, err := a.subject(cmd, args[0], &f)
			if err != nil {
				return err
			}
			r, err := a.replay(s)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeJSON(a.out, r.json())
			} else {
				err = toConsole(a.out, func(w *bytes.Buffer) { a.printReplay(w, s, r) })
			}
			return errors.Join(err, ended(r.status()))
		},
	}
	cmd.Flags().SortFlags = false
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// replayed is what came of a replay.
type replayed struct {
	universe
	run      *rerun
	expect   *expectation // nil if nothing was expected
	diverged error        // two runs by this program are not one
	differs  string       // how the run differs from the one that was recorded; "" if the hash is the expected one
	vain     []string     // what the file says and what means nothing to this program any more
}

// replay runs the universe twice, unrecorded and recorded, and compares.
func (a *app) replay(s *subject) (*replayed, error) {
	began := a.now()
	first, err := a.one(s.scenario, s.options)
	if err != nil {
		return nil, err
	}
	r := &replayed{universe: condense(s.scenario.Name, first, a.now().Sub(began)), expect: s.expect}
	if r.run, err = a.rerun(s.scenario, s.options); err != nil {
		return nil, err
	}
	if r.run.result.Hash != r.Hash {
		_, r.diverged = a.runTwice(s.scenario, s.options)
		if r.diverged == nil { // it came right while it was being looked for
			r.diverged = &explore.DivergenceError{Seed: r.Seed, A: r.Hash, B: r.run.result.Hash}
		}
	}
	if s.expect != nil && s.expect.Hash != r.Hash {
		r.differs = s.firstDifference(r.run)
		if r.vain, err = a.inVain(s); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// firstDifference compares the run with the trace that lies beside repro.json.
func (s *subject) firstDifference(run *rerun) string {
	path := filepath.Join(s.dir, traceFile)
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no " + traceFile + " to compare it with, event by event"
	} else if err != nil {
		return fileError(err).Error()
	}
	defer in.Close()
	_, recorded, err := trace.ReadAll(in, path)
	if err != nil {
		return err.Error()
	}
	if d := trace.Diff(recorded, run.events); d != nil {
		return d.String()
	}
	return "it has the same events as " + path
}

func (r *replayed) sameHash() bool { return r.expect == nil || r.expect.Hash == r.Hash }

// sameVerdict tells whether it is the expected verdict, on the expected property.
func (r *replayed) sameVerdict() bool {
	return r.expect == nil || r.expect.Verdict == r.Verdict && r.expect.Property == r.Property
}

func (r *replayed) status() int {
	switch {
	case r.diverged != nil && r.expect != nil && r.expect.Property == determinism:
		return exitViolated
	case r.diverged != nil || !r.sameHash():
		return exitUnknown
	case r.verdict == checker.Violated:
		return exitViolated
	case r.verdict == checker.Holds:
		return exitHeld
	}
	return exitUnknown
}

// replayJSON is a replay as --json prints it.
type replayJSON struct {
	record
	Expected    string `json:"expected_hash,omitempty"`
	SameHash    bool   `json:"same_hash"`
	SameVerdict bool   `json:"same_verdict"`
	Difference  string `json:"difference,omitempty"`
	// What the file says and what applies to nothing in this program's run.
	InVain []string `json:"in_vain,omitempty"`
}

func (r *replayed) json() replayJSON {
	j := replayJSON{record: r.record, SameHash: r.sameHash() && r.diverged == nil, SameVerdict: r.sameVerdict(), Difference: r.differs, InVain: r.vain}
	if r.expect != nil {
		j.Expected = r.expect.Hash
	}
	if r.diverged != nil {
		j.Difference = r.diverged.Error()
	}
	return j
}

func (a *app) printReplay(w *bytes.Buffer, s *subject, r *replayed) {
	fmt.Fprintln(w, r.sentence())
	switch {
	case r.diverged != nil:
		fmt.Fprintln(w, r.diverged.Error())
	case r.differs != "":
		fmt.Fprintln(w, r.differs)
		fmt.Fprintln(w, "Two runs by this program are the same, so the program, or what it was given, has changed since.")
		for _, l := range r.vain {
			fmt.Fprintln(w, l)
		}
	}
	if r.verdict != checker.Holds {
		a.report(w, s.scenario, &r.universe, r.run, s.command())
	}
}

// sentence says how the run compares with the expected one.
func (r *replayed) sentence() string {
	now := r.outcome()
	switch {
	case r.diverged != nil:
		return "NOT DETERMINISTIC: one seed is not one run"
	case r.expect == nil:
		return fmt.Sprintf("hash %s, twice the same; %s", r.Hash, now)
	case !r.sameHash() && r.sameVerdict():
		return fmt.Sprintf("ANOTHER RUN: hash %s, expected %s; yet the same outcome: %s", r.Hash, r.expect.Hash, now)
	case !r.sameHash():
		return fmt.Sprintf("ANOTHER RUN: hash %s, expected %s; %s", r.Hash, r.expect.Hash, now)
	case r.sameVerdict() && r.verdict == checker.Violated:
		return fmt.Sprintf("same hash %s, same violation of %s", r.Hash, r.Property)
	case r.sameVerdict():
		return fmt.Sprintf("same hash %s, same verdict: %s", r.Hash, now)
	}
	return fmt.Sprintf("same hash %s, but %s, where %s was expected", r.Hash, now, r.expect.outcome())
}

func (u *universe) outcome() string { return outcome(u.Verdict, u.Property) }

func (e *expectation) outcome() string { return outcome(e.Verdict, e.Property) }

func outcome(verdict, property string) string {
	switch {
	case verdict == checker.Holds.String():
		return "all held"
	case property == "":
		return verdict
	}
	return property + " is " + verdict
}

// command is the command that replays the subject.
func (s *subject) command() string {
	if s.dir != "" {
		return "orrery replay " + quoted(s.name)
	}
	return replayCommand(s.scenario, s.options, "", s.planFile)
}
