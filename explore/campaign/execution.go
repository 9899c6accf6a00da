package campaign

import (
	"errors"
	"fmt"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/trial"
	"orrery/sim"
	"orrery/trace"
)

// Execution is one universe of a campaign, and what came of it.
type Execution struct {
	N      uint64 // counted from 0
	Member string // of the strategy, that chose it; "" if the strategy is one
	// Options are the universe without the strategy: they replay it, if Replays says so.
	Options trial.Options
	Replays bool
	Result  *trial.Result

	Again     bool // it was run twice in this process
	Elsewhere bool // it was run in a fresh process as well
	// Diverged says that two runs of it were not one; it is an *explore.DivergenceError. That is a violation of
	// determinism, whatever the result says.
	Diverged error
	New      bool // it showed something for the first time: a mark, a kind of fault that bit, a property

	failed error
}

// Found tells whether the execution ends a search for violations.
func (e *Execution) Found() bool {
	return e.Diverged != nil || e.Result.Verdict == checker.Violated
}

// steered tells whether something beside seed and overrides answers the draws.
func steered(o *trial.Options) bool { return o.Source != nil || o.Scheduler != nil }

// plain is the universe without those who watch it or steer it.
func plain(o trial.Options) trial.Options {
	o.Source, o.Scheduler = nil, nil
	o.Recorder, o.RecordDraws, o.States = nil, nil, false
	return o
}

// execute runs one execution, on any goroutine.
func (c *Campaign) execute(p *chosen) *Execution {
	e := &Execution{N: p.n, Member: p.member, Options: plain(p.options), Replays: p.twin == nil}
	if e.Result, e.failed = c.guarded(p.options); e.failed != nil {
		return e
	}
	if e.Options.Offered && e.Result.Property != Harness {
		plan := e.Result.Plan // what was taken of it
		e.Options.Plan, e.Options.Offered = &plan, false
	}
	again, elsewhere := runsAgain(p.n), runsElsewhere(p.n) && c.Elsewhere != nil
	interesting := Interesting(e.Result)
	if c.Unchecked || !again && !elsewhere && !interesting {
		return e
	}
	if p.twin != nil && !c.pin(e, *p.twin) {
		return e
	}
	if (again || interesting) && e.Result.Property != Harness {
		c.twice(e)
	}
	if elsewhere && e.Diverged == nil && e.Result.Property != Harness {
		e.Elsewhere = true
		err := c.Elsewhere(e.Options, e.Result)
		var d *explore.DivergenceError
		if errors.As(err, &d) {
			e.Diverged = d
		} else {
			e.failed = err
		}
	}
	return e
}

// guarded runs a universe; a panic is a result.
func (c *Campaign) guarded(o trial.Options) (r *trial.Result, err error) {
	run := explore.Guard(
		func(uint64) (r *trial.Result) {
			r, err = c.Config.Run(o)
			return r
		},
		func(p *explore.PanicError) *trial.Result {
			return &trial.Result{
				Seed: o.Seed, Bug: o.Bug, Profile: o.Profile,
				Verdict: checker.Unknown, Property: Harness, Detail: p.Error(), Stack: p.Stack,
			}
		})
	return run(o.Seed), err
}

// twice runs the execution again, recorded, and compares the hashes.
func (c *Campaign) twice(e *Execution) {
	e.Again = true
	hash := func(rec sim.Recorder) string {
		o := e.Options
		o.Recorder = rec
		r, err := c.guarded(o)
		if err != nil {
			return err.Error() // the same every time: the options are
		}
		return r.Hash
	}
	var first trace.Recorder
	again := hash(&first)
	if again == e.Result.Hash {
		return
	}
	d := &explore.DivergenceError{Seed: e.Options.Seed, A: e.Result.Hash, B: again}
	for range 2 {
		var second trace.Recorder
		hash(&second)
		if d.Diff = trace.Diff(first.Collect(), second.Collect()); d.Diff != nil {
			break
		}
	}
	e.Diverged = d
}

// pin runs the twin of an execution with its draws recorded, and has the options of the execution pin
// those that are not the seed's own. It returns false if that does not give the same run.
func (c *Campaign) pin(e *Execution, twin trial.Options) bool {
	var draws []sim.Draw
	twin.RecordDraws = &draws
	r, err := c.guarded(twin)
	if err != nil {
		e.failed = err
		return false
	}
	if r.Hash != e.Result.Hash {
		e.Diverged = &explore.DivergenceError{Seed: e.Options.Seed, A: e.Result.Hash, B: r.Hash}
		return false
	}
	replay := newReplayer(draws)
	o := e.Options
	o.Source = replay
	if r, err = c.guarded(o); err != nil {
		e.failed = err
		return false
	}
	if r.Hash != e.Result.Hash {
		e.Diverged = fmt.Errorf("a strategy's choices are not all draws: %w",
			&explore.DivergenceError{Seed: e.Options.Seed, A: e.Result.Hash, B: r.Hash})
		return false
	}
	e.Options.Overrides = append(append([]sim.Override{}, e.Options.Overrides...), replay.pinned...)
	e.Replays = true
	return true
}
