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
		return c.settleAmongAppends(i, o, f)
	}
	st := &c.states[c.state(o.key, o.b)]
	switch {
	case st.seenBy == 0 && st.maybeBy == 0 && !f.misses:
		c.drop(i, o)
		return true
	case st.seenBy > 0 && st.madeBy == 1 && st.firstEnd >= o.call:
		o.maybe, o.end = false, st.firstEnd
		if o.kind == kCAS {
			c.certainlySaw(o)
		}
		return true
	}
	return false
}

// certainlySaw notes that a compare-and-set, which is now known to have happened, found what it compared with.
func (c *component) certainlySaw(o *iop) {
	from := &c.states[c.observe(o.key, o.a)]
	from.maybeBy--
	from.seenBy++
	from.firstEnd = min(from.firstEnd, o.end)
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

// settleAmongAppends is settle for a key with appends, whose values are made of many operations' strings. After a
// delete, anything may be seen.
func (c *component) settleAmongAppends(i int, o *iop, f *keyFacts) bool {
	if o.b == unsetVal || c.s.b.outOfTime() { // the search will say so
		return false
	}
	text := c.s.vals[o.b]
	if !f.showing(text) {
		if f.misses {
			return false
		}
		c.drop(i, o)
		return true
	}
	for j := range c.states {
		st := &c.states[j]
		if st.key != o.key || st.seenBy == 0 || st.val <= unsetVal || st.firstEnd < o.call || st.firstEnd >= o.end {
			continue
		}
		if seen := c.s.vals[st.val]; strings.Contains(seen, text) && !c.composable(seen, i) {
			o.end = st.firstEnd
		}
	}
	if o.end == Never {
		return false
	}
	o.maybe = false
	if o.kind == kCAS {
		c.certainlySaw(o)
	}
	return true
}

// showing tells whether some answer about the key may hold text.
func (f *keyFacts) showing(text string) bool {
	for _, seen := range f.observed {
		if strings.Contains(seen, text) {
			return true
		}
	}
	return false
}

// composable tells whether seen can be put together from what was written to its key without the operation raw[without]:
// first a whole value, or nothing, and then what was appended.
func (c *component) composable(seen string, without int) bool {
	key := c.raw[without].key
	reach := make([]bool, len(seen)+1)
	reach[0] = true
	if initial := c.s.initial; initial.IsSet() {
		reach[0] = false
		if strings.HasPrefix(seen, initial.Text()) {
			reach[len(initial.Text())] = true
		}
	}
	for i := range c.raw {
		o := &c.raw[i]
		if o.key != key || i == without || c.gone[i] || (o.kind != kWrite && o.kind != kCAS) {
			continue
		}
		if o.b == unsetVal {
			reach[0] = true
		} else if strings.HasPrefix(seen, c.s.vals[o.b]) {
			reach[len(c.s.vals[o.b])] = true
		}
	}
	for at := range seen {
		if !reach[at] {
			continue
		}
		for i := range c.raw {
			o := &c.raw[i]
			if o.key == key && o.kind == kAppend && i != without && !c.gone[i] && strings.HasPrefix(seen[at:], c.s.vals[o.b]) {
				reach[at+len(c.s.vals[o.b])] = true
			}
		}
	}
	return reach[len(seen)]
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
