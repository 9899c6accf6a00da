package checker

import "strings"

// settleMaybes decides, where it can be decided without a search, whether an operation without an answer took effect.
// Each pending one would otherwise double what a search has to look at.
//
//   - Nobody saw anything that could only be there because of it: it is dropped. This is exact, unless a bare mismatch of
//     its key could be its only trace: take any order in which it is, leave it out, and no answer changes.
//   - Somebody saw the value that it alone writes: it took effect before that one returned. From then on it is an
//     operation that certainly happened, with that return as its end.
//
// Each decision can make another one possible (a compare-and-set that did happen has seen what it compared with), so it
// is repeated until nothing changes.
func (c *component) settleMaybes() {
	c.gone = c.gone[:0]
	open := 0
	for i := range c.raw {
		c.gone = append(c.gone, false)
		if c.raw[i].maybe {
			open++
		}
	}
	if open == 0 {
		return
	}
	c.countWriters()
	for changed := true; changed; {
		changed = false
		for i := range c.raw {
			if o := &c.raw[i]; o.maybe && !c.gone[i] {
				changed = c.settle(i, o) || changed
			}
		}
	}
}

func (c *component) settle(i int, o *iop) bool {
	f := &c.perKey[o.key]
	if f.appends {
		if f.misses || c.leavesATrace(o, f) {
			return false
		}
		c.drop(i, o)
		return true
	}
	st := &c.states[c.state(o.key, o.b)]
	switch {
	case st.seenBy == 0 && st.maybeBy == 0 && !f.misses:
		c.drop(i, o)
		return true
	case st.seenBy > 0 && st.madeBy == 1 && st.firstEnd >= o.call:
		o.maybe, o.end = false, st.firstEnd
		if o.kind == kCAS {
			from := &c.states[c.observe(o.key, o.a)]
			from.maybeBy--
			from.seenBy++
			from.firstEnd = min(from.firstEnd, o.end)
		}
		return true
	}
	return false
}

func (c *component) drop(i int, o *iop) {
	c.gone[i] = true
	if o.kind != kAppend {
		c.states[c.state(o.key, o.b)].madeBy--
	}
	if o.kind == kCAS {
		c.states[c.observe(o.key, o.a)].maybeBy--
	}
}

// leavesATrace tells whether an answer about a key with appends may hold what o wrote. After a delete, anything may.
func (c *component) leavesATrace(o *iop, f *keyFacts) bool {
	if o.b == unsetVal {
		return true
	}
	for _, text := range f.observed {
		if strings.Contains(text, c.s.vals[o.b]) {
			return true
		}
	}
	return false
}

// countWriters counts, for the time of settling, how many operations could have made each state.
func (c *component) countWriters() {
	for k := range c.perKey {
		c.states[c.perKey[k].init].madeBy++
	}
	for i := range c.raw {
		if o := &c.raw[i]; o.kind == kWrite || o.kind == kCAS {
			c.states[c.state(o.key, o.b)].madeBy++
		}
	}
}
