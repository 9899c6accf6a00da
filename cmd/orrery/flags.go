package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"orrery/explore"
	"orrery/nemesis"
	"orrery/scenarios"
)

// flagError says in one line what is wrong with a flag, with the flags that come near an
// unknown one.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return scenarios.Unknown("flag of "+cmd.CommandPath(), "--"+unknown.GetSpecifiedName(), names)
	}
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		return fmt.Errorf("--%s: %w", value.GetFlag().Name, wanted(value))
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// wanted says what would be right for a flag of one of pflag's own types; ours say it
// themselves.
func wanted(e *pflag.InvalidValueError) error {
	switch e.GetFlag().Value.Type() {
	case "int":
		return fmt.Errorf("want a whole number, not %q", e.GetValue())
	case "duration":
		return fmt.Errorf("want a duration such as 30s or 2m, not %q", e.GetValue())
	}
	return e.Unwrap()
}

// seedFlag is one seed.
type seedFlag struct{ seed *uint64 }

// String is the seed, or "" while there is none.
func (f seedFlag) String() string {
	if f.seed == nil || *f.seed == 0 {
		return ""
	}
	return fmt.Sprint(*f.seed)
}

// Set reads a seed.
func (f seedFlag) Set(s string) (err error) {
	*f.seed, err = explore.ParseSeed(s)
	return err
}

// Type is how the help calls the value.
func (seedFlag) Type() string { return "N" }

// seedsFlag is a range of seeds.
type seedsFlag struct{ seeds *explore.Seeds }

// String is the range as it is written.
func (f seedsFlag) String() string {
	if f.seeds == nil {
		return ""
	}
	return f.seeds.String()
}

// Set reads a range.
func (f seedsFlag) Set(s string) (err error) {
	*f.seeds, err = explore.ParseSeeds(s)
	return err
}

// Type is how the help calls the value.
func (seedsFlag) Type() string { return "A-B" }

// universeFlags say which universe of a scenario is meant, but for the seed.
type universeFlags struct {
	bug, nemesis, profile, plan string
	ops, nodes                  int
}

// universeFlagNames are the flags that universeFlags adds.
var universeFlagNames = []string{"bug", "nemesis", "profile", "plan", "ops", "nodes"}

func (f *universeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.bug, "bug", "", "plant this historical defect (see orrery bugs)")
	flags.StringVar(&f.nemesis, "nemesis", "", "only these families of faults, as in a,b; none for no faults (default: each seed chooses)")
	flags.StringVar(&f.profile, "profile", "", "calm, budgeted or unrestricted (default: each seed chooses)")
	flags.StringVar(&f.plan, "plan", "", "the faults are those of this `FILE`")
	flags.IntVar(&f.ops, "ops", 0, "operations that the clients begin (default: the scenario's own number)")
	if flags.Lookup("nodes") == nil { // orrery show has one that means more
		flags.IntVar(&f.nodes, "nodes", 0, "servers (default: the scenario's own number)")
	}
}

// maxNodes is the most servers that a universe is asked for: beyond it no quorum is formed
// in any useful time, and no lane of a picture is left.
const maxNodes = 25

// options checks the flags and makes options of them, without a seed.
func (f *universeFlags) options(cmd *cobra.Command, s *scenarios.Scenario) (scenarios.Options, error) {
	o := scenarios.Options{Bug: f.bug, Profile: f.profile, Ops: f.ops, Nodes: f.nodes}
	set := func(name string) bool { return cmd.Flags().Changed(name) }
	if f.bug != "" {
		if _, err := s.BugNamed(f.bug); err != nil {
			return o, err
		}
	}
	for _, other := range []string{"nemesis", "profile"} {
		if set("plan") && set(other) {
			return o, fmt.Errorf("--plan and --%s contradict each other: a plan says itself which faults there are", other)
		}
	}
	switch {
	case set("ops") && (f.ops < 1 || f.ops > math.MaxInt32):
		return o, fmt.Errorf("--ops %d: want a whole number from 1 to %d", f.ops, math.MaxInt32)
	case (f.nodes != 0 || set("nodes") && cmd.Flag("nodes").Value.Type() == "int") && (f.nodes < 1 || f.nodes > maxNodes):
		return o, fmt.Errorf("--nodes %d: want a whole number from 1 to %d", f.nodes, maxNodes)
	case set("profile") && f.profile == "":
		return o, errors.New(`--profile "": want calm, budgeted or unrestricted`)
	}
	if f.profile != "" {
		if err := checkProfile(f.profile); err != nil {
			return o, err
		}
	}
	if set("nemesis") {
		var err error
		if o.Nemesis, err = parseFamilies(f.nemesis); err != nil {
			return o, err
		}
	}
	if set("plan") {
		plan, err := readPlan(f.plan)
		if err != nil {
			return o, err
		}
		o.Plan = &plan
	}
	return o, nil
}

// parseFamilies reads a list of families of faults. "none" is the empty list.
func parseFamilies(list string) ([]string, error) {
	if list == "none" || list == "" {
		return []string{}, nil
	}
	return nemesis.SelectFamilies(list)
}
