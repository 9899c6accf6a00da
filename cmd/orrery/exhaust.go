package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/explore/smallscope"
	"orrery/scenarios"
	"orrery/sim/vdisk"
)

// exhaustFlags are what a search of all executions is asked for.
type exhaustFlags struct {
	sizes  []string
	bug    string
	rules  string // the variant
	power  string
	bounds smallscope.Bounds
	json   bool
}

func (a *app) exhaustCommand() *cobra.Command {
	f := exhaustFlags{power: vdisk.LoseUnsynced.String()}
	cmd := &cobra.Command{
		Use:   "exhaust WORLD",
		Short: "Search all executions of a small world, event by event",
		Long: `Search all executions of a small world: at every state, every event that could come next is tried, and
so are crashes and second copies of messages, as far as the bounds allow. A message that is lost is one that has not
come yet. At the end the command says how many states there are, and that none violates; or it prints
the shortest way to a violation that it has found, step by step.

The worlds: ` + smallWorlds() + `

Exit status: 0 exhausted, and nothing violates; 1 a violation; 2 the command could not run; 3 not all was seen.`,
		Example: `  orrery exhaust synod --crashes 1
  orrery exhaust synod --bug accepts-lower-ballot
  orrery exhaust synod --size acceptors=2 --size attempts=2 --doubles 1
  orrery exhaust isr --variant kip-279`,
		Args: exactArgs("a WORLD"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.exhaust(cmd.Context(), args[0], &f) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringArrayVar(&f.sizes, "size", nil, "make the world larger or smaller, as in proposers=1; repeatable")
	cmd.Flags().StringVar(&f.rules, "variant", "", "go by other rules than the present ones")
	cmd.Flags().StringVar(&f.bug, "bug", "", "plant this defect")
	cmd.Flags().IntVar(&f.bounds.Crashes, "crashes", 0, "so many crashes in one execution, each with a restart")
	cmd.Flags().StringVar(&f.power, "power", f.power, "what a crash takes: lose-nothing or lose-unsynced")
	cmd.Flags().IntVar(&f.bounds.Doubles, "doubles", 0, "so many messages that come twice in one execution")
	cmd.Flags().IntVar(&f.bounds.Depth, "depth", 0, "look no further than so many steps; 0 for no bound")
	cmd.Flags().Uint64Var(&f.bounds.States, "states", 0, "stop after so many states; 0 for no bound")
	cmd.Flags().BoolVar(&f.bounds.WholeTree, "whole-tree", false, "leave nothing out: every path to every state")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return cmd
}

func smallWorlds() string {
	var b strings.Builder
	for _, s := range scenarios.Smalls() {
		fmt.Fprintf(&b, "\n  %-8s %s", s.Name, s.About)
		for _, z := range s.Sizes {
			fmt.Fprintf(&b, "\n             --size %s=%d: %s", z.Name, z.Default, z.About)
		}
		if len(s.Variants) > 0 {
			fmt.Fprintf(&b, "\n             --variant %s", strings.Join(s.Variants, ", "))
		}
		fmt.Fprintf(&b, "\n             --bug %s", strings.Join(s.Bugs, ", "))
	}
	return b.String()
}

func (a *app) exhaust(ctx context.Context, name string, f *exhaustFlags) error {
	s, err := scenarios.SmallNamed(name)
	if err != nil {
		return err
	}
	world, err := s.World(f.sizes, f.rules, f.bug)
	if err != nil {
		return err
	}
	mode, ok := vdisk.CrashModeNamed(f.power)
	if !ok || mode != vdisk.LoseNothing && mode != vdisk.LoseUnsynced {
		return fmt.Errorf("--power %q: want %s or %s", f.power, vdisk.LoseNothing, vdisk.LoseUnsynced)
	}
	if f.bounds.Crashes < 0 || f.bounds.Doubles < 0 || f.bounds.Depth < 0 {
		return errors.New("--crashes, --doubles and --depth: want 0 or more")
	}
	if s.Values && (f.bounds.Crashes > 0 || f.bounds.Doubles > 0 || f.bounds.WholeTree) {
		return fmt.Errorf("%s has no --crashes, --doubles or --whole-tree: its steps are not events of machines", s.Name)
	}
	f.bounds.Mode = mode
	began := a.now()
	r := world.Search(ctx, f.bounds, a.tellSearch(began, f.json))
	if r.Violation != nil {
		r.Violation = world.Shorten(f.bounds, r.Violation)
	}
	return errors.Join(a.printSearch(r, a.now().Sub(began), f.json), ended(searchStatus(r)))
}

// tellSearch tells how far a search has come, on standard error.
func (a *app) tellSearch(began time.Time, quiet bool) func(smallscope.Report) {
	next := began.Add(plainEvery)
	return func(r smallscope.Report) {
		now := a.now()
		if quiet || now.Before(next) {
			return
		}
		next = now.Add(plainEvery)
		fmt.Fprintf(a.err, "%s, %s in %v\n", plural(r.States, "state"), plural(r.Executions, "execution"), now.Sub(began).Round(time.Second))
	}
}

func searchStatus(r *smallscope.Report) int {
	switch {
	case r.Violation != nil:
		return exitViolated
	case r.Exhausted:
		return exitHeld
	}
	return exitUnknown
}

func (a *app) printSearch(r *smallscope.Report, took time.Duration, asJSON bool) error {
	return toConsole(a.out, func(w *bytes.Buffer) {
		if asJSON {
			p, err := json.Marshal(r)
			if err != nil {
				panic(err) // it is made of strings and numbers
			}
			w.Write(append(p, '\n'))
			return
		}
		fmt.Fprintln(w, r)
		if v := r.Violation; v != nil {
			fmt.Fprintf(w, "\nin %s:\n", plural(uint64(len(v.Schedule)), "step"))
			for i, step := range v.Schedule {
				words, _, _ := strings.Cut(step, " #")
				fmt.Fprintf(w, "  %2d  %s\n", i+1, words)
			}
			fmt.Fprintln(w)
		}
		runs := ""
		if r.Executions > 0 {
			runs = ", " + plural(r.Executions, "execution")
		}
		fmt.Fprintf(w, "%s, at most %s deep%s in %v\n", plural(r.Transitions, "transition"), plural(uint64(r.Depth), "step"), runs,
			took.Round(10*time.Millisecond))
	})
}
