package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"orrery/explore/strategy"
)

// casExecutions is how many executions of CASSANDRA-6023 make a campaign, as in the published measurements.
const casExecutions = 1000

func (a *app) strategiesCommand() *cobra.Command {
	var asJSON bool
	var markdown, measured string
	campaigns := 10
	cmd := &cobra.Command{
		Use:   "strategies",
		Short: "List the strategies of hunts",
		Long: `List the strategies that a hunt can choose its universes by: what each does, the paper
that it is from, and its parameters with what they are unless you say otherwise, and their
ranges. They are given as in --strategy pctcp:d=3,window=200.

With --json there is one object a strategy, with the fields name, about, source and params.

With --markdown the page about them is written, with what orrery mutants --json measured, and with the
buggy executions of CASSANDRA-6023 in a thousand, which are measured then.`,
		Example: `  orrery strategies
  orrery hunt paxos --strategy pctcp:d=3
  orrery mutants --strategy all --json > mutants.jsonl
  orrery strategies --markdown docs/exploration.md --measured mutants.jsonl`,
		Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			switch {
			case (markdown == "") != (measured == ""):
				return errors.New("--markdown and --measured: want both, or neither")
			case campaigns < 1 || campaigns > 1000:
				return fmt.Errorf("--campaigns %d: want a whole number from 1 to 1000", campaigns)
			case markdown != "":
				page, err := a.explorationPage(markdown, measured, campaigns, casExecutions)
				if err != nil {
					return err
				}
				return os.WriteFile(markdown, page, 0o644)
			case asJSON:
				return a.strategiesJSON()
			}
			return toConsole(a.out, a.printStrategies)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&asJSON, "json", false, "print one JSON object a strategy, one a line")
	flags.StringVar(&markdown, "markdown", "", "write the page about the strategies to this `FILE`")
	flags.StringVar(&measured, "measured", "", "what orrery mutants --json printed, in a `FILE`")
	flags.IntVar(&campaigns, "campaigns", campaigns, "campaigns of CASSANDRA-6023 for the page")
	return cmd
}

func (a *app) strategiesJSON() error {
	for _, k := range strategy.Kinds() {
		if err := writeJSON(a.out, k); err != nil {
			return err
		}
	}
	return nil
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
