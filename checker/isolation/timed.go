package isolation

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// timedVersions adds what real time tells of the order of a register's versions, where the level respects it: a version that
// was there, because its writer or a reader of it had returned, precedes every version whose writer was invoked later. Then
// whoever read the one precedes the writer of the other. Elle asks for this as an assumption ("linearizable keys"); under a
// level that respects real time it is none, because such a history is so key by key.
//
// The later writers of a key form a chain of helper nodes, sorted by their invocations, so that the edges stay linear.
func (c *check) timedVersions(readStart, reader []int32) {
	known := c.knownSince()
	committed := c.committed()
	byKeyStart, byKey := grouped(len(c.keys), len(c.versions), func(i int) (int32, int32) {
		if v := &c.versions[i]; v.txn == none || !v.final || !committed[v.txn] || c.failed(int32(i)) {
			return none, none
		}
		return c.versions[i].key, int32(i)
	})
	own := make([]int32, len(c.h)) // by transaction, its place among the writers of the key at hand
	for i := range own {
		own[i] = none
	}
	for k := range c.keys {
		later := byKey[byKeyStart[k]:byKeyStart[k+1]]
		if len(later) < 2 {
			continue
		}
		invoked := func(v int32) int64 { return c.h[c.versions[v].txn].Invoke }
		slices.SortFunc(later, func(a, b int32) int { return cmp.Or(cmp.Compare(invoked(a), invoked(b)), cmp.Compare(a, b)) })
		chain := c.chain(later)
		for i, v := range later {
			own[c.versions[v].txn] = int32(i)
		}
		for _, v := range later {
			p := int32(sort.Search(len(later), func(i int) bool { return invoked(later[i]) > known[v] }))
			if int(p) == len(later) {
				continue
			}
			w := c.versions[v].txn
			c.timedEdges(source{w, kWW}, later, chain, p, own[w])
			for _, r := range reader[readStart[v]:readStart[v+1]] {
				c.timedEdges(source{r, kRW}, later, chain, p, own[r])
			}
		}
		for _, v := range later {
			own[c.versions[v].txn] = none
		}
	}
}

// knownSince returns, by version, the earliest time at which it was certainly there.
func (c *check) knownSince() []int64 {
	known := make([]int64, len(c.versions))
	for v := range known {
		known[v] = math.MaxInt64
		if w := c.versions[v].txn; w != none && c.h[w].Type == OK {
			known[v] = c.h[w].Return
		}
	}
	for _, r := range c.reads {
		known[r.ver] = min(known[r.ver], c.h[r.txn].Return)
	}
	return known
}

// chain makes a node for each of these versions, from which its writer and those behind it are reached.
func (c *check) chain(later []int32) int32 {
	first := c.g.nodes
	c.g.nodes += int32(len(later))
	for i, v := range later {
		n := first + int32(i)
		c.g.add(n, edge{to: c.versions[v].txn, ref: v, k: kLink})
		if i > 0 {
			c.g.add(n-1, edge{to: n, ref: none, k: kLink})
		}
	}
	return first
}

// timedEdges leads from a source to the writers of later[p:], itself excepted, which is later[own] or not there: then a few
// before it are reached one by one, and the rest behind it. What is left out for that is no more than detail.
func (c *check) timedEdges(s source, later []int32, chain, p, own int32) {
	if own < p {
		c.g.add(s.txn, edge{to: chain + p, ref: none, k: s.k})
		return
	}
	const most = 8
	for _, v := range later[p:min(own, p+most)] {
		c.g.add(s.txn, edge{to: c.versions[v].txn, ref: v, k: s.k})
	}
	if int(own)+1 < len(later) {
		c.g.add(s.txn, edge{to: chain + own + 1, ref: none, k: s.k})
	}
}
