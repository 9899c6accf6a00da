package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/explore"
	"orrery/explore/strategy"
	"orrery/scenarios"
)

// mutantsFlags are the flags of orrery mutants.
type mutantsFlags struct {
	bugs, strategies string
	seeds, budget    int
	control          int
	workers          int
	cache, markdown  string
	restart, json    bool
}

const (
	mutantsSeeds    = 20
	mutantsBudget   = 2000
	mutantsControl  = 10      // times the budget
	mutantsSeedStep = 1000000 // between two campaigns: more than any budget, so that no two share a seed
)

func (a *app) mutantsCommand() *cobra.Command {
	f := mutantsFlags{seeds: mutantsSeeds, budget: mutantsBudget, control: mutantsControl, strategies: strategy.Default,
		cache: filepath.Join(a.artifacts, "mutants.jsonl")}
	cmd := &cobra.Command{
		Use:   "mutants [SCENARIO...]",
		Short: "Measure how soon each strategy finds each planted defect",
		Long: `Plant every historical defect of the scenarios, and measure how many executions each strategy needs to find
it: the median and the 90th percentile over so many campaigns, whose seeds are 1, 1000001, 2000001 and so on. A
campaign that has not found the defect within the budget counts as more than the budget. The control is the
protocol without a defect, for ten budgets: an alarm there is a false one.

What was measured is kept in the file of --cache, a line a campaign, and is not measured again as long as the first
execution of the campaign has the hash that it had then; so a long table can be made in pieces, and Ctrl-C prints
what there is. CPU time is that of the thread which ran the campaign.

With --json there is one object a defect and strategy, one a line: the executions of each campaign (null
for those that found nothing), median and p90 (null beyond the budget), found, cpu_ns (the median) and
alarms (of the control, whose bug is "").

Exit status: 0 all were measured, 1 the control raised an alarm, 2 the command could not run, 3 it was
interrupted.`,
		Example: `  orrery mutants paxos
  orrery mutants paxos --bug counts-nacks,one-ballot --strategy swarm,pctcp
  orrery mutants lock --strategy all --markdown docs/museum.md`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := a.newMutants(args, &f)
			if err != nil {
				return err
			}
			return m.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.bugs, "bug", "", "only these defects, as in a,b")
	flags.StringVar(&f.strategies, "strategy", f.strategies, "these strategies, as in a,b; all for all there are")
	flags.IntVar(&f.seeds, "seeds", f.seeds, "campaigns for each defect and strategy")
	flags.IntVar(&f.budget, "budget", f.budget, "executions of a campaign")
	flags.IntVar(&f.control, "control", f.control, "run so many budgets without a defect; 0 for none")
	flags.IntVar(&f.workers, "workers", 0, "campaigns at a time (default: one a core)")
	flags.StringVar(&f.cache, "cache", f.cache, "keep what was measured in this `FILE`")
	flags.BoolVar(&f.restart, "restart", false, "measure everything again")
	flags.StringVar(&f.markdown, "markdown", "", "write the tables and the catalogue of defects to this `FILE`, as Markdown; its chapters of other scenarios stay")
	flags.BoolVar(&f.json, "json", false, "print JSON objects, one a line")
	return cmd
}

// mutants is a run of orrery mutants.
type mutants struct {
	app *app
	mutantsFlags
	scenarios []*scenarios.Scenario
	specs     []string // of the strategies
	rows      []*row
	cells     []*cell
	kept      *cellCache
	began     time.Time
	next      time.Time // when progress is printed next
	reused    uint64
	stopped   bool // before all was measured
}

func (a *app) newMutants(names []string, f *mutantsFlags) (*mutants, error) {
	m := &mutants{app: a, mutantsFlags: *f}
	for _, c := range []struct {
		flag       string
		value, min int
	}{{"seeds", f.seeds, 1}, {"budget", f.budget, 1}, {"control", f.control, 0}, {"workers", f.workers, 0}} {
		if c.value < c.min || c.value >= mutantsSeedStep {
			return nil, fmt.Errorf("--%s %d: want a whole number from %d to %d", c.flag, c.value, c.min, mutantsSeedStep-1)
		}
	}
	if f.cache == "" {
		return nil, errors.New(`--cache "": want a file`)
	}
	m.workers = cmp.Or(f.workers, a.cores)
	if err := m.chooseScenarios(names); err != nil {
		return nil, err
	}
	specs := strings.Split(f.strategies, ",")
	if f.strategies == "all" {
		specs = nil
		for _, k := range strategy.Kinds() {
			specs = append(specs, k.Name)
		}
	}
	for _, spec := range specs {
		spec, err := canonical(strings.ReplaceAll(spec, "+", ","))
		if err != nil {
			return nil, err
		}
		m.specs = append(m.specs, spec)
	}
	return m, m.plan()
}

func (m *mutants) chooseScenarios(names []string) error {
	for _, name := range names {
		s, err := m.app.named(name)
		if err != nil {
			return err
		}
		m.scenarios = append(m.scenarios, s)
	}
	if len(names) == 0 {
		m.scenarios = slices.DeleteFunc(slices.Clone(m.app.scenarios), func(s *scenarios.Scenario) bool { return len(s.Bugs) == 0 })
	}
	return nil
}

// plan makes the rows of the table, and the cells that they are put together from.
func (m *mutants) plan() error {
	wanted := map[string]bool{}
	if m.bugs != "" {
		for _, name := range strings.Split(m.bugs, ",") {
			wanted[name] = false
		}
	}
	for _, s := range m.scenarios {
		for _, b := range s.Bugs {
			if _, asked := wanted[b.Name]; m.bugs != "" && !asked {
				continue
			}
			wanted[b.Name] = true
			for _, spec := range m.specs {
				m.add(s, b.Name, spec, uint64(m.budget))
			}
		}
		if m.control > 0 {
			for _, spec := range m.specs {
				m.add(s, "", spec, uint64((m.control*m.budget+m.seeds-1)/m.seeds))
			}
		}
	}
	for name, known := range wanted {
		if !known {
			return scenarios.Unknown("bug", name, m.bugNames())
		}
	}
	return nil
}

func (m *mutants) bugNames() (names []string) {
	for _, s := range m.scenarios {
		for _, b := range s.Bugs {
			names = append(names, b.Name)
		}
	}
	return names
}

// add adds a row, with a cell for each seed.
func (m *mutants) add(s *scenarios.Scenario, bug, spec string, budget uint64) {
	r := &row{Scenario: s.Name, Bug: bug, Strategy: spec, Budget: budget}
	for i := range m.seeds {
		c := &cell{cellKey: cellKey{s.Name, bug, spec, 1 + uint64(i)*mutantsSeedStep, budget}, scenario: s}
		r.cells = append(r.cells, c)
		m.cells = append(m.cells, c)
	}
	m.rows = append(m.rows, r)
}

func (m *mutants) run(ctx context.Context) error {
	var err error
	if m.kept, err = openCells(m.cache, m.restart); err != nil {
		return err
	}
	defer m.kept.close()
	m.began = m.app.now()
	done, failed := uint64(0), error(nil)
	err = explore.Each(ctx, explore.Seeds{First: 0, Last: uint64(len(m.cells) - 1)}, m.workers,
		func(i uint64) error { return m.measure(ctx, m.cells[i]) },
		func(i uint64, err error) bool {
			done++
			failed = err
			if m.cells[i].reused {
				m.reused++
			}
			m.progress(done)
			return failed == nil
		})
	m.clearProgress()
	var panicked *explore.PanicError
	if errors.As(err, &panicked) {
		return panicked
	}
	if failed != nil && ctx.Err() == nil {
		return failed
	}
	m.stopped = ctx.Err() != nil
	return m.report()
}

// report prints the table, and says what the exit status is.
func (m *mutants) report() error {
	alarms := uint64(0)
	for _, r := range m.rows {
		r.sum()
		alarms += r.Alarms
	}
	if m.markdown != "" {
		page, err := os.ReadFile(m.markdown)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileError(err)
		}
		if err := os.WriteFile(m.markdown, m.museum(page), 0o644); err != nil {
			return fileError(err)
		}
	}
	if err := m.print(); err != nil {
		return err
	}
	switch {
	case alarms > 0:
		return ended(exitViolated)
	case m.stopped:
		return ended(exitUnknown)
	}
	return nil
}

// progress says how many cells are done.
func (m *mutants) progress(done uint64) {
	now := m.app.now()
	if now.Before(m.next) {
		return
	}
	line := fmt.Sprintf("%s of %s · %s", count(done), plural(len(m.cells), "campaign"), span(now.Sub(m.began)))
	if m.app.err.terminal {
		m.next = now.Add(rewriteEvery)
		fmt.Fprintf(m.app.err, "\r\x1b[K%s", line)
		return
	}
	if !m.next.IsZero() && !m.json {
		fmt.Fprintln(m.app.err, line)
	}
	m.next = now.Add(plainEvery)
}

func (m *mutants) clearProgress() {
	if m.app.err.terminal {
		fmt.Fprint(m.app.err, "\r\x1b[K")
	}
}
