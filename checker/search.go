package checker

// The windowed search is Wing and Gong's (1993): repeatedly pick an operation that no remaining one precedes, and give up
// a branch when the object would have answered otherwise; with Lowe's memory (2017) of configurations already refuted.
// Three things make it fast on histories of systems:
//
//   - A configuration is remembered by the rank of its first operation not yet placed, the set of those placed among the
//     ones in flight there, and the state. That is the whole set of placed operations, in 48 bytes instead of one bit
//     for every operation of the history.
//   - An operation that changes nothing is placed as soon as it fits: nothing can be lost by it.
//   - A state that some remaining answer needs is not left if nothing that remains leads back to it.
//
// Operations that may have happened need not be placed. Nothing but their call bounds them, so one that is placed can be
// moved later until the next operation depends on it, or be left out if the next on its key overwrites it: they are only
// tried with such an operation right behind them.

// windowMax bounds how many operations of a component may be in flight at once for the search to apply.
const windowMax = 256

// keepAtMost bounds the memory of a search that the next one inherits: a map once large stays slow to clear.
const keepAtMost = 1 << 12

type window [windowMax / 64]uint64

func (w *window) set(i int32)   { w[i>>6] |= 1 << (i & 63) }
func (w *window) clear(i int32) { w[i>>6] &^= 1 << (i & 63) }

// A configuration is a point of the search: what has been placed, and the state that it led to.
type configuration struct {
	placed window
	lo     int32 // rank by end of the first certain operation that is not placed
	state  int32
	debt   uint64 // bit k: what follows has to depend on key k; see debts.go
}

// searchBytes is roughly what a remembered configuration costs in a map.
const searchBytes = 128

// A move is one decision of the search, and what it takes to undo it.
type move struct {
	before configuration
	trail  int32 // length of the trail before the move
	op     int32
}

type placement struct{ op, key, was int32 }

// search is the memory of a search, kept for the next one.
type search struct {
	at         configuration
	left       int         // certain operations to be placed
	next, prev []int32     // operations not placed, in the order of the calls; two rings
	done       []bool      // of the operations: placed
	trail      []placement // what was placed since the beginning
	moves      []move
	refuted    map[configuration]struct{}
	current    []int32    // state of every key
	remain     []keyLeft  // per key: what remains to be placed
	whole      stateTable // numbers of the states of several keys together
}

// keyLeft counts the operations of a key that remain.
type keyLeft struct {
	answers int32 // certain ones that need a particular state
	resets  int32 // that lead to a state whatever the key holds: writes and deletes
	changes int32 // resets and compare-and-sets
}

// colour gives every operation a bit of the window, such that operations in flight together have different ones, and
// returns how many bits that takes.
func (c *component) colour() int {
	if cap(c.slot) < len(c.ops) {
		c.slot = make([]int32, 2*len(c.ops))
	}
	c.slot = c.slot[:len(c.ops)]
	var free []int32
	used, ended := int32(0), 0
	for i := range c.nOK {
		for c.ops[c.order[ended]].end < c.ops[i].call {
			free = append(free, c.slot[c.order[ended]])
			ended++
		}
		if n := len(free); n > 0 {
			c.slot[i], free = free[n-1], free[:n-1]
			continue
		}
		c.slot[i] = used
		used++
	}
	for i := c.nOK; i < len(c.ops); i++ {
		c.slot[i] = used
		used++
	}
	return int(used)
}

// search decides whether the component is linearizable.
func (c *component) search(b *budget) (Verdict, string) {
	verdict, why := c.searchFromTheStart(b)
	if len(c.dfs.refuted) > keepAtMost {
		c.dfs.refuted = nil
	}
	return verdict, why
}

func (c *component) searchFromTheStart(b *budget) (Verdict, string) {
	s := &c.dfs
	c.startSearch()
	c.placeReads()
	cursor := c.ringOfCertain()
	for s.left > 0 {
		op := c.candidate(cursor)
		if op < 0 {
			if len(s.moves) == 0 {
				return Violated, ""
			}
			cursor = c.takeBack()
			continue
		}
		b.uses(len(s.refuted) * searchBytes)
		if why := b.step(); why != "" {
			return Unknown, why
		}
		s.moves = append(s.moves, move{before: s.at, trail: int32(len(s.trail)), op: op})
		c.place(op)
		c.placeReads()
		c.settleDebt(op)
		if _, again := s.refuted[s.at]; again {
			cursor = c.takeBack()
			continue
		}
		s.refuted[s.at] = struct{}{} // or about to be, unless it leads to the end
		cursor = c.ringOfCertain()
	}
	return Holds, ""
}

// The rings have their heads behind the operations: first that of the certain ones, then that of the maybes.
func (c *component) ringOfCertain() int32 { return int32(len(c.ops)) }
func (c *component) ringOfMaybes() int32  { return int32(len(c.ops)) + 1 }

func (c *component) startSearch() {
	s := &c.dfs
	n := len(c.ops)
	if cap(s.next) < n+2 {
		s.next, s.prev, s.done = make([]int32, 2*n+2), make([]int32, 2*n+2), make([]bool, 2*n+2)
	}
	s.next, s.prev, s.done = s.next[:n+2], s.prev[:n+2], s.done[:n]
	clear(s.done)
	c.ring(c.ringOfCertain(), 0, c.nOK)
	c.ring(c.ringOfMaybes(), c.nOK, n)
	s.trail, s.moves, s.left = s.trail[:0], s.moves[:0], c.nOK
	if s.refuted == nil {
		s.refuted = map[configuration]struct{}{}
	}
	clear(s.refuted)
	s.current, s.remain = s.current[:0], s.remain[:0]
	for k := range c.perKey {
		s.current = append(s.current, c.perKey[k].init)
		s.remain = append(s.remain, keyLeft{})
	}
	for i := range c.ops {
		c.count(&c.ops[i], i < c.nOK, 1)
	}
	for k := range c.perKey { // the beginning of time is behind us
		c.states[c.perKey[k].init].madeBy--
	}
	s.at = configuration{state: s.current[0]}
	if len(c.keys) > 1 {
		s.at.state = s.whole.start(s.current)
	}
}

func (c *component) ring(head int32, from, to int) {
	s := &c.dfs
	last := head
	for i := from; i < to; i++ {
		s.next[last], s.prev[i] = int32(i), last
		last = int32(i)
	}
	s.next[last], s.prev[head] = head, last
}

// count keeps the per-key counts of what remains.
func (c *component) count(o *lop, certain bool, by int32) {
	left := &c.dfs.remain[o.key]
	switch o.kind {
	case kRead:
		left.answers += by
	case kScan:
		for _, w := range c.wants[o.want.from:o.want.to] {
			c.dfs.remain[w.key].answers += by
		}
	case kWrite:
		left.resets += by
		left.changes += by
	case kCAS:
		left.changes += by
		if certain {
			left.answers += by
		}
	}
}

// candidate returns the first operation behind cursor that may be next and whose answer fits, or -1.
func (c *component) candidate(cursor int32) int32 {
	s := &c.dfs
	bound := c.ops[c.order[s.at.lo]].end
	if cursor < int32(c.nOK) || cursor == c.ringOfCertain() {
		for i := s.next[cursor]; i != c.ringOfCertain() && c.ops[i].call <= bound; i = s.next[i] {
			if c.fits(i) {
				return i
			}
		}
		cursor = c.ringOfMaybes()
	}
	for i := s.next[cursor]; i != c.ringOfMaybes() && c.ops[i].call <= bound; i = s.next[i] {
		if twin := c.twin[i-int32(c.nOK)]; (twin < 0 || s.done[twin]) && c.fits(i) {
			return i
		}
	}
	return -1
}

// fits tells whether an operation that changes the state may be placed here, and leads anywhere.
func (c *component) fits(i int32) bool {
	o := &c.ops[i]
	if o.kind.pure() { // it would have been placed already
		return false
	}
	if !c.paysDebt(i, o) {
		return false
	}
	at := c.dfs.current[o.key]
	to, ok := c.next(o, at)
	if !ok {
		return false
	}
	certain := i < int32(c.nOK)
	if to == at {
		return certain
	}
	return !c.strands(o, certain, at, to)
}

// place puts operation i next, which must fit.
func (c *component) place(i int32) {
	s := &c.dfs
	o := &c.ops[i]
	s.next[s.prev[i]], s.prev[s.next[i]] = s.next[i], s.prev[i]
	certain := i < int32(c.nOK)
	c.count(o, certain, -1)
	c.countStates(o, certain, -1)
	s.trail = append(s.trail, placement{op: i, key: o.key, was: s.current[o.key]})
	if o.kind != kScan {
		c.enter(o)
	}
	s.at.placed.set(c.slot[i])
	s.done[i] = true
	if !certain {
		return
	}
	s.left--
	for int(s.at.lo) < c.nOK && s.done[c.order[s.at.lo]] {
		s.at.placed.clear(c.slot[c.order[s.at.lo]])
		s.at.lo++
	}
}

func (c *component) enter(o *lop) {
	s := &c.dfs
	to, _ := c.next(o, s.current[o.key])
	if to == s.current[o.key] {
		return
	}
	s.current[o.key] = to
	if len(c.keys) == 1 {
		s.at.state = to
		return
	}
	s.at.state = s.whole.step(s.at.state, to, s.current)
}

// countStates keeps the per-state counts of what remains.
func (c *component) countStates(o *lop, certain bool, by int32) {
	if o.b >= 0 {
		c.states[o.b].madeBy += by
	}
	if !certain {
		return
	}
	switch o.kind {
	case kRead, kCAS:
		c.states[o.a].seenBy += by
	case kAppend:
		if o.a >= 0 {
			c.states[o.a].seenBy += by
		}
	case kScan:
		for _, w := range c.wants[o.want.from:o.want.to] {
			c.states[w.state].seenBy += by
		}
	}
}

// placeReads places every operation that may be next, fits, and changes nothing. Each can let later ones in, never
// earlier ones: one pass is enough.
func (c *component) placeReads() {
	s := &c.dfs
	for i := s.next[c.ringOfCertain()]; s.left > 0 && i != c.ringOfCertain(); i = s.next[i] {
		o := &c.ops[i]
		if o.call > c.ops[c.order[s.at.lo]].end {
			return
		}
		if o.kind.pure() && c.agrees(o) {
			c.place(i)
		}
	}
}

func (c *component) agrees(o *lop) bool {
	if o.kind == kScan {
		for _, w := range c.wants[o.want.from:o.want.to] {
			if c.dfs.current[w.key] != w.state {
				return false
			}
		}
		return true
	}
	_, ok := c.next(o, c.dfs.current[o.key])
	return ok
}

// takeBack undoes the last move and returns its operation, behind which the search goes on.
func (c *component) takeBack() int32 {
	s := &c.dfs
	m := s.moves[len(s.moves)-1]
	s.moves = s.moves[:len(s.moves)-1]
	for len(s.trail) > int(m.trail) {
		p := s.trail[len(s.trail)-1]
		s.trail = s.trail[:len(s.trail)-1]
		o := &c.ops[p.op]
		certain := p.op < int32(c.nOK)
		s.done[p.op] = false
		if certain {
			s.left++
		}
		s.current[p.key] = p.was
		c.count(o, certain, 1)
		c.countStates(o, certain, 1)
		s.next[s.prev[p.op]], s.prev[s.next[p.op]] = p.op, p.op
	}
	s.at = m.before
	return m.op
}
