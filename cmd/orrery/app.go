package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"orrery/scenarios"
)

// The exit statuses.
const (
	exitHeld     = 0 // all held
	exitViolated = 1 // a violation was found
	exitUnable   = 2 // the command could not run: usage, a bad file
	exitUnknown  = 3 // nothing can be said
)

// app is the command, with all that it reaches of the world outside, so that tests can give
// it another one.
type app struct {
	out, err  console
	scenarios []*scenarios.Scenario
	run       func(*scenarios.Scenario, scenarios.Options) (*scenarios.Result, error)
	// elsewhere runs a universe in a fresh process and compares; nil if none can be started.
	elsewhere func(*scenarios.Scenario, scenarios.Options, *scenarios.Result) error
	now       func() time.Time
	cpu       func() time.Duration // of the calling thread
	cores     int
	artifacts string // where artefacts go, unless a flag says otherwise
}

func newApp() *app {
	a := &app{
		out:       newConsole(os.Stdout),
		err:       newConsole(os.Stderr),
		scenarios: scenarios.All(),
		run:       (*scenarios.Scenario).Run,
		now:       time.Now,
		cpu:       threadTime,
		cores:     runtime.GOMAXPROCS(0),
		artifacts: cmp.Or(os.Getenv("ORRERY_ARTIFACTS"), "artifacts"),
	}
	a.elsewhere = a.inFreshProcess
	return a
}

// status is the error of a command that has said all there is to say.
type status int

// Error is for programmers: main does not print it.
func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// ended is the error that makes the command end with that status.
func ended(code int) error {
	if code == exitHeld {
		return nil
	}
	return status(code)
}

// main runs the command and returns its exit status. An error is printed as one line.
func (a *app) main(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	var code status
	switch {
	case err == nil:
		return exitHeld
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return exitHeld // the reader, a pager or head, has seen enough
	}
	fmt.Fprintln(a.err, "orrery:", strings.TrimPrefix(oneLine(err.Error()), "orrery "))
	return exitUnable
}

// oneLine joins the lines of a text.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, " · ")
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "orrery",
		Short: "Run distributed systems in universes that one seed decides",
		Long: `Orrery runs real protocol code on simulated machines, networks, disks and clocks.
One seed decides everything that chance would decide, so a seed that fails is a bug
report that replays.

Exit status: 0 all held, 1 a violation was found, 2 the command could not run,
3 nothing can be said (a budget ran out, or what was checked proves nothing).`,
		Example: `  orrery run paxos                     # hundreds of universes, on all cores
  orrery bugs paxos                    # historical defects that can be planted
  orrery run paxos --bug NAME          # find one of them
  orrery hunt paxos --budget 10m       # with a strategy, keeping what is found
  orrery replay artifacts/paxos-NAME-seed-14
  orrery show artifacts/paxos-NAME-seed-14 --story`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs, // so that RunE names an unknown command itself
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return scenarios.Unknown("command", args[0], commandNames(cmd))
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(&cobra.Group{ID: "find", Title: "Find:"}, &cobra.Group{ID: "look", Title: "Look:"}, &cobra.Group{ID: "learn", Title: "Learn:"},
		&cobra.Group{ID: "live", Title: "For real:"})
	grouped := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	grouped("find", a.runCommand(), a.huntCommand(), a.findingsCommand(), a.mutantsCommand(), a.exhaustCommand(), a.listCommand(), a.bugsCommand(), a.strategiesCommand(), a.checkCommand())
	grouped("look", a.replayCommand(), a.showCommand(), a.diffCommand(), a.serveCommand(), a.shrinkCommand(), a.explainCommand())
	grouped("learn", a.lessonCommand())
	grouped("live", a.nodeCommand(), a.kvCommand(), a.kafkaCommand())
	root.AddCommand(a.versionCommand(), a.universeCommand())
	return root
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// named returns the scenario of that name. The error names those that come near.
func (a *app) named(name string) (*scenarios.Scenario, error) {
	var names []string
	for _, s := range a.scenarios {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return nil, scenarios.Unknown("scenario", name, names)
}

// exactArgs is cobra.ExactArgs with an error that says what is wanted.
func exactArgs(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(what):
			return fmt.Errorf("%s: want %s; see %s --help", cmd.CommandPath(), what[len(args)], cmd.CommandPath())
		case len(args) > len(what):
			return fmt.Errorf("%s: %q is one argument too many; see %s --help", cmd.CommandPath(), args[len(what)], cmd.CommandPath())
		}
		return nil
	}
}

// unknownOperation names an unknown subcommand, and those that come near.
func unknownOperation(cmd *cobra.Command, name string) error {
	return scenarios.Unknown("operation of "+cmd.CommandPath(), name, commandNames(cmd))
}
