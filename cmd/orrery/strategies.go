package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"orrery/explore/strategy"
)

func (a *app) strategiesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "strategies",
		Short: "List the strategies of hunts",
		Long: `List the strategies that a hunt can choose its universes by: what each does, the paper
that it is from, and its parameters with what they are unless you say otherwise, and their
ranges. They are given as in --strategy pctcp:d=3,window=200.

With --json there is one object a strategy, with the fields name, about, source and params.`,
		Example: `  orrery strategies
  orrery hunt paxos --strategy pctcp:d=3`,
		Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				for _, k := range strategy.Kinds() {
					if err := writeJSON(a.out, k); err != nil {
						return err
					}
				}
				return nil
			}
			return toConsole(a.out, a.printStrategies)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a strategy, one a line")
	return cmd
}

func (a *app) printStrategies(w *bytes.Buffer) {
	columns := min(a.out.columns(), 100)
	indented := func(text string) {
		for _, line := range wrap(text, columns-4, 100) {
			fmt.Fprintln(w, "    "+line)
		}
	}
	for _, k := range strategy.Kinds() {
		name := a.out.bold(k.Name, false)
		if k.Name == strategy.Default {
			name += " (the default)"
		}
		fmt.Fprintln(w, name)
		indented(k.About)
		indented(k.Source)
		for _, p := range k.Params {
			indented(fmt.Sprintf("%s=%d (%d to %d): %s", p.Name, p.Default, p.Min, p.Max, p.About))
		}
	}
}
