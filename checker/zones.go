package checker

import (
	"cmp"
	"math"
	"slices"
)

// Zones decide linearizability of one key in n log n, whatever the concurrency, when every value that was seen was
// written at most once (Gibbons and Korach 1997; the zones are Golab's, Li's and Shah's, PODC 2011).
//
// The write of a value and the reads of it form a cluster, and in every order that is right the operations of a cluster
// stand together. With f the earliest return of a cluster and s its latest call, some operation of A precedes one of B
// exactly if f(A) < s(B), and then A must come before B. The order exists unless that holds both ways for some pair:
// longer cycles always contain such a pair, because "must come before" compares ends of intervals. A compare-and-set
// that succeeded ties the cluster of what it found to the cluster of what it wrote: tied clusters form a chain, and a
// chain is treated as one block in which the order is given.

// A block is a chain of clusters.
type block struct{ f, s int64 }

// cluster is one value: its write, if there is one, and what is known of its reads.
type cluster struct {
	writer  int32 // operation, or -1: nobody, or the beginning of time
	initial bool
	next    int32 // the compare-and-set that ended it, or -1
	minRet  int64 // over the reads
	maxCall int64
	visited bool
}

type zoneMemory struct {
	clusters []cluster
	blocks   []block
	maxS     []int64
}

// zonesApply tells whether zones decide the component.
func (c *component) zonesApply() bool {
	if len(c.keys) > 1 || c.nOK < len(c.ops) || c.perKey[0].appends || c.perKey[0].misses {
		return false
	}
	for i := range c.states {
		if st := &c.states[i]; st.seenBy > 0 && st.madeBy > 1 {
			return false
		}
	}
	for i := range c.ops {
		if c.ops[i].kind == kScan {
			return false
		}
	}
	return true
}

// zones decides the component, to which zonesApply.
func (c *component) zones() bool {
	z := &c.zone
	if !c.clusters(z) {
		return false
	}
	z.blocks = z.blocks[:0]
	for i := range z.clusters {
		cl := &z.clusters[i]
		starts := cl.writer < 0 || c.ops[cl.writer].kind == kWrite
		if !starts {
			continue
		}
		if cl.writer < 0 && !cl.initial {
			if cl.minRet != Never || cl.next >= 0 {
				return false // a value out of thin air
			}
			continue
		}
		b, ok := c.chain(z, cl)
		if !ok {
			return false
		}
		z.blocks = append(z.blocks, b)
	}
	for i := range z.clusters {
		if cl := &z.clusters[i]; cl.writer >= 0 && !cl.visited {
			return false // compare-and-sets that feed each other, without a beginning
		}
	}
	return z.blocksCanBeOrdered()
}

// clusters sorts the operations into clusters: one a state, and one more for each value that was written and never seen.
// It returns false if two compare-and-sets succeeded on one value.
func (c *component) clusters(z *zoneMemory) bool {
	z.clusters = z.clusters[:0]
	for range c.states {
		z.clusters = append(z.clusters, newCluster())
	}
	f := &c.perKey[0]
	z.clusters[f.init].initial = true
	for i := range c.ops {
		o := &c.ops[i]
		if o.kind == kRead {
			cl := &z.clusters[o.a]
			cl.minRet, cl.maxCall = min(cl.minRet, o.end), max(cl.maxCall, o.call)
			continue
		}
		at := o.b
		if c.states[at].seenBy == 0 {
			at = int32(len(z.clusters))
			z.clusters = append(z.clusters, newCluster())
		}
		z.clusters[at].writer = int32(i)
		if o.kind == kCAS {
			if z.clusters[o.a].next >= 0 {
				return false
			}
			z.clusters[o.a].next = int32(i)
		}
		c.slot[i] = at // where the operation's own cluster is
	}
	return true
}

func newCluster() cluster {
	return cluster{writer: -1, next: -1, minRet: Never, maxCall: math.MinInt64}
}

// chain walks the clusters that begin with cl and are tied by compare-and-sets, in their only possible order. It returns
// false if real time contradicts that order.
func (c *component) chain(z *zoneMemory, cl *cluster) (block, bool) {
	b := block{f: Never, s: math.MinInt64}
	if cl.initial {
		b.f = math.MinInt64
	}
	follow := func(minRet, maxCall int64) bool {
		if minRet < b.s {
			return false
		}
		b.f, b.s = min(b.f, minRet), max(b.s, maxCall)
		return true
	}
	for {
		cl.visited = true
		if cl.writer >= 0 {
			if w := &c.ops[cl.writer]; !follow(w.end, w.call) {
				return b, false
			}
		}
		if !follow(cl.minRet, cl.maxCall) {
			return b, false
		}
		if cl.next < 0 {
			return b, true
		}
		cl = &z.clusters[c.slot[cl.next]]
		if cl.visited {
			return b, false
		}
	}
}

// blocksCanBeOrdered looks for two blocks that must each come before the other: f(A) < s(B) and f(B) < s(A).
func (z *zoneMemory) blocksCanBeOrdered() bool {
	slices.SortFunc(z.blocks, func(a, b block) int { return cmp.Compare(a.f, b.f) })
	z.maxS = z.maxS[:0] // over the blocks up to and with this one
	for i, b := range z.blocks {
		before := i // the blocks with f(A) < s(B), among those with f(A) ≤ f(B)
		if b.s <= b.f {
			before, _ = slices.BinarySearchFunc(z.blocks[:i], b.s, func(a block, s int64) int { return cmp.Compare(a.f, s) })
		}
		if before > 0 && z.maxS[before-1] > b.f {
			return false
		}
		s := b.s
		if i > 0 {
			s = max(s, z.maxS[i-1])
		}
		z.maxS = append(z.maxS, s)
	}
	return true
}
