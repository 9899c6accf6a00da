package smallscope

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Model is a world whose states are values, made of what nodes decide and not of nodes: of hundreds of thousands of states
// a second, where a [World] has tens of thousands of events. S is a state, which is copied by assignment, and T a
// step.
type Model[S any, T fmt.Stringer] struct {
	Init S
	// Next visits what can come after a state, in an order that depends on the state alone. visit may change and keep nothing.
	Next func(s *S, visit func(step T, next *S))
	// Key is what the state is: two states with one key have the same future, up to names.
	Key func(s *S) [2]uint64
	// Check says what does not hold in a state.
	Check func(s *S) (property string, err error)
}

// found is a state that was seen: which step of which earlier one leads to it.
type found struct{ parent, step uint32 }

// breadth is a breadth-first search.
type breadth[S any, T fmt.Stringer] struct {
	m    *Model[S, T]
	b    Bounds
	r    Report
	seen map[[2]uint64]struct{}
	way  []found
	now  []S // the states of one depth
	ids  []uint32
	next []S // and of the next
	nids []uint32
	ctx  context.Context
	tell func(Report)
}

// Search looks at all states, nearest first, so that a violation comes with a shortest way to it. Of the bounds only those on the
// depth and on the number of states apply: what a model may do else is its own.
func (m *Model[S, T]) Search(ctx context.Context, b Bounds, tell func(Report)) *Report {
	s := &breadth[S, T]{m: m, b: b, seen: map[[2]uint64]struct{}{}, ctx: ctx, tell: tell}
	s.run()
	return &s.r
}

// Shorten returns the violation as it is: no shorter way leads to one.
func (m *Model[S, T]) Shorten(_ Bounds, v *Violation) *Violation { return v }

func (s *breadth[S, T]) run() {
	init := s.m.Init
	s.see(&init, found{})
	for depth := 0; len(s.next) > 0; depth++ {
		s.r.Depth = depth
		if s.r.Violation != nil || s.b.Depth > 0 && depth >= s.b.Depth {
			return
		}
		s.now, s.next = s.next, s.now[:0]
		s.ids, s.nids = s.nids, s.ids[:0]
		for i := range s.now {
			if s.r.Violation != nil {
				break
			}
			if !s.goOn(i) {
				return
			}
			s.expand(&s.now[i], s.ids[i])
		}
	}
	s.r.Exhausted = true
}

// goOn tells, before the i-th state of a depth, whether the bounds and the context let the search go on.
func (s *breadth[S, T]) goOn(i int) bool {
	if s.b.States > 0 && s.r.States >= s.b.States {
		return false
	}
	if i%pollEvery != 0 {
		return true
	}
	if s.tell != nil {
		s.tell(s.r)
	}
	return s.ctx.Err() == nil
}

func (s *breadth[S, T]) expand(from *S, id uint32) {
	var n uint32
	s.m.Next(from, func(_ T, next *S) {
		s.r.Transitions++
		if s.r.Violation == nil {
			s.see(next, found{id, n})
		}
		n++
	})
}

// see comes to a state.
func (s *breadth[S, T]) see(next *S, by found) {
	key := s.m.Key(next)
	if _, known := s.seen[key]; known {
		return
	}
	s.seen[key] = struct{}{}
	s.r.States++
	id := uint32(len(s.way))
	s.way = append(s.way, by)
	s.next, s.nids = append(s.next, *next), append(s.nids, id)
	if property, err := s.m.Check(next); err != nil {
		s.r.Violation = &Violation{Property: property, Detail: err.Error(), Schedule: s.schedule(id)}
	}
}

// schedule is the way to a state.
func (s *breadth[S, T]) schedule(id uint32) Schedule {
	var ordinals []uint32
	for ; id != 0; id = s.way[id].parent {
		ordinals = append(ordinals, s.way[id].step)
	}
	slices.Reverse(ordinals)
	var out Schedule
	at := s.m.Init
	for _, want := range ordinals {
		var n uint32
		from := at
		s.m.Next(&from, func(t T, next *S) {
			if n == want {
				out = append(out, t.String())
				at = *next
			}
			n++
		})
	}
	return out
}

// Replay runs a schedule. It returns what does not hold at the end, or nil; the error names the step that could not be taken.
func (m *Model[S, T]) Replay(schedule Schedule) (*Violation, error) {
	at := m.Init
	for i, step := range schedule {
		from, taken := at, false
		m.Next(&from, func(t T, next *S) {
			if !taken && t.String() == step {
				at, taken = *next, true
			}
		})
		if !taken {
			return nil, fmt.Errorf("step %d, %q: %w", i+1, step, ErrNoStep)
		}
	}
	if property, err := m.Check(&at); err != nil {
		return &Violation{Property: property, Detail: err.Error(), Schedule: schedule}, nil
	}
	return nil, nil
}

// ErrNoViolation tells that no walk came to a violation.
var ErrNoViolation = errors.New("no walk has come to a violation")

// Walk takes steps at random, each of those that are possible as likely as the others, and begins anew after length of them, until
// something does not hold. It returns how many steps that took altogether. The error is [ErrNoViolation] after
// most steps.
func (m *Model[S, T]) Walk(r *rand.Rand, length int, most uint64) (steps uint64, err error) {
	var options []S
	at, left := m.Init, length
	for steps < most {
		options = options[:0]
		if left > 0 {
			m.Next(&at, func(_ T, next *S) { options = append(options, *next) })
		}
		if len(options) == 0 {
			at, left = m.Init, length
			continue
		}
		at = options[r.IntN(len(options))]
		steps, left = steps+1, left-1
		if _, bad := m.Check(&at); bad != nil {
			return steps, nil
		}
	}
	return steps, ErrNoViolation
}
