package shrink

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"orrery/explore/trial"
	"orrery/trace"
)

// lab runs candidates: side by side, none twice, and no more than the budget allows. What
// comes of a search does not depend on how many run at once: results are looked at in the order of
// the candidates, and only those count that one worker alone would have run, too.
type lab struct {
	ctx        context.Context
	run        func(trial.Options) (*trial.Result, error)
	workers    int
	budget     int
	executions int
	cached     int
	cache      map[uint64]*trial.Result
}

func newLab(c Config, ctx context.Context) *lab {
	l := &lab{ctx: ctx, run: c.Run, workers: c.Workers, budget: c.Executions, cache: map[uint64]*trial.Result{}}
	if l.workers <= 0 {
		l.workers = runtime.GOMAXPROCS(0)
	}
	return l
}

// over tells whether nothing more may be run.
func (l *lab) over() bool { return l.executions >= l.budget || l.ctx.Err() != nil }

// share tells, when it is asked, whether k nth of what is left now have been spent: of the executions, or of the time
// until ctx ends. Where an execution takes milliseconds it is the time that ends first.
func (l *lab) share(k, n int) (spent func() bool) {
	limit := l.executions + (l.budget-l.executions)*k/n
	end, timed := l.ctx.Deadline()
	end = end.Add(-time.Until(end) / time.Duration(n) * time.Duration(n-k))
	return func() bool { return l.executions >= limit || timed && time.Now().After(end) }
}

// one runs a candidate; nil means that it was not run.
func (l *lab) one(o trial.Options) *trial.Result {
	_, r := l.first([]trial.Options{o}, func(*trial.Result) bool { return true })
	return r
}

// first runs candidates until one is accepted, and returns the first such in their order. -1
// means that none is, as far as the budget went.
func (l *lab) first(list []trial.Options, accept func(*trial.Result) bool) (int, *trial.Result) {
	for at := 0; at < len(list) && !l.over(); {
		wave := list[at:min(at+l.workers, len(list))]
		for i, r := range l.wave(wave) {
			if l.over() || r == nil {
				return -1, nil
			}
			l.count(wave[i], r)
			if accept(r) {
				return at + i, r
			}
		}
		at += len(wave)
	}
	return -1, nil
}

// all runs all candidates, and returns their results in order; those that the budget did not allow
// are nil.
func (l *lab) all(list []trial.Options) []*trial.Result {
	results := make([]*trial.Result, 0, len(list))
	for at := 0; at < len(list) && !l.over(); at += l.workers {
		wave := list[at:min(at+l.workers, len(list))]
		for i, r := range l.wave(wave) {
			if r == nil || l.over() {
				break
			}
			l.count(wave[i], r)
			results = append(results, r)
		}
	}
	return append(results, make([]*trial.Result, len(list)-len(results))...)
}

// count notes that a candidate was run, or had been.
func (l *lab) count(o trial.Options, r *trial.Result) {
	key := digest(&o)
	if l.cache[key] != nil {
		l.cached++
		return
	}
	l.executions++
	l.cache[key] = condensed(r)
}

// condensed is what the search needs of a result. A history is large, and is made again.
func condensed(r *trial.Result) *trial.Result {
	c := *r
	c.History, c.Marks, c.Faults = nil, nil, nil
	return &c
}

// wave runs candidates side by side. It counts nothing.
func (l *lab) wave(list []trial.Options) []*trial.Result {
	results := make([]*trial.Result, len(list))
	errs := make([]error, len(list))
	var group sync.WaitGroup
	for i := range list {
		if r := l.cache[digest(&list[i])]; r != nil {
			results[i] = r
			continue
		}
		run := func() { results[i], errs[i] = l.run(list[i]) }
		if len(list) == 1 {
			run()
		} else {
			group.Go(run)
		}
	}
	group.Wait()
	for i, err := range errs {
		if err != nil { // a neighbour of the run may be one that cannot be: too few members, say
			results[i] = &trial.Result{Property: err.Error()}
		}
	}
	return results
}

// digest is the identity of what a trial depends on.
func digest(o *trial.Options) uint64 {
	plan := ""
	if o.Plan != nil {
		plan = o.Plan.String()
	}
	h := trace.String(fmt.Sprintf("%d %q %q %v %q %d %d %d %v %d %q %v", o.Seed, o.Bug, o.Profile, o.Nemesis == nil, o.Nemesis, o.Ops, o.Nodes,
		o.Clients, o.Window, o.EventsMax, plan, o.Fork))
	for _, p := range o.Overrides {
		h = trace.Mix(trace.Mix(h, trace.String(p.Stream)), trace.Mix(uint64(p.ID), p.Value))
	}
	h = trace.Mix(h, uint64(len(o.Omit)))
	for _, id := range o.Omit {
		h = trace.Mix(h, uint64(id))
	}
	if o.Only != nil {
		h = trace.Mix(h, uint64(len(o.Only))+1)
	}
	for _, id := range o.Only {
		h = trace.Mix(h, uint64(id))
	}
	return h
}
