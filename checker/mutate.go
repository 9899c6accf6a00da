package checker

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A Mutation is a way in which a system can be wrong, done to the record of a run in which it was right. A checker that
// passes the mutants of a history would have passed the bug.
type Mutation uint8

// The mutations. What each does to a read of a register it does to what the other objects show: a dequeue, a read of a
// list, a token.
const (
	StaleRead      Mutation = iota // an answer shows what had been overwritten before it was asked for
	SwappedResults                 // two operations, one after the other, get each other's answers
	LostWrite                      // nobody sees what was acknowledged: everybody sees what was there before it
	DuplicateWrite                 // what was done once shows its effect a second time
	Reordered                      // two changes, one after the other, show as if they had been made the other way round
	mutationEnd
)

var mutationNames = [...]string{"stale read", "swapped results", "lost write", "duplicate", "reorder"}

// String names the mutation for people.
func (k Mutation) String() string {
	if k >= mutationEnd {
		return fmt.Sprintf("mutation(%d)", uint8(k))
	}
	return mutationNames[k]
}

// Mutations lists all there are.
func Mutations() []Mutation {
	return []Mutation{StaleRead, SwappedResults, LostWrite, DuplicateWrite, Reordered}
}

// A Mutant is a damaged copy of a history.
type Mutant struct {
	History History
	Kind    Mutation
	Changed []int // indices in History of the operations that are not as they were
	// Certain tells that the mutant is wrong beyond doubt: every order that real time allows contradicts some answer, so
	// that a checker must reject it. It is only said of histories whose values are all different.
	Certain bool
	What    string // what was done, in a line
}

// A Mutator makes mutants of one history, which must be linearizable. It does not change the history.
type Mutator struct {
	h     History
	m     Model
	r     *rand.Rand
	sites *mutationSites
}

// NewMutator prepares h, a history of m, for mutation. All chance is drawn from r.
func NewMutator(h History, m Model, r *rand.Rand) *Mutator {
	return &Mutator{h: h, m: m, r: r, sites: findSites(h, m)}
}

// Mutate returns a mutant of the kind, made at a place of the history that is drawn. It returns false if the history has no
// such place: no read that could be stale, no element that could come twice.
func (u *Mutator) Mutate(kind Mutation) (Mutant, bool) {
	if len(u.sites.seen) == 0 {
		return Mutant{}, false
	}
	const tries = 40
	for range tries {
		x := Mutant{Kind: kind}
		at := u.sites.seen[u.r.IntN(len(u.sites.seen))]
		var ok bool
		switch u.m.object {
		case ofMap, ofZnodes:
			ok = u.register(&x, at)
		case ofList, ofLog, ofSet:
			ok = u.collection(&x, at)
		case ofQueue, ofPriorityQueue, ofStack:
			ok = u.element(&x, at)
		case ofLock, ofFencedLock, ofLeaseLock:
			ok = u.hold(&x, at)
		case ofCounter:
			ok = u.count(&x, at)
		}
		if ok {
			return x, true
		}
	}
	return Mutant{}, false
}

// change gives operation i another answer.
func (u *Mutator) change(x *Mutant, i int, out Value) {
	if x.History == nil {
		x.History = slices.Clone(u.h)
	}
	x.History[i].Out = out
	x.Changed = append(x.Changed, i)
}

// mutationSites is where a history can be mutated.
type mutationSites struct {
	seen   []int            // operations with an answer to spoil
	writes map[string][]int // by key: changes that certainly happened, by call
	by     map[string]map[Value]int
	plain  map[string]bool // keys of which every value was brought once, and that nobody changes in another way
	reads  map[string][]int
}

func findSites(h History, m Model) *mutationSites {
	s := &mutationSites{writes: map[string][]int{}, by: map[string]map[Value]int{}, plain: map[string]bool{}, reads: map[string][]int{}}
	for _, n := range h.byCall() {
		i, o := int(n), &h[n]
		if _, known := s.plain[o.Key]; !known {
			s.plain[o.Key], s.by[o.Key] = true, map[Value]int{m.initial: -1}
		}
		switch {
		case o.Status == Fail:
		case m.shows(o):
			s.seen = append(s.seen, i)
			s.reads[o.Key] = append(s.reads[o.Key], i)
		case !o.F.reads() && o.Status != Mismatch:
			s.brings(o, i)
		}
	}
	return s
}

// brings notes a change; a key to which a value is brought twice, or that loses members, is not plain.
func (s *mutationSites) brings(o *Op, i int) {
	if o.F == Remove {
		s.plain[o.Key] = false
	}
	if o.In.IsSet() {
		if _, twice := s.by[o.Key][o.In]; twice {
			s.plain[o.Key] = false
		}
		s.by[o.Key][o.In] = i
	}
	if o.Status == OK {
		s.writes[o.Key] = append(s.writes[o.Key], i)
	}
}

// shows tells whether o has an answer that a mutation can spoil.
func (m Model) shows(o *Op) bool {
	if o.Status != OK {
		return false
	}
	switch m.object {
	case ofMap:
		return o.F.oneRead()
	case ofZnodes:
		return o.F == GetData && o.Out.IsSet()
	case ofLock, ofFencedLock, ofLeaseLock:
		return o.F == Acquire
	case ofQueue, ofPriorityQueue, ofStack:
		return (o.F == Dequeue || o.F == Pop) && o.Out != Unset
	}
	return o.F.oneRead()
}

// before draws, for an instant, two changes of key that had ended by then, the first before the second was called.
func (u *Mutator) before(key string, t int64) (first, second int, ok bool) {
	second, first = -1, -1
	var firsts, seconds []int
	for _, w := range u.sites.writes[key] {
		if u.h[w].Ret < t {
			seconds = append(seconds, w)
		}
	}
	if len(seconds) == 0 {
		return -1, -1, false
	}
	second = seconds[len(seconds)-1-u.r.IntN(min(3, len(seconds)))]
	for _, w := range seconds {
		if u.h[w].Ret < u.h[second].Call {
			firsts = append(firsts, w)
		}
	}
	if len(firsts) == 0 {
		return -1, -1, false
	}
	return firsts[len(firsts)-1-u.r.IntN(min(3, len(firsts)))], second, true
}
