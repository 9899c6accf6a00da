package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"orrery/checker"
	"orrery/explore"
	"orrery/explore/campaign"
	"orrery/explore/dashboard"
	"orrery/explore/findings"
	"orrery/explore/strategy"
	"orrery/scenarios"
	"orrery/trace"
)

// hunt is a run of orrery hunt: a campaign for each scenario, in turns, and one store.
type hunt struct {
	app *app
	huntFlags
	until campaign.Until
	legs  []*leg

	store    *findings.Store
	session  string // this run, for the store
	began    time.Time
	progress *progress
	total    *tally // of all legs
	found    []found
	reports  int    // findings that were printed in full
	ending   string // why it ended before all legs had
	checks   struct{ again, elsewhere, unmade atomic.Uint64 }
	unmade   atomic.Pointer[string] // why a check in a fresh process could not be made
	live     *dashboard.Publisher   // of how it goes; nil if that cannot be published
	doing    string                 // as was published
}

// leg is the campaign of one scenario.
type leg struct {
	hunt     *hunt
	scenario *scenarios.Scenario
	options  scenarios.Options // what all executions have in common
	spec     string            // of the strategy
	id       string
	from     uint64 // the first execution of this run
	stored   findings.Progress
	campaign *campaign.Campaign
	ending   *campaign.Ending
	tally    *tally
	counted  uint64 // violations that were only counted
	failed   error
	saved    time.Time
	members  map[string]*member
}

// saveEvery is how long a leg may go without saying how far it has come. A batch usually takes less.
const saveEvery = time.Second

// identity names the campaign: the same name stands for the same executions.
func (l *leg) identity() (string, error) {
	rep, err := newRepro(l.scenario, l.options, &universe{})
	if err != nil {
		return "", err
	}
	rep.By = ""
	text, err := json.Marshal(struct {
		Strategy string
		Seed     uint64
		Universe *repro
	}{l.spec, l.hunt.seed, rep})
	return fmt.Sprintf("%s-%012x", l.scenario.Name, uint64(trace.Bytes(text))>>16), err
}

func (h *hunt) run(ctx context.Context) error {
	h.began = h.app.now()
	h.total = newTally(nil)
	if err := h.open(); err != nil {
		return err
	}
	timed := ctx
	if h.budget.time > 0 {
		var cancel context.CancelFunc
		timed, cancel = context.WithTimeoutCause(ctx, h.budget.time, errTimeIsUp)
		defer cancel()
	}
	end, err := h.show(ctx)
	if err != nil {
		return err
	}
	defer end()
	h.publish()
	h.progress = newProgress(h.app.err, h.json, h.began, h.budget.executions*uint64(len(h.legs)))
	err = h.hunt(ctx, timed)
	h.progress.clear()
	h.lastWord(err)
	if err != nil {
		return err
	}
	if err := h.conclude(h.app.now().Sub(h.began)); err != nil {
		return err
	}
	return ended(h.status())
}

// open opens the store, and finds out how far the campaigns have come.
func (h *hunt) open() error {
	store, moved, err := findings.Create(h.out)
	if err != nil {
		return fileError(err)
	}
	if moved != "" {
		fmt.Fprintf(h.app.err, "orrery: %s could not be read; it is now %s, and a new one is begun\n", store.Path(), moved)
	}
	h.store = store
	if h.session, err = store.Session(); err != nil {
		return err
	}
	for _, l := range h.legs {
		if err := l.open(); err != nil {
			return err
		}
	}
	return nil
}

func (l *leg) open() error {
	h := l.hunt
	stored, known, err := h.store.Progress(l.id)
	if err != nil {
		return err
	}
	if !known || h.restart {
		stored = findings.Progress{ID: l.id, Scenario: l.scenario.Name, Bug: l.options.Bug, Strategy: l.spec, Seed: h.seed}
	}
	if at := stored.MemoryOf; at != nil && *at+strategy.Batch == stored.Done {
		stored.Done-- // killed between the end of a batch and what was learnt from it: its last execution is run once more, and the batch with it
	}
	l.from = stored.Done
	if stored.Until <= stored.Done || stored.LookedInto == nil { // a budget of its own
		stored.LookedInto = map[string]int{}
	}
	c := campaign.Config{
		Run:  func(o scenarios.Options) (*scenarios.Result, error) { return h.app.run(l.scenario, o) },
		Base: l.options, First: l.from, Until: h.until, Plateau: uint64(h.plateau), Workers: h.workers, Seen: l.seen,
	}
	if h.app.elsewhere != nil {
		c.Elsewhere = l.elsewhere
	}
	if c.Strategy, err = strategy.Parse(l.spec, h.seed); err != nil {
		return err
	}
	if k, ok := c.Strategy.(strategy.Keeper); ok {
		if stored.Memory == nil && stored.Done == 0 {
			stored.MemoryOf = new(uint64)
		} else if stored.Memory != nil {
			if err := k.Remember(stored.Memory); err != nil {
				return fmt.Errorf("%s: campaign %s: %w; want --restart", h.store.Path(), l.id, err)
			}
		}
	}
	if n := h.budget.executions; n > 0 {
		c.Executions = n
		if stored.Until > stored.Done { // it was cut short: the budget of then is still open
			c.Executions = stored.Until - stored.Done
		}
		stored.Until = l.from + c.Executions
	}
	l.stored, l.saved, l.campaign, l.members = stored, h.began, campaign.New(c), map[string]*member{}
	return nil
}

// hunt runs the campaigns in turns, a batch each, until all have ended or their time is up. What they have
// found by then is looked into, unless the user has seen enough.
func (h *hunt) hunt(ctx, timed context.Context) error {
	for _, l := range h.legs {
		if err := l.again(ctx); err != nil {
			return err
		}
		if err := l.investigate(ctx); err != nil { // what was left when the last run ended
			return err
		}
	}
	for running := len(h.legs); running > 0 && h.ending == ""; {
		running = 0
		for _, l := range h.legs {
			if l.ending != nil || h.ending != "" {
				continue
			}
			if err := l.step(ctx, timed); err != nil {
				return err
			}
			if l.ending == nil {
				running++
			}
		}
	}
	return nil
}

// step runs one batch, and looks into what it has found.
func (l *leg) step(ctx, timed context.Context) error {
	ending, err := l.campaign.Step(timed)
	if l.failed != nil {
		return l.failed
	}
	if err != nil {
		return fmt.Errorf("strategy %s and %s: %w", l.spec, l.scenario.Name, err)
	}
	l.ending = ending
	if k, ok := l.campaign.Strategy.(strategy.Keeper); ok && l.campaign.Learnt() {
		if l.stored.Memory, err = k.Memory(); err != nil {
			return err
		}
		of := l.campaign.Next()
		l.stored.MemoryOf = &of
	}
	if err := l.save(nil); err != nil {
		return err
	}
	if err := l.investigate(ctx); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		l.hunt.ending = "interrupted"
	case timed.Err() != nil:
		l.hunt.ending = errTimeIsUp.Error()
	case ending != nil && ending.Why == campaign.FirstViolation:
		l.hunt.ending = ending.String()
	}
	return nil
}

// seen receives the executions of the campaign, in order.
func (l *leg) seen(e *campaign.Execution) bool {
	h := l.hunt
	u := condense(l.scenario.Name, e.Result, 0)
	if e.Diverged != nil {
		u.verdict, u.Verdict = checker.Violated, checker.Violated.String()
		u.Property, u.Detail = determinism, e.Diverged.Error()
	}
	if e.Again {
		h.checks.again.Add(1)
	}
	l.tally.add(&u)
	h.total.add(&u)
	l.credit(e, &u)
	l.failed = l.keep(e, &u)
	if l.failed == nil && h.json {
		l.failed = writeJSON(h.app.out, struct {
			Type      string `json:"type"`
			Execution uint64 `json:"execution"`
			Campaign  string `json:"campaign"`
			Member    string `json:"member,omitempty"`
			record
		}{"execution", e.N, l.id, e.Member, u.record})
	}
	h.progress.tick(h.total, h.app.now())
	h.tell("")
	return l.failed == nil
}

// member is what became of the executions of one member of a strategy that is made of others.
type member struct{ executions, violated, first uint64 }

// credit counts an execution for the member that chose it.
func (l *leg) credit(e *campaign.Execution, u *universe) {
	if e.Member == "" {
		return
	}
	m := l.members[e.Member]
	if m == nil {
		m = &member{}
		l.members[e.Member] = m
	}
	m.executions++
	if u.verdict == checker.Violated {
		if m.violated++; m.violated == 1 {
			m.first = e.N
		}
	}
}

// elsewhere is the check in a fresh process. One that cannot be made is counted, and said at the end: it does
// not end the campaign.
func (l *leg) elsewhere(o scenarios.Options, r *scenarios.Result) error {
	err := l.hunt.app.elsewhere(l.scenario, o, r)
	var d *explore.DivergenceError
	if err == nil || errors.As(err, &d) {
		l.hunt.checks.elsewhere.Add(1)
		return err
	}
	why := oneLine(err.Error())
	l.hunt.checks.unmade.Add(1)
	l.hunt.unmade.Store(&why)
	return nil
}

// status is the exit status.
func (h *hunt) status() int {
	for _, f := range h.found {
		if f.violated && f.Property != harness { // of that, nothing follows for the protocol
			return exitViolated
		}
	}
	return h.total.status()
}
