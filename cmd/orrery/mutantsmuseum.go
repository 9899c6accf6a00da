package main

import (
	"bytes"
	"fmt"
	"strings"

	"orrery/explore/strategy"
	"orrery/scenarios"
)

// museum is docs/museum.md: the defects, and how soon they are found.
func (m *mutants) museum() []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "<!-- Generated, do not edit: %s -->\n\n", m.command())
	w.WriteString(`# The museum

Defects that real systems have had, each a switch of the protocol that is off by default. A check that has never
been seen to fail proves nothing, so every defect here is planted, and looked for.

The tables say how many executions a strategy needs to find each: the median, and in parentheses the 90th
percentile, over campaigns from different seeds. An execution is one universe: a cluster, its clients, its
faults, and all checks, including those of liveness at its end. "> N" says that the campaign in question had not
found the defect within its budget of N; how many had is said where not all did. CPU is the median of a campaign's
time on one core until it found the defect, or until its budget was spent; it includes the strategy's own work.
The control is the same without a defect: an alarm there would be a false one.

`)
	fmt.Fprintf(&w, "Made by `%s`. The executions are the same on every machine; the times are not.\n", m.command())
	if m.stopped {
		w.WriteString("\n**It was interrupted: not everything was measured.**\n")
	}
	for _, s := range m.scenarios {
		m.museumOf(&w, s)
	}
	return w.Bytes()
}

// command is the command that makes the table.
func (m *mutants) command() string {
	parts := []string{"orrery mutants"}
	for _, s := range m.scenarios {
		parts = append(parts, s.Name)
	}
	if m.bugs != "" {
		parts = append(parts, "--bug "+m.bugs)
	}
	parts = append(parts, "--strategy "+m.strategies, fmt.Sprintf("--seeds %d --budget %d --control %d", m.seeds, m.budget, m.control),
		"--markdown "+m.markdown)
	return strings.Join(parts, " ")
}

func (m *mutants) museumOf(w *bytes.Buffer, s *scenarios.Scenario) {
	fmt.Fprintf(w, "\n## %s\n\n%s. %s to plant.\n\n### Executions to detection\n\n", s.Name, strings.TrimSuffix(upperFirst(s.About), "."), plural(len(s.Bugs), "defect"))
	fmt.Fprintf(w, "%s for each defect and strategy, of %s.\n\n", plural(m.seeds, "campaign"), plural(m.budget, "execution"))
	w.WriteString("| defect |")
	for _, spec := range m.specs {
		fmt.Fprintf(w, " %s | CPU |", spec)
	}
	w.WriteString("\n|---|" + strings.Repeat("---:|---:|", len(m.specs)) + "\n")
	for _, b := range s.Bugs {
		if cells, any := m.museumRow(s.Name, b.Name); any {
			fmt.Fprintf(w, "| [%s](#%s) |%s\n", b.Name, b.Name, cells)
		}
	}
	w.WriteString("| *geometric mean of the medians* |")
	for _, spec := range m.specs {
		fmt.Fprintf(w, " *%s* | |", m.geometricWords(s.Name, spec))
	}
	w.WriteString("\n\n")
	if m.control > 0 {
		w.WriteString("Control, without a defect:\n\n")
		for _, spec := range m.specs {
			if r := m.row(s.Name, "", spec); r != nil {
				fmt.Fprintf(w, "- %s: %s\n", spec, r.controlWords())
			}
		}
		w.WriteByte('\n')
	}
	w.WriteString("### The strategies\n\n")
	for _, spec := range m.specs {
		if k, _, err := strategy.KindOf(spec); err == nil {
			fmt.Fprintf(w, "- **%s**: %s. %s.\n", spec, k.About, strings.TrimSuffix(upperFirst(k.Source), "."))
		}
	}
	w.WriteString("\n### The defects\n")
	for _, b := range s.Bugs {
		fmt.Fprintf(w, "\n#### %s\n\n%s.\n\nBreaks: %s. Source: %s.", b.Name, strings.TrimSuffix(upperFirst(b.What), "."), b.Breaks, strings.TrimSuffix(b.Source, "."))
		if seen := m.propertiesOf(s.Name, b.Name); len(seen) > 0 {
			fmt.Fprintf(w, " Seen as: %s.", strings.Join(seen, ", "))
		}
		fmt.Fprintf(w, " Look: `orrery hunt %s --bug %s --until violation`.\n", s.Name, b.Name)
	}
}

// museumRow is a line of the table; any says that something in it was measured.
func (m *mutants) museumRow(scenario, bug string) (cells string, any bool) {
	for _, spec := range m.specs {
		r := m.row(scenario, bug, spec)
		if r == nil || r.Seeds == 0 {
			cells += " – | – |"
			continue
		}
		any = true
		cells += fmt.Sprintf(" %s (%s)", upTo(r.Median, r.Budget), upTo(r.P90, r.Budget))
		if r.Found < r.Seeds {
			cells += fmt.Sprintf(" %d of %d", r.Found, r.Seeds)
		}
		cells += " | " + cpuTime(r.CPUNS) + " |"
	}
	return cells, any
}

func (m *mutants) row(scenario, bug, spec string) *row {
	for _, r := range m.rows {
		if r.Scenario == scenario && r.Bug == bug && r.Strategy == spec {
			return r
		}
	}
	return nil
}

// propertiesOf are the properties by which a defect was found, whoever found it.
func (m *mutants) propertiesOf(scenario, bug string) []string {
	var seen []string
	for _, spec := range m.specs {
		if r := m.row(scenario, bug, spec); r != nil {
			seen = append(seen, r.Properties...)
		}
	}
	return sortedSet(seen)
}
