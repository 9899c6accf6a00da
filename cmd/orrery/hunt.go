package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orrery/explore/campaign"
	"orrery/explore/strategy"
	"orrery/scenarios"
)

// huntFlags are the flags of orrery hunt.
type huntFlags struct {
	universeFlags
	strategy string
	budget   budget
	until    string
	plateau  int
	seed     uint64
	workers  int
	shrink   time.Duration
	out      string
	restart  bool
	nightly  bool
	junit    string
	serve    string
	json     bool
}

const (
	huntExecutions = 2000             // the budget, if nothing is said
	nightlyTime    = 10 * time.Minute // the same, of --nightly
	huntPlateau    = 2000             // executions
	huntShrink     = 30 * time.Second // for a finding
)

func (a *app) huntCommand() *cobra.Command {
	f := huntFlags{seed: 1, strategy: strategy.Default, until: campaign.Budget.String(), plateau: huntPlateau, shrink: huntShrink,
		budget: budget{executions: huntExecutions}}
	cmd := &cobra.Command{
		Use:   "hunt SCENARIO...",
		Short: "Hunt for violations with a strategy, and keep what is found",
		Long: `Run the universes that a strategy chooses, on all cores, until the budget is spent. The budget is a
number of executions for each scenario, or a time for all of them together.

What is found is kept in the directory of --out: findings.db has the findings and how far each campaign has
come, and every finding has a directory from which it can be replayed and looked at. A finding is a
violated property and what was needed for it once it was shrunk; the same one found again is no new
finding. Findings of before are replayed first, and are gone if they do not violate anything any more. See
orrery findings; and orrery serve, which shows them in a browser, and how a hunt goes.

A campaign that was ended by Ctrl-C, or killed, goes on where it was when the same command is given
given; one whose budget was spent goes on with as many executions more. --restart begins again.

One of every 16 executions is run twice, and one of every 128 in a fresh process as well: an
execution that is not one run is a violation of determinism.

` + strategyWords() + `

With --json, standard output has one object a line, with the field type: "execution" (with the fields of
orrery run, and execution, campaign and member), "finding", and at the end "end".

Exit status: 0 all held, 1 a violation was found, or one of before is still there, 2 the command could not run,
3 nothing can be said.`,
		Example: `  orrery hunt paxos
  orrery hunt paxos --bug counts-nacks --until violation
  orrery hunt paxos --strategy swarm --budget 10m --until plateau --serve 127.0.0.1:7468
  orrery hunt paxos --nightly --junit junit.xml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("hunt: want a SCENARIO (see orrery list); see orrery hunt --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := a.newHunt(cmd, args, &f)
			if err != nil {
				return err
			}
			return h.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.strategy, "strategy", f.strategy, "which `SPEC` of strategy chooses, as in name or name:parameter=value")
	flags.Var(&f.budget, "budget", "so many executions, or a time such as 10m")
	flags.StringVar(&f.until, "until", f.until, "what else ends it: violation or plateau")
	flags.IntVar(&f.plateau, "plateau", f.plateau, "executions without a new mark, a new kind of fault that bites or a new finding that make a plateau")
	flags.Var(seedFlag{&f.seed}, "seed", "the campaign's own seed")
	f.universeFlags.add(cmd)
	flags.IntVar(&f.workers, "workers", 0, "universes at a time (default: one a core)")
	flags.DurationVar(&f.shrink, "shrink", f.shrink, "spend at most so long on making a finding smaller")
	flags.StringVar(&f.out, "out", a.artifacts, "keep what is found in this `DIR`")
	flags.BoolVar(&f.restart, "restart", false, "begin again with the first execution, whatever was done before")
	flags.BoolVar(&f.nightly, "nightly", false, "for CI: a budget of 10m unless another is given, plain progress")
	flags.StringVar(&f.junit, "junit", "", "write what came of it to this `FILE`, as JUnit XML")
	flags.StringVar(&f.serve, "serve", "", "show it meanwhile in a browser, at this `ADDRESS` as 127.0.0.1:7468; see orrery serve")
	flags.BoolVar(&f.json, "json", false, "print JSON objects, one a line")
	return cmd
}

// strategyWords lists the strategies for a help text.
func strategyWords() string {
	var b strings.Builder
	b.WriteString("Strategies:")
	for _, k := range strategy.Kinds() {
		fmt.Fprintf(&b, "\n  %-14s %s", k.Name, k.About)
		for _, p := range k.Params {
			fmt.Fprintf(&b, "\n  %-14s   %s=%d  %s", "", p.Name, p.Default, p.About)
		}
	}
	return b.String()
}

// budget is a flag: a number of executions, or a time.
type budget struct {
	executions uint64
	time       time.Duration
}

// String is the budget as it is written.
func (b *budget) String() string {
	if b.time > 0 {
		return b.time.String()
	}
	return strconv.FormatUint(b.executions, 10)
}

// Set reads a budget.
func (b *budget) Set(s string) error {
	wrong := fmt.Errorf("want a number of executions from 1, such as 5000, or a time such as 10m, not %q", s)
	if n, err := strconv.ParseUint(s, 10, 63); err == nil && n > 0 {
		*b = budget{executions: n}
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return wrong
	}
	*b = budget{time: d}
	return nil
}

// Type is how the help calls the value.
func (*budget) Type() string { return "N|TIME" }

// words says what the budget is.
func (b *budget) words() string {
	if b.time > 0 {
		return span(b.time)
	}
	return plural(b.executions, "execution")
}

// newHunt checks the flags.
func (a *app) newHunt(cmd *cobra.Command, names []string, f *huntFlags) (*hunt, error) {
	set := cmd.Flags().Changed
	switch {
	case set("workers") && f.workers < 1:
		return nil, fmt.Errorf("--workers %d: want at least 1", f.workers)
	case f.plateau < 1:
		return nil, fmt.Errorf("--plateau %d: want at least 1", f.plateau)
	case set("plateau") && f.until != campaign.Plateau.String():
		return nil, errors.New("--plateau says how long a plateau is: want --until plateau with it")
	case f.shrink < 0:
		return nil, fmt.Errorf("--shrink %v: want a duration such as 30s, or 0s for none", f.shrink)
	case f.out == "":
		return nil, errors.New(`--out "": want a directory`)
	}
	until := slices.Index(campaign.Untils(), f.until)
	if until < 0 {
		return nil, scenarios.Unknown("value of --until", f.until, campaign.Untils())
	}
	if f.nightly && !set("budget") {
		f.budget = budget{time: nightlyTime}
	}
	h := &hunt{app: a, huntFlags: *f, until: campaign.Until(until)}
	h.workers = cmp.Or(f.workers, a.cores)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("scenario %s is named twice", name)
		}
		l, err := h.newLeg(cmd, name)
		if err != nil {
			return nil, err
		}
		h.legs = append(h.legs, l)
	}
	return h, nil
}

// newLeg checks what of the flags is about one scenario.
func (h *hunt) newLeg(cmd *cobra.Command, name string) (*leg, error) {
	s, err := h.app.named(name)
	if err != nil {
		return nil, err
	}
	o, err := h.universeFlags.options(cmd, s)
	if err != nil {
		return nil, err
	}
	l := &leg{hunt: h, scenario: s, options: o, tally: newTally(s.Marks)}
	if l.spec, err = canonical(h.strategy); err != nil {
		return nil, err
	}
	l.id, err = l.identity()
	return l, err
}

// canonical is the one way to write a strategy and its parameters.
func canonical(spec string) (string, error) {
	k, p, err := strategy.KindOf(spec)
	if err != nil {
		return "", err
	}
	var list []string
	for _, q := range k.Params {
		if p[q.Name] != q.Default {
			list = append(list, fmt.Sprintf("%s=%d", q.Name, p[q.Name]))
		}
	}
	if len(list) == 0 {
		return k.Name, nil
	}
	return k.Name + ":" + strings.Join(list, ","), nil
}
