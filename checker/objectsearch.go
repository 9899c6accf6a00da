package checker

import "github.com/anishathalye/porcupine"

// search decides a component of objects by the windowed search of search.go, with what objects of every kind allow:
//
//   - an operation that changes nothing in whatever state is placed as soon as it fits;
//   - of operations that do the same and were told the same, and that could all be next, only the one that ends first is
//     tried: in every order that is right they can change places so;
//   - operations without an answer are tried last, only where they change something, and only directly before an operation
//     that they make a difference to: nothing but their call bounds them, so that one which commutes with what comes next
//     can be moved behind it, and in the end be left out;
//   - an element does not go into a queue or a stack where it would keep others from coming out in time; see outlook.go.
func (c *objects) search() (Verdict, string) {
	s := objectSearch{c: c, refuted: map[objectConfiguration]struct{}{}}
	if !s.colour() {
		return c.porcupine()
	}
	s.begin()
	return s.run()
}

// An objectConfiguration is a point of the search; see configuration.
type objectConfiguration struct {
	placed window
	lo     int32
	state  int32
	idle   int32 // 1 + the operation without an answer that was placed last, if nothing has depended on it yet; or 0
	before int32 // the state in which it was placed
}

// settled is the configuration when nothing more is asked of what was placed last: whatever can follow at can follow it.
func (at objectConfiguration) settled() objectConfiguration {
	at.idle, at.before = 0, 0
	return at
}

type objectMove struct {
	before objectConfiguration
	trail  int32
	op     int32
}

type objectSearch struct {
	c          *objects
	at         objectConfiguration
	left       int
	next, prev []int32 // two rings: certain operations, and maybes
	done       []bool
	slot       []int32
	alike      []bool // whether another operation is of the same class
	trail      []int32
	moves      []objectMove
	refuted    map[objectConfiguration]struct{}
	outlook    *outlook // nil if it does not apply
}

// configurationBytes is roughly what a remembered configuration costs in a map.
const configurationBytes = 128

// colour gives every operation a bit of the window; it returns false if there are not enough.
func (s *objectSearch) colour() bool {
	c := s.c
	s.slot = make([]int32, len(c.ops))
	var free []int32
	used, ended := int32(0), 0
	for i := range c.nOK {
		for c.ops[c.order[ended]].end < c.ops[i].call {
			free = append(free, s.slot[c.order[ended]])
			ended++
		}
		if n := len(free); n > 0 {
			s.slot[i], free = free[n-1], free[:n-1]
			continue
		}
		s.slot[i] = used
		used++
	}
	for i := c.nOK; i < len(c.ops); i++ {
		s.slot[i] = used
		used++
	}
	return used <= windowMax
}

func (s *objectSearch) begin() {
	c, n := s.c, len(s.c.ops)
	s.next, s.prev, s.done = make([]int32, n+2), make([]int32, n+2), make([]bool, n)
	s.ring(s.certain(), 0, c.nOK)
	s.ring(s.maybes(), c.nOK, n)
	count := make([]int32, n)
	for i := range c.ops {
		count[c.ops[i].class]++
	}
	s.alike = make([]bool, n)
	for i := range c.ops {
		s.alike[i] = count[c.ops[i].class] > 1
	}
	s.outlook = newOutlook(c)
	s.left, s.at = c.nOK, objectConfiguration{state: c.start()}
}

func (s *objectSearch) certain() int32 { return int32(len(s.c.ops)) }
func (s *objectSearch) maybes() int32  { return int32(len(s.c.ops)) + 1 }

func (s *objectSearch) ring(head int32, from, to int) {
	last := head
	for i := from; i < to; i++ {
		s.next[last], s.prev[i] = int32(i), last
		last = int32(i)
	}
	s.next[last], s.prev[head] = head, last
}

func (s *objectSearch) run() (Verdict, string) {
	c := s.c
	s.placePure()
	cursor := s.certain()
	for s.left > 0 {
		op, to := s.candidate(cursor)
		if op < 0 {
			if len(s.moves) == 0 {
				return Violated, ""
			}
			cursor = s.takeBack()
			continue
		}
		c.b.uses(len(s.refuted)*configurationBytes + c.states.size)
		if why := c.b.step(); why != "" {
			return Unknown, why
		}
		s.moves = append(s.moves, objectMove{before: s.at, trail: int32(len(s.trail)), op: op})
		s.placeChange(op, to)
		if s.isRefuted() {
			cursor = s.takeBack()
			continue
		}
		s.refuted[s.at] = struct{}{}
		cursor = s.certain()
	}
	return Holds, ""
}

func (s *objectSearch) bound() int64 { return s.c.ops[s.c.order[s.at.lo]].end }

// candidate returns the first operation behind cursor that may be next and whose answer fits, and the state behind it.
func (s *objectSearch) candidate(cursor int32) (op, to int32) {
	c, bound := s.c, s.bound()
	if cursor < int32(c.nOK) || cursor == s.certain() {
		for i := s.next[cursor]; i != s.certain() && c.ops[i].call <= bound; i = s.next[i] {
			if c.ops[i].pure || s.alike[i] && s.twinEndsFirst(i, bound) {
				continue
			}
			if to, ok := c.step(s.at.state, &c.ops[i]); ok && !s.passes(i, to) && !s.outlook.doomed(s, i) {
				return i, to
			}
		}
		cursor = s.maybes()
	}
	for i := s.next[cursor]; i != s.maybes() && c.ops[i].call <= bound; i = s.next[i] {
		if s.alike[i] && s.twinIsOpen(i) {
			continue
		}
		if to, ok := c.step(s.at.state, &c.ops[i]); ok && to != s.at.state && !s.passes(i, to) && !s.outlook.doomed(s, i) {
			return i, to
		}
	}
	return -1, -1
}

// placeChange places an operation that changes something, and whatever that lets in.
func (s *objectSearch) placeChange(op, to int32) {
	before := s.at.state
	s.place(op, to)
	s.at.idle, s.at.before = 0, 0
	if op >= int32(s.c.nOK) {
		s.at.idle, s.at.before = op+1, before
	}
	trail := len(s.trail)
	s.placePure()
	if len(s.trail) > trail { // they did not fit before it
		s.at = s.at.settled()
	}
}

func (s *objectSearch) isRefuted() bool {
	if _, again := s.refuted[s.at]; again || s.at.idle == 0 {
		return again
	}
	_, again := s.refuted[s.at.settled()]
	return again
}

// passes tells whether operation i, which leads to state to, might as well come before the idle operation.
func (s *objectSearch) passes(i, to int32) bool {
	m := s.at.idle - 1
	if m < 0 || i >= int32(s.c.nOK) && i > m {
		return false
	}
	c := s.c
	between, ok := c.step(s.at.before, &c.ops[i])
	if !ok || i >= int32(c.nOK) && between == s.at.before {
		return false
	}
	after, ok := c.step(between, &c.ops[m])
	return ok && after == to
}

// twinEndsFirst tells whether another operation of i's class could be next and has less time.
func (s *objectSearch) twinEndsFirst(i int32, bound int64) bool {
	o := &s.c.ops[i]
	for j := s.next[s.certain()]; j != s.certain() && s.c.ops[j].call <= bound; j = s.next[j] {
		if p := &s.c.ops[j]; j != i && p.class == o.class && (p.end < o.end || p.end == o.end && j < i) {
			return true
		}
	}
	return false
}

// twinIsOpen tells whether a maybe of i's class stands before it.
func (s *objectSearch) twinIsOpen(i int32) bool {
	for j := s.prev[i]; j != s.maybes(); j = s.prev[j] {
		if s.c.ops[j].class == s.c.ops[i].class {
			return true
		}
	}
	return false
}

func (s *objectSearch) place(i, to int32) {
	c := s.c
	s.next[s.prev[i]], s.prev[s.next[i]] = s.next[i], s.prev[i]
	s.trail = append(s.trail, i)
	s.at.state = to
	s.at.placed.set(s.slot[i])
	s.done[i] = true
	if i >= int32(c.nOK) {
		return
	}
	s.left--
	for int(s.at.lo) < c.nOK && s.done[c.order[s.at.lo]] {
		s.at.placed.clear(s.slot[c.order[s.at.lo]])
		s.at.lo++
	}
}

// placePure places every operation that may be next, fits, and changes nothing in whatever state.
func (s *objectSearch) placePure() {
	for i := s.next[s.certain()]; s.left > 0 && i != s.certain(); i = s.next[i] {
		o := &s.c.ops[i]
		if o.call > s.bound() {
			return
		}
		if !o.pure {
			continue
		}
		if _, ok := s.c.step(s.at.state, o); ok {
			s.place(i, s.at.state)
		}
	}
}

func (s *objectSearch) takeBack() int32 {
	m := s.moves[len(s.moves)-1]
	s.moves = s.moves[:len(s.moves)-1]
	for len(s.trail) > int(m.trail) {
		i := s.trail[len(s.trail)-1]
		s.trail = s.trail[:len(s.trail)-1]
		s.done[i] = false
		if i < int32(s.c.nOK) {
			s.left++
		}
		s.next[s.prev[i]], s.prev[s.next[i]] = i, i
	}
	s.at = m.before
	return m.op
}

// porcupine decides the component with github.com/anishathalye/porcupine.
func (c *objects) porcupine() (Verdict, string) {
	boxes := make([]any, len(c.ops))
	history := make([]porcupine.Operation, len(c.ops))
	for i := range c.ops {
		boxes[i] = int32(i)
		history[i] = porcupine.Operation{Input: boxes[i], Call: c.ops[i].call, Return: c.ops[i].end}
	}
	over, memo := "", 0
	holds := porcupine.CheckOperations(porcupine.Model{
		Init: func() any { return c.start() },
		Step: func(state, input, _ any) (bool, any) {
			if over == "" {
				memo += len(c.ops)/8 + configurationBytes
				c.b.uses(memo + c.states.size)
				over = c.b.step()
			}
			if over != "" {
				return false, state
			}
			to, ok := c.step(state.(int32), &c.ops[input.(int32)])
			return ok, to
		},
		Equal: func(a, b any) bool { return a.(int32) == b.(int32) },
		Hash:  func(a any) uint64 { return uint64(a.(int32)) * 0x9e3779b97f4a7c15 },
	}, history)
	switch {
	case over != "": // after which every answer was no
		return Unknown, over
	case holds:
		return Holds, ""
	}
	return Violated, ""
}
