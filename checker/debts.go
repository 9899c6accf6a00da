package checker

// An operation that may have happened has nothing behind it that must come later: it can be moved to the right, past
// everything on other keys, until it stands right before the first operation that depends on it; and if that one
// overwrites it, or if there is none, it can be left out. So it need only be tried with such an operation right behind it,
// and the search keeps a debt: the keys of maybes just placed on which nothing depends yet. What depends on several of
// them at once is a scan; then the maybes of several keys stand before it together.
//
// Without this rule a search tries every maybe at every place, in every combination.

// debtKeysMax bounds the keys of a component for which the search keeps debts; with more it does without.
const debtKeysMax = 64

// paysDebt tells whether operation i, which is o, may be placed in view of the debt.
func (c *component) paysDebt(i int32, o *lop) bool {
	debt := c.dfs.at.debt
	if debt == 0 {
		return true
	}
	own := uint64(1) << o.key
	switch {
	case i < int32(c.nOK):
		return debt == own && o.kind != kWrite
	case debt&own != 0:
		return o.kind != kWrite
	}
	return c.scanWaits(debt, o.key)
}

// scanWaits tells whether a scan that may come next sees, of the keys of the debt, what they hold now, and of key
// something else.
func (c *component) scanWaits(debt uint64, key int32) bool {
	s := &c.dfs
	bound := c.ops[c.order[s.at.lo]].end
	for i := s.next[c.ringOfCertain()]; i != c.ringOfCertain() && c.ops[i].call <= bound; i = s.next[i] {
		o := &c.ops[i]
		if o.kind != kScan {
			continue
		}
		rest, other := debt, false
		for _, w := range c.wants[o.want.from:o.want.to] {
			same := s.current[w.key] == w.state
			if same {
				rest &^= 1 << w.key
			}
			other = other || w.key == key && !same
		}
		if rest == 0 && other {
			return true
		}
	}
	return false
}

// settleDebt brings the debt up to date after operation op was placed, and behind it all reads that it made fit.
func (c *component) settleDebt(op int32) {
	s := &c.dfs
	if len(c.keys) > debtKeysMax {
		return
	}
	if op < int32(c.nOK) {
		s.at.debt = 0
		return
	}
	s.at.debt |= 1 << c.ops[op].key
	for i := len(s.trail) - 1; s.trail[i].op != op; i-- {
		o := &c.ops[s.trail[i].op]
		if o.kind != kScan {
			s.at.debt &^= 1 << o.key
			continue
		}
		for _, w := range c.wants[o.want.from:o.want.to] {
			s.at.debt &^= 1 << w.key
		}
	}
}
