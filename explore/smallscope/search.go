package smallscope

import (
	"context"
	"fmt"
	"slices"
)

// Report is what a search has seen.
type Report struct {
	States      uint64     `json:"states"`
	Transitions uint64     `json:"transitions"`
	Executions  uint64     `json:"executions"` // prefixes that were run again, from the start
	Depth       int        `json:"depth"`      // the longest path, in choices
	Exhausted   bool       `json:"exhausted"`  // every state within the bounds was seen
	Violation   *Violation `json:"violation,omitempty"`
}

// Violation is what does not hold, and the way there.
type Violation struct {
	Property string   `json:"property"`
	Detail   string   `json:"detail"`
	Schedule Schedule `json:"schedule"`
}

// String is the report in a line.
func (r *Report) String() string {
	switch {
	case r.Violation != nil:
		return fmt.Sprintf("violated after %d states: %s: %s", r.States, r.Violation.Property, r.Violation.Detail)
	case r.Exhausted:
		return fmt.Sprintf("exhausted: %d states, none violates", r.States)
	}
	return fmt.Sprintf("not exhausted: %d states so far, none violates", r.States)
}

// search is a depth-first search.
type search struct {
	w       *World
	b       Bounds
	seen    map[[2]uint64]span // of each state, what was asleep when it was explored
	keys    []uint64           // what the spans are of: no pointers, for there are millions of states
	r       Report
	stack   []frame
	ctx     context.Context
	tell    func(Report)
	cut     bool // a bound on the depth has cut something off
	visited func([2]uint64)
}

// span is a part of search.keys.
type span struct{ from, n uint32 }

func (s *search) asleepAt(h [2]uint64) (keys []uint64, known bool) {
	at, known := s.seen[h]
	return s.keys[at.from : at.from+at.n], known
}

func (s *search) remember(h [2]uint64, keys []uint64) {
	s.seen[h] = span{uint32(len(s.keys)), uint32(len(keys))}
	s.keys = append(s.keys, keys...)
}

// frame is a state on the path, and what is still to be tried from it.
type frame struct {
	choices []choice
	next    int
	asleep  []choice // what need not be tried here, because an order that is as good was
}

// Search explores all executions within the bounds, until one violates, ctx ends, or nothing is
// left. tell, if it is not nil, is told of the progress now and then.
func (w *World) Search(ctx context.Context, b Bounds, tell func(Report)) *Report {
	s := &search{w: w, b: b, seen: map[[2]uint64]span{}, ctx: ctx, tell: tell}
	s.run()
	return &s.r
}

// States is Search, and returns the states that it has seen, for comparisons.
func (w *World) States(ctx context.Context, b Bounds) (map[[2]uint64]bool, *Report) {
	all := map[[2]uint64]bool{}
	s := &search{w: w, b: b, seen: map[[2]uint64]span{}, ctx: ctx, visited: func(h [2]uint64) { all[h] = true }}
	s.run()
	s.r.States = uint64(len(all))
	return all, &s.r
}

func (s *search) run() {
	for s.descend() {
		if s.r.Violation != nil || s.b.States > 0 && s.r.States >= s.b.States {
			return
		}
		if s.r.Executions%pollEvery == 0 {
			if s.ctx.Err() != nil {
				return
			}
			if s.tell != nil {
				s.tell(s.r)
			}
		}
	}
	s.r.Exhausted = !s.cut
}

// descend runs one execution: along the path to the deepest state with something left to try, and
// on from there to an end. It returns false if nothing is left.
func (s *search) descend() bool {
	for len(s.stack) > 0 && s.stack[len(s.stack)-1].next == len(s.stack[len(s.stack)-1].choices) {
		s.stack = s.stack[:len(s.stack)-1]
	}
	if len(s.stack) == 0 && s.r.Executions > 0 {
		return false
	}
	s.r.Executions++
	r := s.w.start(&s.b)
	if len(s.stack) == 0 {
		r.check()
		s.enter(r, nil)
	} else {
		for i := range s.stack[:len(s.stack)-1] {
			f := &s.stack[i]
			r.replay(f.choices[f.next-1])
		}
	}
	for len(s.stack) > 0 && s.r.Violation == nil {
		f := &s.stack[len(s.stack)-1]
		if f.next == len(f.choices) {
			return true
		}
		c := f.choices[f.next]
		f.next++
		asleep := s.sleepers(f, c)
		r.step(c)
		s.r.Transitions++
		if !s.enter(r, asleep) {
			return true
		}
	}
	return true
}

// replay is step without looking: the state was looked at before.
func (r *run) replay(c choice) {
	check := r.i.Check
	r.i.Check = nil
	r.step(c)
	r.i.Check = check
}

// sleepers are what need not be tried after c: what was tried before c, or was asleep, and does
// not care about c.
func (s *search) sleepers(f *frame, c choice) []choice {
	if s.b.WholeTree {
		return nil
	}
	var list []choice
	for _, z := range f.asleep {
		if independent(z, c) {
			list = append(list, z)
		}
	}
	for _, z := range f.choices[:f.next-1] {
		if independent(z, c) && !has(list, z.key) {
			list = append(list, z)
		}
	}
	return list
}

// independent tells whether two steps can change places: they are on different machines, and do not both use
// up what is bounded.
func independent(a, b choice) bool {
	return a.node != b.node && (a.op == take || b.op == take)
}

// enter comes to a state. It returns false if there is nothing to be tried from it; otherwise the
// state is on the stack.
func (s *search) enter(r *run, asleep []choice) bool {
	s.r.Depth = max(s.r.Depth, len(r.path))
	h := r.state()
	if s.visited != nil {
		s.visited(h)
	}
	before, known := s.asleepAt(h)
	if !known {
		s.r.States++
	}
	if r.err != nil {
		s.r.Violation = &Violation{Property: r.property, Detail: r.err.Error(), Schedule: r.schedule(s.w)}
		return false
	}
	keys := keysOf(asleep)
	all := r.choices(nil)
	if s.b.Depth > 0 && len(r.path) >= s.b.Depth {
		s.cut = true
	}
	f := frame{asleep: asleep}
	for _, c := range all {
		switch {
		case s.b.WholeTree:
		case slices.Contains(keys, c.key):
			continue
		case known && !slices.Contains(before, c.key):
			continue // it was tried from here when we came another way
		}
		f.choices = append(f.choices, c)
	}
	switch {
	case s.b.WholeTree:
		s.remember(h, nil)
	case !known:
		s.remember(h, keys)
	default:
		still := slices.DeleteFunc(slices.Clone(before), func(k uint64) bool { return !slices.Contains(keys, k) })
		if len(still) < len(before) {
			s.remember(h, still)
		}
	}
	if len(f.choices) == 0 {
		return false
	}
	s.stack = append(s.stack, f)
	return true
}

func keysOf(list []choice) []uint64 {
	if len(list) == 0 {
		return nil
	}
	keys := make([]uint64, 0, len(list))
	for _, c := range list {
		keys = append(keys, c.key)
	}
	return keys
}
