package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"orrery/explore"
	"orrery/scenarios"
	"orrery/trace"
)

// universeCommand is what a campaign starts in a fresh process: one universe, from a repro on standard
// input. It is for programs, and hidden.
func (a *app) universeCommand() *cobra.Command {
	var traced bool
	cmd := &cobra.Command{
		Use:    "universe",
		Hidden: true,
		Short:  "Run the universe of the repro.json on standard input, and print what came of it",
		Long: `Run the universe of the repro.json on standard input, and print what came of it as one JSON object,
or its trace. It is how a campaign compares a universe with itself in another process.`,
		Example: `  orrery universe < repro.json`,
		Args:    exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := io.ReadAll(cmd.InOrStdin())
			if err != nil {
				return err
			}
			s, err := a.reproIn(text, "standard input")
			if err != nil {
				return err
			}
			if traced {
				re, err := a.rerun(s.scenario, s.options)
				if err != nil {
					return err
				}
				return trace.WriteAll(a.out, re.header(nil), re.events)
			}
			r, err := a.one(s.scenario, s.options)
			if err != nil {
				return err
			}
			u := condense(s.scenario.Name, r, 0)
			return writeJSON(a.out, &u.record)
		},
	}
	cmd.Flags().BoolVar(&traced, "trace", false, "print the trace instead")
	return cmd
}

// inFreshProcess runs a universe in a fresh process of this program and compares the hashes. The error is an
// *explore.DivergenceError, with the first event that differs, if they are two; any other error
// says why the process could not be asked.
func (a *app) inFreshProcess(s *scenarios.Scenario, o scenarios.Options, r *scenarios.Result) error {
	u := condense(s.Name, r, 0)
	rep, err := newRepro(s, o, &u)
	if err != nil {
		return err
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	out, err := another(text)
	if err != nil {
		return err
	}
	var there record
	if err := json.Unmarshal(out, &there); err != nil {
		return fmt.Errorf("a fresh process answered %q", clip(oneLine(string(out)), 60))
	}
	if there.Hash == r.Hash {
		return nil
	}
	d := &explore.DivergenceError{Seed: o.Seed, A: r.Hash, B: there.Hash + " in a fresh process"}
	if out, err = another(text, "--trace"); err != nil {
		return d // that they differ is known; where, is not
	}
	if _, events, err := trace.ReadAll(bytes.NewReader(out), "a fresh process"); err == nil {
		if here, err := a.rerun(s, o); err == nil {
			d.Diff = trace.Diff(here.events, events)
		}
	}
	return d
}

// another runs the hidden command universe in a fresh process of the program that is running now, even if
// the file that it was started from has been replaced since.
func another(stdin []byte, args ...string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS == "linux" {
		self = "/proc/self/exe"
	}
	cmd := exec.Command(self, append([]string{"universe"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("a fresh process: %s", cmp.Or(oneLine(stderr.String()), err.Error()))
	}
	return stdout.Bytes(), nil
}
