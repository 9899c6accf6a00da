package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios",
		Long: `List the scenarios: a cluster, a workload, faults and checks each.

With --json there is one object a scenario, with the fields name, about, bugs (how many
defects can be planted), ops (of one universe) and marks (what a campaign should reach).`,
		Example: `  orrery list
  orrery list --json | jq -r .name`,
		Args: exactArgs(),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return a.listJSON()
			}
			return toConsole(a.out, func(w *bytes.Buffer) {
				for _, s := range a.scenarios {
					fmt.Fprintf(w, "%-10s %s\n", a.out.bold(s.Name, false), s.About)
					fmt.Fprintf(w, "%-10s %s; %s\n", "", plural(s.Ops, "operation"), plural(len(s.Bugs), "defect")+" to plant")
				}
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a scenario, one a line")
	return cmd
}

func (a *app) listJSON() error {
	for _, s := range a.scenarios {
		err := writeJSON(a.out, struct {
			Name  string   `json:"name"`
			About string   `json:"about"`
			Bugs  int      `json:"bugs"`
			Ops   int      `json:"ops"`
			Marks []string `json:"marks"`
		}{s.Name, s.About, len(s.Bugs), s.Ops, append([]string{}, s.Marks...)})
		if err != nil {
			return err
		}
	}
	return nil
}
