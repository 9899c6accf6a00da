package campaign

import (
	"context"
	"errors"
	"fmt"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/strategy"
	"orrery/explore/trial"
)

// Config says what a campaign is. Run and Strategy must be set.
type Config struct {
	Run      func(trial.Options) (*trial.Result, error) // one universe of the scenario; on many goroutines
	Base     trial.Options                              // what all executions have in common
	Strategy strategy.Strategy

	// First is the execution to begin with; those before it are done. If it is within a batch, the strategy
	// must know what it knew before that batch: the executions from there to First are run once more for
	// it to learn from, and not handed on.
	First      uint64
	Executions uint64 // how many to run; 0 means without end
	Until      Until  // what ends it besides
	Plateau    uint64 // executions without anything new that make a plateau; 0 means 2,000
	Workers    int    // 0 means GOMAXPROCS

	// Unchecked leaves the checks of determinism out, and does not pin anything: for counting
	// how many executions a strategy needs.
	Unchecked bool
	// Elsewhere runs an execution in a fresh process and compares it with its result. A
	// difference is an *explore.DivergenceError; any other error ends the campaign. Nil leaves this check out.
	Elsewhere func(o trial.Options, r *trial.Result) error
	// Seen is told of every execution, in order, on the goroutine of Run; false ends the campaign. May be nil.
	Seen func(*Execution) bool
}

// Harness is the property of an execution whose harness panicked: a defect of ours, of which
// nothing follows for the protocol.
const Harness = "harness"

const plateauDefault = 2000

// Campaign is a campaign under way. It belongs to one goroutine.
type Campaign struct {
	Config
	next   uint64 // the execution that comes next
	batch  uint64 // where the batch under way begins
	end    uint64 // the first one that is not in the budget; 0: there is none
	novel  novelty
	ending *Ending
}

// New begins a campaign.
func New(c Config) *Campaign {
	if c.Plateau == 0 {
		c.Plateau = plateauDefault
	}
	k := &Campaign{Config: c, next: c.First, batch: c.First - c.First%strategy.Batch, novel: newNovelty(c.First)}
	if c.Executions > 0 {
		k.end = c.First + c.Executions
	}
	return k
}

// Run runs the campaign to its end. When ctx ends, what is under way is finished and handed
// on, and the ending is Interrupted, which is no error. An error is one line: options that the scenario refuses, a
// check that could not be made.
func (c *Campaign) Run(ctx context.Context) (Ending, error) {
	for {
		if ending, err := c.Step(ctx); ending != nil || err != nil {
			if ending == nil {
				ending = &Ending{}
			}
			return *ending, err
		}
	}
}

// Step runs one batch. The ending is nil while the campaign can go on.
func (c *Campaign) Step(ctx context.Context) (*Ending, error) {
	if c.ending != nil {
		return c.ending, nil
	}
	batch := c.choose()
	if len(batch) == 0 {
		return c.ending, nil
	}
	var failed error
	results := make([]*Execution, 0, len(batch))
	err := c.each(ctx, batch, func(e *Execution) bool {
		if failed = e.failed; failed != nil {
			return false
		}
		results = append(results, e)
		if e.N < c.First {
			return true
		}
		c.next = e.N + 1
		return c.hand(e)
	})
	var panicked *explore.PanicError
	switch {
	case failed != nil:
		return nil, fmt.Errorf("execution %d: %w", c.next, failed)
	case errors.As(err, &panicked):
		return nil, panicked
	}
	if len(results) == len(batch) {
		c.learn(batch, results)
	}
	if err != nil && c.ending == nil {
		c.stop(Interrupted, "")
	}
	return c.ending, nil
}

// each runs a batch. A single worker is this goroutine: it runs nothing that nobody wants to hear of any more, and who
// measures the goroutine measures everything.
func (c *Campaign) each(ctx context.Context, batch []chosen, got func(*Execution) bool) error {
	if c.Workers != 1 {
		return explore.Each(ctx, explore.Seeds{First: 0, Last: uint64(len(batch) - 1)}, c.Workers,
			func(i uint64) *Execution { return c.execute(&batch[i]) },
			func(_ uint64, e *Execution) bool { return got(e) })
	}
	for i := range batch {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !got(c.execute(&batch[i])) {
			return nil
		}
	}
	return nil
}

// learn lets the strategy learn from a batch.
func (c *Campaign) learn(batch []chosen, results []*Execution) {
	for i, e := range results {
		c.Strategy.Learn(e.N, batch[i].options, e.Result)
	}
	c.batch = c.next - c.next%strategy.Batch
}

// Learnt tells whether the strategy has learnt from all executions that were handed on, and so whether
// what it knows now belongs to Next.
func (c *Campaign) Learnt() bool { return c.batch == c.next }

// Next is the number of the execution that comes next: all before it were handed on.
func (c *Campaign) Next() uint64 { return c.next }

// choose asks the strategy for the executions up to the next multiple of strategy.Batch. If there is none to
// run, the campaign has an ending.
func (c *Campaign) choose() []chosen {
	to := c.batch + strategy.Batch
	if c.end > 0 {
		to = min(to, c.end)
	}
	var batch []chosen
	for n := c.batch; n < to && c.next < to; n++ {
		if e, ok := c.Strategy.(strategy.Ender); ok {
			if done, summary := e.Done(); done {
				if len(batch) == 0 {
					c.stop(Exhausted, summary)
				}
				return batch
			}
		}
		batch = append(batch, c.ask(n))
	}
	if len(batch) == 0 {
		c.stop(BudgetSpent, "")
	}
	return batch
}

// chosen is an execution that was chosen.
type chosen struct {
	n       uint64
	member  string
	options trial.Options
	// twin is the same execution once more, if a value that can answer for one run only is in
	// its options.
	twin *trial.Options
}

func (c *Campaign) ask(n uint64) chosen {
	e := chosen{n: n, options: c.offer(n)}
	if steered(&e.options) && !c.Unchecked {
		twin := c.offer(n)
		e.twin = &twin
	}
	if t, ok := c.Strategy.(strategy.Teller); ok {
		e.member = t.Member(n)
	}
	return e
}

// offer is what the strategy wants to run. A plan that is its own, and not what the campaign is about, is on offer: the world
// may take less.
func (c *Campaign) offer(n uint64) trial.Options {
	o := c.Strategy.Next(n, c.Base)
	o.Offered = o.Plan != nil && c.Base.Plan == nil && c.Base.Nemesis == nil
	return o
}

// hand hands an execution on, and tells whether to go on.
func (c *Campaign) hand(e *Execution) bool {
	e.New = c.novel.add(e)
	if c.Seen != nil && !c.Seen(e) {
		c.stop(Interrupted, "")
		return false
	}
	switch {
	case c.Until == Violation && e.Found():
		c.stop(FirstViolation, "")
	case c.Until == Plateau && e.N-c.novel.last >= c.Plateau:
		c.stop(OnPlateau, "")
	}
	return c.ending == nil
}

func (c *Campaign) stop(why Why, summary string) {
	c.ending = &Ending{Why: why, Executions: c.next - c.First, Last: c.next, Plateau: c.Plateau, Summary: summary}
}

// Interesting tells whether somebody has to look at a result: a violation, or a harness that panicked.
func Interesting(r *trial.Result) bool {
	return r.Verdict == checker.Violated || r.Property == Harness
}
