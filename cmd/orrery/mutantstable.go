package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// row is what is known of one defect and one strategy, or of a control, whose Bug is "".
type row struct {
	Scenario   string    `json:"scenario"`
	Bug        string    `json:"bug"`
	Strategy   string    `json:"strategy"`
	Budget     uint64    `json:"budget"`
	Seeds      int       `json:"seeds"` // campaigns that were run
	Found      int       `json:"found"` // campaigns that found it
	Median     *uint64   `json:"median"`
	P90        *uint64   `json:"p90"`
	CPUNS      int64     `json:"cpu_ns"`
	Executions []*uint64 `json:"executions"`
	All        uint64    `json:"executions_in_all"`
	Alarms     uint64    `json:"alarms"`
	Properties []string  `json:"properties"` // that were violated
	AlarmsAt   []string  `json:"alarms_at,omitempty"`

	cells []*cell
}

// censored stands for a campaign that did not find the defect within its budget.
const censored = math.MaxUint64

// sum puts a row together from its cells.
func (r *row) sum() {
	var times []uint64
	var cpu []int64
	r.Executions, r.Properties = []*uint64{}, []string{}
	for _, c := range r.cells {
		if !c.done {
			continue
		}
		r.Seeds++
		r.All += c.Executions
		cpu = append(cpu, c.CPUNS)
		n := uint64(censored)
		if c.Found {
			n = c.Executions
			r.Found++
			if !slices.Contains(r.Properties, c.Property) {
				r.Properties = append(r.Properties, c.Property)
			}
		}
		if r.Bug == "" && c.Alarms > 0 {
			r.Alarms += c.Alarms
			r.AlarmsAt = append(r.AlarmsAt, fmt.Sprintf("%s in execution %d of the campaign of seed %d", c.Property, c.AlarmAt, c.Seed))
		}
		times = append(times, n)
		r.Executions = append(r.Executions, known(n))
	}
	slices.Sort(times)
	slices.Sort(r.Properties)
	slices.Sort(cpu)
	if len(times) > 0 {
		r.Median, r.P90 = known(rank(times, 50)), known(rank(times, 90))
		r.CPUNS = rank(cpu, 50)
	}
}

// rank is the p-th percentile of sorted values, by nearest rank.
func rank[N int64 | uint64](sorted []N, p int) N {
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

func known(n uint64) *uint64 {
	if n == censored {
		return nil
	}
	return &n
}

// upTo prints a number of executions, or that it is beyond the budget.
func upTo(n *uint64, budget uint64) string {
	if n == nil {
		return ">" + count(budget)
	}
	return count(*n)
}

// geometric is the geometric mean of the medians of a strategy over the defects of a scenario, in which a median beyond
// the budget counts as the budget; atLeast says that there was one.
func (m *mutants) geometric(scenario, spec string) (mean float64, atLeast bool) {
	sum, n := 0.0, 0
	for _, r := range m.rows {
		if r.Scenario != scenario || r.Strategy != spec || r.Bug == "" || r.Seeds == 0 {
			continue
		}
		v := r.Budget
		if r.Median != nil {
			v = *r.Median
		} else {
			atLeast = true
		}
		sum += math.Log(float64(v))
		n++
	}
	if n == 0 {
		return 0, false
	}
	return math.Exp(sum / float64(n)), atLeast
}

func (m *mutants) geometricWords(scenario, spec string) string {
	mean, atLeast := m.geometric(scenario, spec)
	if mean == 0 {
		return "–"
	}
	s := fmt.Sprintf("%.1f", mean)
	if atLeast {
		return "≥ " + s
	}
	return s
}

// cpuTime prints a CPU time to the millisecond, or to the tenth of a second.
func cpuTime(ns int64) string {
	if d := time.Duration(ns); d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", time.Duration(ns).Seconds())
}

// print prints the rows.
func (m *mutants) print() error {
	if m.json {
		for _, r := range m.rows {
			if err := writeJSON(m.app.out, r); err != nil {
				return err
			}
		}
		return nil
	}
	return toConsole(m.app.out, func(w *bytes.Buffer) {
		for _, s := range m.scenarios {
			fmt.Fprintf(w, "%-26s %-14s %8s %8s %7s %9s\n", s.Name, "strategy", "median", "p90", "found", "CPU")
			for _, r := range m.rows {
				if r.Scenario == s.Name && r.Bug != "" && r.Seeds > 0 {
					fmt.Fprintf(w, "%-26s %-14s %8s %8s %7s %9s\n", r.Bug, r.Strategy, upTo(r.Median, r.Budget), upTo(r.P90, r.Budget),
						fmt.Sprintf("%d/%d", r.Found, r.Seeds), cpuTime(r.CPUNS))
				}
			}
			for _, spec := range m.specs {
				fmt.Fprintf(w, "%-26s %-14s %8s\n", "geometric mean", spec, m.geometricWords(s.Name, spec))
			}
			for _, r := range m.rows {
				if r.Scenario == s.Name && r.Bug == "" {
					fmt.Fprintf(w, "%-26s %-14s %s\n", "control, no defect", r.Strategy, r.controlWords())
				}
			}
		}
		fmt.Fprintf(w, "\n%s in %s, %s of them measured before\n", plural(m.doneCells(), "campaign"), span(m.app.now().Sub(m.began)), count(m.reused))
		if m.stopped {
			fmt.Fprintf(w, "interrupted: %s of %s are done; the same command does the rest\n", count(m.doneCells()), plural(len(m.cells), "campaign"))
		}
	})
}

func (m *mutants) doneCells() (n int) {
	for _, c := range m.cells {
		if c.done {
			n++
		}
	}
	return n
}

// controlWords says what came of a control.
func (r *row) controlWords() string {
	if r.Seeds == 0 {
		return "not run"
	}
	if r.Alarms == 0 {
		return plural(r.All, "execution") + " without an alarm"
	}
	return fmt.Sprintf("%s with %s: %s", plural(r.All, "execution"), plural(r.Alarms, "ALARM"), strings.Join(r.AlarmsAt, ", "))
}
