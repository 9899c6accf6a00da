package isolation

import (
	"fmt"
	"math"
	"slices"
)

// listOrder is what the reads of one list tell of the order of its versions: the longest read is the order.
type listOrder struct {
	longest []int64
	vers    []int32 // of the elements of longest
	good    []int32 // good[n]: the last of the first n that may have committed, the initial version if none
	bad     []int32 // places in longest of elements that a failed transaction or nobody wrote
	corrupt bool    // duplicates, or reads that disagree: there is no one order
}

// listOrders finds the longest read of each key and looks its elements up.
func (c *check) listOrders() []listOrder {
	orders := make([]listOrder, len(c.keys))
	owner := make([]int32, len(c.keys))
	for i := range c.h {
		if c.h[i].Type != OK {
			continue
		}
		for j := range c.h[i].Mops {
			if m := &c.h[i].Mops[j]; m.F == FRead {
				k := c.mopKey[c.first[i]+int32(j)]
				if len(m.List) > len(orders[k].longest) {
					orders[k].longest, owner[k] = m.List, int32(i)
				}
			}
		}
	}
	place := make(map[int32]struct{})
	for k := range orders {
		o := &orders[k]
		clear(place)
		o.vers = make([]int32, 0, len(o.longest))
		o.good = append(make([]int32, 0, len(o.longest)+1), c.initial[k])
		for p, e := range o.longest {
			v := c.read(int32(k), e)
			o.vers = append(o.vers, v)
			last := o.good[p]
			if c.writer(v) != none {
				last = v
			} else {
				o.bad = append(o.bad, int32(p))
			}
			o.good = append(o.good, last)
		}
		if v := repeated(o.vers, place); v != none {
			o.corrupt = true
			c.found(DuplicateElements, k, fmt.Sprintf("T%d read %s as %s, which holds %d twice",
				c.h[owner[k]].ID, c.keys[k], listText(o.longest), c.versions[v].val), owner[k])
		}
	}
	return orders
}

// repeated returns a version that is there twice, or none.
func repeated(vers []int32, seen map[int32]struct{}) int32 {
	if slices.IsSorted(vers) { // as it is where writers are numbered as they commit
		for i := 1; i < len(vers); i++ {
			if vers[i] == vers[i-1] {
				return vers[i]
			}
		}
		return none
	}
	for _, v := range vers {
		if _, ok := seen[v]; ok {
			return v
		}
		seen[v] = struct{}{}
	}
	return none
}

// listRead judges a read of a committed transaction against the order, and returns which version it saw.
func (c *check) listRead(o *listOrder, k int32, txn int32, list []int64) int32 {
	if len(list) > len(o.longest) || !slices.Equal(list, o.longest[:len(list)]) {
		return c.strayRead(o, k, txn, list)
	}
	for _, p := range o.bad {
		if int(p) >= len(list) {
			break
		}
		c.badElement(k, txn, o.vers[p])
	}
	if n := len(list); n > 0 {
		c.intermediate(k, txn, o.vers[n-1])
	}
	return o.good[len(list)]
}

// strayRead judges a read that is no prefix of the longest.
func (c *check) strayRead(o *listOrder, k int32, txn int32, list []int64) int32 {
	o.corrupt = true
	c.found(IncompatibleOrder, int(k), fmt.Sprintf("T%d read %s as %s, but another transaction read it as %s, and neither is a prefix of the other",
		c.h[txn].ID, c.keys[k], listText(list), listText(o.longest)), txn)
	vers := make([]int32, 0, len(list))
	last := c.initial[k]
	for _, e := range list {
		v := c.read(k, e)
		vers = append(vers, v)
		if c.writer(v) == none {
			c.badElement(k, txn, v)
		} else {
			last = v
		}
	}
	if v := repeated(vers, make(map[int32]struct{})); v != none {
		c.found(DuplicateElements, int(k), fmt.Sprintf("T%d read %s as %s, which holds %d twice",
			c.h[txn].ID, c.keys[k], listText(list), c.versions[v].val), txn)
	}
	if n := len(vers); n > 0 {
		c.intermediate(k, txn, vers[n-1])
	}
	return last
}

// committed tells of each transaction whether it took effect: those with an unknown end did if anything they wrote was seen,
// and then all they wrote is there, seen or not.
func (c *check) committed() []bool {
	yes := make([]bool, len(c.h))
	for i := range c.h {
		yes[i] = c.h[i].Type == OK
	}
	for v := range c.versions {
		if t := c.writer(int32(v)); t != none && c.seen[v] {
			yes[t] = true
		}
	}
	return yes
}

// listParents gives each version of a list that is known to have come its predecessor: in the order of the longest read,
// and after it what committed and was not read.
func (c *check) listParents(orders []listOrder) {
	place := make([]int32, len(c.versions)) // in the order of the key; what nobody read is behind the rest
	for v := range place {
		place[v] = math.MaxInt32
	}
	for k := range orders {
		o := &orders[k]
		for p, v := range o.vers {
			c.seen[v], place[v] = true, int32(p)
		}
		if o.corrupt {
			continue
		}
		failed := int32(none)
		for p, v := range o.vers {
			switch {
			case c.failed(v):
				failed = v
			case c.writer(v) == none:
			case c.h[c.writer(v)].Type == OK:
				if failed != none {
					c.dirty(k, failed, v)
				}
				failed = none
			}
			if c.writer(v) != none {
				c.parent[v] = o.good[p]
			}
		}
	}
	committed := c.committed()
	unread := make([]int32, len(orders))
	writes := make([]int32, len(orders))
	for v := range c.versions {
		w := &c.versions[v]
		if w.txn == none || !committed[w.txn] {
			continue
		}
		writes[w.key]++
		o := &orders[w.key]
		if o.corrupt {
			continue
		}
		if !c.seen[v] {
			c.parent[v] = o.good[len(o.longest)]
			unread[w.key]++
		}
		if p := w.prev; p != none && place[p] > place[v] {
			c.found(IncompatibleOrder, int(w.key), fmt.Sprintf("T%d appended %d to %s and then %d, but whoever saw the second did not see the first before it",
				c.h[w.txn].ID, c.versions[p].val, c.keys[w.key], w.val), w.txn)
		}
	}
	for k := range orders {
		if !orders[k].corrupt && unread[k] <= 1 && writes[k] > 0 {
			c.cov.KnownKeys++
		}
	}
}
