package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"orrery/scenarios"
)

func (a *app) bugsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "bugs [SCENARIO]",
		Short: "List the historical defects that can be planted",
		Long: `List the historical defects that a scenario's protocol can be run with: what each gets
wrong, the property that it breaks, where it was found, and the seeds that find it.

With --json there is one object a defect, with the fields scenario, name, source, what,
breaks and seeds.`,
		Example: `  orrery bugs paxos
  orrery bugs --json | jq -r .name`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			list := a.scenarios
			if len(args) > 0 {
				s, err := a.named(args[0])
				if err != nil {
					return err
				}
				list = []*scenarios.Scenario{s}
			}
			if asJSON {
				return a.bugsJSON(list)
			}
			return toConsole(a.out, func(w *bytes.Buffer) {
				for _, s := range list {
					a.printBugs(w, s)
				}
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a defect, one a line")
	return cmd
}

func (a *app) bugsJSON(list []*scenarios.Scenario) error {
	for _, s := range list {
		for _, b := range s.Bugs {
			err := writeJSON(a.out, struct {
				Scenario string `json:"scenario"`
				scenarios.Bug
			}{s.Name, b})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) printBugs(w *bytes.Buffer, s *scenarios.Scenario) {
	columns := min(a.out.columns(), 100)
	fmt.Fprintf(w, "%s: %s to plant, as in orrery run %s --bug NAME --stop-at-first\n", s.Name, plural(len(s.Bugs), "defect"), s.Name)
	for _, b := range s.Bugs {
		breaks := ""
		if b.Breaks != "" {
			breaks = " · breaks " + b.Breaks
		}
		fmt.Fprintf(w, "\n%s%s · %s\n", a.out.bold(b.Name, false), breaks, a.foundIn(s, b))
		for _, text := range []string{b.What, b.Source} {
			for _, line := range wrap(text, columns-4, 100) {
				fmt.Fprintln(w, "    "+line)
			}
		}
	}
}

// foundIn says which seeds find a defect. One that can be planted in several scenarios may have none in some of them.
func (a *app) foundIn(s *scenarios.Scenario, b scenarios.Bug) string {
	if b.Seeds != "" {
		return "found in seeds " + b.Seeds
	}
	for _, o := range a.scenarios {
		if there, err := o.BugNamed(b.Name); o != s && err == nil && there.Source == b.Source && there.Seeds != "" {
			return "found in seeds " + there.Seeds + " of " + o.Name
		}
	}
	return "found in no seeds that are published"
}
