package main

import (
	"bytes"
	"fmt"
	"strings"

	"orrery/checker/judge"
)

// listedCheck is a model as --models --json prints it.
type listedCheck struct {
	Name   string       `json:"name"`
	Family string       `json:"family"`
	About  string       `json:"about"`
	Wants  string       `json:"wants"`
	How    string       `json:"how"`
	Cost   string       `json:"cost"`
	Limits string       `json:"limits,omitempty"`
	With   []judge.With `json:"with,omitempty"`
}

// listChecks prints all that a history can be asked.
func (a *app) listChecks(json bool) error {
	if json {
		for _, c := range judge.All() {
			if err := writeJSON(a.out, listedCheck{c.Name, c.Family, c.About, c.Wants, c.How, c.Cost, c.Limits, c.With}); err != nil {
				return err
			}
		}
		return nil
	}
	return toConsole(a.out, func(w *bytes.Buffer) {
		columns := min(a.out.columns(), 120)
		family := ""
		for _, c := range judge.All() {
			if c.Family != family {
				if family != "" {
					fmt.Fprintln(w)
				}
				family = c.Family
				fmt.Fprintln(w, a.out.bold(family, false))
			}
			fmt.Fprintln(w, clip(fmt.Sprintf("  %-33s %s", c.Name, c.About), columns))
			if len(c.With) > 0 && c.Family != judge.Linearizability {
				var names []string
				for _, with := range c.With {
					names = append(names, with.Name)
				}
				fmt.Fprintln(w, clip(fmt.Sprintf("  %-33s --with %s", "", strings.Join(names, ", ")), columns))
			}
		}
	})
}
