package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// subjectFlags say which universe a command is about, where its argument is a scenario.
type subjectFlags struct {
	seed uint64
	universeFlags
}

func (f *subjectFlags) add(cmd *cobra.Command) {
	cmd.Flags().Var(seedFlag{&f.seed}, "seed", "the seed, where the argument is a scenario")
	f.universeFlags.add(cmd)
}

// isFile tells whether an argument means a file or directory, and not a scenario.
func (a *app) isFile(arg string) bool {
	if _, err := a.named(arg); err == nil {
		return false
	}
	if _, err := os.Stat(arg); err == nil {
		return true
	}
	return strings.ContainsRune(arg, filepath.Separator) || filepath.Ext(arg) != ""
}

// contradicts says which flag says what the file says itself.
func (f *subjectFlags) contradicts(cmd *cobra.Command, file string) error {
	for _, name := range append([]string{"seed"}, universeFlagNames...) {
		if cmd.Flags().Changed(name) && (name != "nodes" || f.nodes != 0) {
			return fmt.Errorf("--%s contradicts %s: the file says itself which universe it is", name, file)
		}
	}
	return nil
}

// subject finds out which universe is meant: that of a file, or a seed of a scenario.
func (a *app) subject(cmd *cobra.Command, arg string, f *subjectFlags) (*subject, error) {
	if a.isFile(arg) {
		if err := f.contradicts(cmd, arg); err != nil {
			return nil, err
		}
		return a.readRepro(arg)
	}
	s, err := a.named(arg)
	if err != nil {
		return nil, err
	}
	if !cmd.Flags().Changed("seed") {
		return nil, errors.New("which universe of " + s.Name + "? Want --seed N, or a file instead of the scenario")
	}
	o, err := f.universeFlags.options(cmd, s)
	if err != nil {
		return nil, err
	}
	o.Seed = f.seed
	return &subject{scenario: s, options: o, name: arg, planFile: f.plan}, nil
}
