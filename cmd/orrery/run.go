package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"orrery/checker"
	"orrery/explore"
	"orrery/scenarios"
)

// defaultSeeds are what orrery run runs when nothing else is said.
var defaultSeeds = explore.Seeds{First: 1, Last: 300}

// runFlags are the flags of orrery run.
type runFlags struct {
	universeFlags
	seed        uint64
	seeds       explore.Seeds
	time        time.Duration
	workers     int
	stopAtFirst bool
	twice       bool
	artifacts   string
	json        bool
}

func (a *app) runCommand() *cobra.Command {
	f := runFlags{seeds: defaultSeeds}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run universes of a scenario, each with faults of its own, and check them",
		Long: `Run universes of a scenario on all cores. Each seed is one universe: a cluster, a
workload, faults, and the checks of what came of it.

A violation is printed with its story, and leaves a directory behind, from which it can
be replayed (orrery replay) and looked at (orrery show). All universes are run unless
--stop-at-first is given; the first that fails is the same on any number of cores.

Progress goes to standard error, the summary to standard output. With --json, standard
output has one object a seed, one a line, with the fields scenario, seed, verdict (ok,
violated, unknown, vacuous, malformed), property, events, virtual_ns, wall_ns, ops (that
ended ok), hash and faults, and others.

Exit status: 0 all held, 1 a violation was found, 2 the command could not run, 3 nothing
can be said. Ctrl-C ends with what was found.`,
		Example: `  orrery run paxos
  orrery run paxos --seeds 1-5000 --stop-at-first
  orrery run paxos --seed 14 --bug promise-not-durable
  orrery run paxos --nemesis partition,crash --time 1m
  orrery run paxos --json | jq -r 'select(.verdict != "ok") | .seed'`,
		Args: exactArgs("a SCENARIO (see orrery list)"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.newSweep(cmd, args[0], &f)
			if err != nil {
				return err
			}
			return c.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(seedFlag{&f.seed}, "seed", "run this one seed")
	flags.Var(seedsFlag{&f.seeds}, "seeds", "run these seeds")
	f.universeFlags.add(cmd)
	flags.DurationVar(&f.time, "time", 0, "begin no universe after so much wall time; without --seeds, run seeds from 1 on until then")
	flags.IntVar(&f.workers, "workers", 0, "universes at a time (default: one a core)")
	flags.BoolVar(&f.stopAtFirst, "stop-at-first", false, "end at the first seed that is violated")
	flags.BoolVar(&f.twice, "twice", false, "run every seed twice, and hold it a violation if the two differ")
	flags.StringVar(&f.artifacts, "artifacts", a.artifacts, "violations leave their directories in this `DIR`")
	flags.BoolVar(&f.json, "json", false, "print one JSON object a seed, one a line")
	return cmd
}

// sweep is a run over many seeds.
type sweep struct {
	app      *app
	scenario *scenarios.Scenario
	options  scenarios.Options // of each universe, but for the seed
	seeds    explore.Seeds
	runFlags

	tally    *tally
	progress *progress
	reported []string // properties of which a violation was printed in full
	listed   int      // violations that were printed in one line
	ending   string   // why not all seeds were run; "" if all were
	failed   error    // why the campaign could not go on: of standard output, or of the options
}

func (a *app) newSweep(cmd *cobra.Command, name string, f *runFlags) (*sweep, error) {
	s, err := a.named(name)
	if err != nil {
		return nil, err
	}
	o, err := f.universeFlags.options(cmd, s)
	if err != nil {
		return nil, err
	}
	c := &sweep{app: a, scenario: s, options: o, seeds: f.seeds, runFlags: *f, tally: newTally(s.Marks)}
	set := cmd.Flags().Changed
	switch {
	case set("seed") && set("seeds"):
		return nil, errors.New("--seed and --seeds contradict each other: want one of them")
	case set("time") && f.time <= 0:
		return nil, fmt.Errorf("--time %v: want a duration such as 30s or 2m", f.time)
	case set("workers") && f.workers < 1:
		return nil, fmt.Errorf("--workers %d: want at least 1", f.workers)
	case set("artifacts") && f.artifacts == "":
		return nil, errors.New(`--artifacts "": want a directory`)
	case set("seed"):
		c.seeds = explore.One(f.seed)
	case set("time") && !set("seeds"):
		c.seeds = explore.Seeds{First: 1, Last: math.MaxUint64}
	}
	c.workers = cmp.Or(f.workers, a.cores)
	return c, nil
}

// errTimeIsUp ends a campaign that has a time.
var errTimeIsUp = errors.New("the time is up")

func (c *sweep) run(ctx context.Context) error {
	began := c.app.now()
	total := c.seeds.Len()
	if c.time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.time, errTimeIsUp)
		defer cancel()
		if c.seeds.Last == math.MaxUint64 {
			total = 0
		}
	}
	c.progress = newProgress(c.app.err, c.json, began, total)
	err := explore.Each(ctx, c.seeds, c.workers, c.one, func(_ uint64, u universe) bool { return c.got(&u) })
	c.progress.clear()
	var panicked *explore.PanicError
	switch {
	case errors.As(err, &panicked):
		return panicked
	case errors.Is(err, errTimeIsUp):
		c.ending = errTimeIsUp.Error()
	case err != nil:
		c.ending = "interrupted"
	}
	if c.failed != nil {
		return c.failed
	}
	if !c.json {
		err := toConsole(c.app.out, func(w *bytes.Buffer) { c.summary(w, c.app.now().Sub(began)) })
		if err != nil {
			return err
		}
	} else if c.ending != "" && c.ending != errTimeIsUp.Error() {
		fmt.Fprintf(c.app.err, "orrery: %s after %s\n", c.ending, plural(c.tally.universes, "universe"))
	}
	return ended(c.tally.status())
}

// one runs one universe, on any goroutine.
func (c *sweep) one(seed uint64) universe {
	o := c.options
	o.Seed = seed
	began := c.app.now()
	r, err := c.app.one(c.scenario, o)
	if err != nil {
		return universe{err: err}
	}
	u := condense(c.scenario.Name, r, c.app.now().Sub(began))
	if c.twice && r.Property != harness {
		if _, err := c.app.runTwice(c.scenario, o); err != nil {
			u.verdict, u.Verdict = checker.Violated, checker.Violated.String()
			u.Property, u.Detail = determinism, err.Error()
		}
	}
	return u
}

// got receives the universes in the order of their seeds. It returns false when there is
// nothing more to look for.
func (c *sweep) got(u *universe) bool {
	if u.err != nil {
		c.failed = u.err
		return false
	}
	c.tally.add(u)
	if u.verdict == checker.Violated || u.Property == harness {
		c.violation(u)
	}
	if c.json {
		c.failed = writeJSON(c.app.out, &u.record)
	}
	if c.failed != nil {
		return false
	}
	if u.verdict == checker.Violated && c.stopAtFirst {
		c.ending = "stopped at the first violation"
		return false
	}
	c.progress.tick(c.tally, c.app.now())
	return true
}
