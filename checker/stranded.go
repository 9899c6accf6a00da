package checker

import "strings"

// strands tells whether going from state at to state to leaves an answer behind that nothing can give in time.
func (c *component) strands(o *lop, certain bool, at, to int32) bool {
	f, left := &c.perKey[o.key], c.dfs.remain[o.key]
	answers, here := left.answers, c.states[at].seenBy
	resets, changes := left.resets, left.changes
	switch o.kind {
	case kWrite:
		resets--
		changes--
	case kCAS:
		changes--
		if certain {
			answers--
			here--
		}
	}
	if to == f.dead && answers > 0 && (resets == 0 || c.tooLate(o, f.dead)) {
		return true
	}
	if here <= 0 {
		return false
	}
	if f.appends { // after an append only a reset lets appends build the old state up again
		return changes == 0 && o.kind == kAppend || c.tooLate(o, at)
	}
	return c.states[at].madeBy == 0 || c.tooLate(o, at)
}

// lookahead bounds how many operations tooLate looks at before it says that it cannot tell.
const lookahead = 128

// tooLate tells whether, once o is placed and its key has left state at, some answer that needs the state has to be
// placed before any operation that leads back to it can be. For the dead state: some answer that needs another state,
// before any operation that leads out.
func (c *component) tooLate(o *lop, at int32) bool {
	s := &c.dfs
	back := Never // when the first operation that leads back is called
	for i, n := s.next[c.ringOfMaybes()], 0; i != c.ringOfMaybes(); i, n = s.next[i], n+1 {
		if n == lookahead {
			return false
		}
		if m := &c.ops[i]; m != o && m.key == o.key && c.leadsBack(m, at) {
			back = m.call
			break
		}
	}
	for i, n := s.next[c.ringOfCertain()], 0; i != c.ringOfCertain() && n < lookahead; i, n = s.next[i], n+1 {
		m := &c.ops[i]
		if m.call >= back {
			return false
		}
		if m == o {
			continue
		}
		if m.key == o.key && c.leadsBack(m, at) {
			back = m.call
		}
		if m.end < back && c.needs(m, o.key, at) && !c.anyLeadsBack(i, m.end, o, at) {
			return true
		}
	}
	return false
}

// anyLeadsBack tells whether an operation at or behind i in the ring, called by the time end, leads back to at.
func (c *component) anyLeadsBack(i int32, end int64, o *lop, at int32) bool {
	s := &c.dfs
	for ; i != c.ringOfCertain() && c.ops[i].call <= end; i = s.next[i] {
		if m := &c.ops[i]; m != o && m.key == o.key && c.leadsBack(m, at) {
			return true
		}
	}
	return false
}

// leadsBack tells whether an operation may leave its key in state at; for the dead state, in another.
func (c *component) leadsBack(m *lop, at int32) bool {
	f := &c.perKey[m.key]
	switch m.kind {
	case kWrite:
		return m.b == at || at == f.dead
	case kCAS:
		return m.b == at && at != f.dead
	case kAppend:
		return at != f.unset && at != f.dead && m.tok != noVal && strings.HasSuffix(c.s.vals[c.states[at].val], c.s.vals[m.tok])
	}
	return false
}

// needs tells whether the answer of a certain operation needs its key in state at; for the dead state, in any other.
func (c *component) needs(m *lop, key, at int32) bool {
	state := int32(-1)
	switch m.kind {
	case kRead, kCAS:
		if m.key == key {
			state = m.a
		}
	case kScan: // its range is a run of keys
		w := c.wants[m.want.from:m.want.to]
		if len(w) > 0 && key >= w[0].key && int(key-w[0].key) < len(w) {
			state = w[key-w[0].key].state
		}
	}
	return state >= 0 && (state == at || at == c.perKey[key].dead)
}
