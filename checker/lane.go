package checker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// The lane is the zones of zones.go for a whole history at once, without compiling it first: registers and key-value
// stores whose values are all different, which is what a workload that wants to find anything writes. It needs about a
// hundred bytes an operation and no search, so that a million operations take a second or two. What it cannot judge (a
// value written twice to a key, a delete, an append, a scan, a bare mismatch) it leaves to the components.

// A laneCluster is a value of a key: who wrote it, and the zone of those who saw it.
type laneCluster struct {
	minRet  int64 // over those who saw it and its writer
	maxCall int64
	writer  int32 // index in the history; laneStart: the beginning of time; laneNobody
	next    int32 // the cluster that a compare-and-set made of this one, or -1
	key     int32
	expect  int32 // the cluster that the writer, a compare-and-set, found; -1 if it is none
	seen    bool
	visited bool
}

const (
	laneNobody int32 = -1
	laneStart  int32 = -2
)

type laneValue struct {
	key  int32
	text string
	kind valueKind
}

type lane struct {
	h        History
	initial  Value
	keys     map[string]int32
	values   map[laneValue]int32
	clusters []laneCluster
	of       []int32 // by operation: its own cluster, which it wrote or read; -1
	maybes   []int32 // clusters whose writer is a compare-and-set that may have happened
	blocks   []laneBlock
	bad      []int32 // clusters that contradict each other
	why      string
}

// A laneBlock is a chain of clusters that compare-and-sets tie together.
type laneBlock struct {
	f, s int64
	key  int32
	head int32
}

// inLane judges the whole history, if it can: then ok is true.
func inLane(h History, m Model) (l *lane, verdict Verdict, ok bool) {
	changes, ok := laneFits(h)
	if !ok {
		return nil, 0, false
	}
	l = newLane(h, m, changes)
	l.of = make([]int32, len(h))
	if !l.writes() {
		return nil, 0, false
	}
	if l.reads() && l.settle() && l.chains() && l.ordered() {
		return l, Holds, true
	}
	return l, Violated, true
}

func newLane(h History, m Model, changes int) *lane {
	return &lane{h: h, initial: m.initial, keys: make(map[string]int32, 16), values: make(map[laneValue]int32, changes+16),
		clusters: make([]laneCluster, 0, changes+16)}
}

// laneFits counts the changes, and tells whether all operations are such as the lane knows.
func laneFits(h History) (changes int, ok bool) {
	for i := range h {
		o := &h[i]
		switch o.F {
		case Read, Get:
		case Write, Put, CAS:
			if o.Status == Mismatch && !o.Out.Said() {
				return 0, false
			}
			changes++
		default:
			return 0, false
		}
	}
	return changes, true
}

func (l *lane) key(name string) int32 {
	k, ok := l.keys[name]
	if !ok {
		k = int32(len(l.keys))
		l.keys[name] = k
		l.cluster(k, l.initial).writer = laneStart
	}
	return k
}

// cluster returns the cluster of a value, a new one if there is none.
func (l *lane) cluster(key int32, v Value) *laneCluster {
	name := laneValue{key, v.text, v.kind}
	id, ok := l.values[name]
	if !ok {
		id = int32(len(l.clusters))
		l.values[name] = id
		l.clusters = append(l.clusters, laneCluster{minRet: Never, maxCall: math.MinInt64, writer: laneNobody, next: -1, key: key, expect: -1})
	}
	return &l.clusters[id]
}

// changes tells whether o changes its key, or may have, and what it must have found.
func laneChange(o *Op) (expect Value, changes bool) {
	if o.Status == Fail || o.Status == Mismatch || o.F.reads() {
		return Value{}, false
	}
	expect = o.Expect
	if o.F != CAS {
		expect = Value{}
		if o.Status == OK { // told what it replaced, it is a compare-and-set that succeeded
			expect = o.Out
		}
	}
	return expect, expect != o.In // a change to the same value is a read
}

// writes gives every value its writer. It returns false if a value has two.
func (l *lane) writes() bool {
	for i := range l.h {
		o := &l.h[i]
		k := l.key(o.Key)
		if l.of[i] = -1; o.Status == Fail {
			continue
		}
		expect, changes := laneChange(o)
		if !changes {
			continue
		}
		c := l.cluster(k, o.In)
		if c.writer != laneNobody {
			return false
		}
		c.writer = int32(i)
		l.of[i] = l.values[laneValue{k, o.In.text, o.In.kind}]
		if expect.Said() && o.Status == Maybe {
			l.maybes = append(l.maybes, l.of[i])
		}
	}
	return true
}

// reads brings those who saw a value to its cluster.
func (l *lane) reads() bool {
	for i := range l.h {
		o := &l.h[i]
		var saw Value
		switch {
		case o.Status == Fail, o.Status == Maybe:
			continue
		case o.Status == Mismatch:
			if saw = o.Out; saw == o.Expect {
				return l.wrong("a mismatch that found what it expected", int32(i))
			}
		case o.F.reads():
			saw = o.Out
		case l.of[i] >= 0:
			if expect, _ := laneChange(o); !expect.Said() || l.follows(int32(i), expect) {
				continue
			}
			return false
		default: // it replaced a value by itself
			saw = o.In
		}
		at, ok := l.values[laneValue{l.keys[o.Key], saw.text, saw.kind}]
		if !ok {
			return l.wrong("a value that nobody wrote", int32(i))
		}
		c := &l.clusters[at]
		l.of[i] = at
		c.seen = true
		c.minRet, c.maxCall = min(c.minRet, o.Ret), max(c.maxCall, o.Call)
	}
	return true
}

// follows ties the cluster that change i made to the one of the value that it found.
func (l *lane) follows(i int32, expect Value) bool {
	o := &l.h[i]
	at, ok := l.values[laneValue{l.keys[o.Key], expect.text, expect.kind}]
	if !ok {
		return l.wrong("a value that nobody wrote", i)
	}
	c := &l.clusters[at]
	if c.next >= 0 {
		l.bad = []int32{at, c.next, l.of[i]}
		l.why = "two changes that found the same value"
		return false
	}
	c.next, c.seen = l.of[i], true
	l.clusters[l.of[i]].expect = at
	return true
}

// wrong says that operation i is wrong by itself, and gives it a cluster of its own.
func (l *lane) wrong(why string, i int32) bool {
	l.why, l.of[i] = why, int32(len(l.clusters))
	l.clusters = append(l.clusters, laneCluster{writer: laneNobody, next: -1, key: l.keys[l.h[i].Key], expect: -1})
	l.bad = []int32{l.of[i]}
	return false
}

// settle lets those compare-and-sets have happened, of the ones that may have, whose value somebody saw; they have then
// seen what they compared with, which may settle another one.
func (l *lane) settle() bool {
	todo := l.maybes
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c := &l.clusters[at]
		if !c.seen || c.expect >= 0 {
			continue
		}
		if !l.follows(c.writer, l.h[c.writer].Expect) {
			return false
		}
		before := &l.clusters[c.expect]
		if w := before.writer; w >= 0 && before.expect < 0 && l.h[w].Status == Maybe && l.h[w].F == CAS {
			todo = append(todo, c.expect)
		}
	}
	return true
}

// happened tells whether the cluster is of a value that the key certainly held.
func (l *lane) happened(c *laneCluster) bool {
	return c.writer == laneStart || c.seen || c.writer >= 0 && l.h[c.writer].Status == OK
}

// chains walks from every value that nobody had to find another for, through what compare-and-sets made of it.
func (l *lane) chains() bool {
	l.blocks = make([]laneBlock, 0, len(l.clusters))
	for i := range l.clusters {
		c := &l.clusters[i]
		if c.expect >= 0 || !l.happened(c) {
			continue
		}
		b, ok := l.chain(int32(i))
		if !ok {
			l.why, l.bad = "a chain that real time contradicts", []int32{int32(i)}
			return false
		}
		l.blocks = append(l.blocks, b)
	}
	for i := range l.clusters {
		if c := &l.clusters[i]; c.expect >= 0 && !c.visited {
			l.why, l.bad = "compare-and-sets that feed each other", []int32{int32(i)}
			return false
		}
	}
	return true
}

func (l *lane) chain(head int32) (laneBlock, bool) {
	b := laneBlock{f: Never, s: math.MinInt64, key: l.clusters[head].key, head: head}
	follow := func(minRet, maxCall int64) bool {
		if minRet < b.s {
			return false
		}
		b.f, b.s = min(b.f, minRet), max(b.s, maxCall)
		return true
	}
	for at := head; at >= 0; at = l.clusters[at].next {
		c := &l.clusters[at]
		c.visited = true
		if c.writer == laneStart {
			b.f = math.MinInt64
		} else if w := &l.h[c.writer]; !follow(w.End(), w.Call) {
			return b, false
		}
		if !follow(c.minRet, c.maxCall) {
			return b, false
		}
	}
	return b, true
}

// ordered looks for two blocks of a key that must each come before the other.
func (l *lane) ordered() bool {
	slices.SortFunc(l.blocks, func(a, b laneBlock) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.f, b.f)) })
	greatest := make([]int32, 0, len(l.blocks)) // by block: of the blocks of its key up to it, the one with the greatest s
	first := 0
	for i, b := range l.blocks {
		if i > 0 && l.blocks[i-1].key != b.key {
			first = i
		}
		before := i // the blocks with f(A) < s(B) end here, among those with f(A) ≤ f(B)
		if b.s <= b.f {
			n, _ := slices.BinarySearchFunc(l.blocks[first:i], b.s, func(a laneBlock, s int64) int { return cmp.Compare(a.f, s) })
			before = first + n
		}
		if before > first {
			if a := greatest[before-1]; l.blocks[a].s > b.f {
				l.why, l.bad = "two values that must each come before the other", []int32{l.blocks[a].head, b.head}
				return false
			}
		}
		at := int32(i)
		if i > first && l.blocks[greatest[i-1]].s >= b.s {
			at = greatest[i-1]
		}
		greatest = append(greatest, at)
	}
	return true
}

// parts returns the operations of the key of the violation, by call, and those of the chains that contradict each other.
func (l *lane) parts() (component, culprits []int32) {
	key := l.clusters[l.bad[0]].key
	in := map[int32]bool{}
	for _, at := range l.bad {
		for head, n := at, 0; head >= 0 && n <= len(l.clusters); head, n = l.clusters[head].expect, n+1 {
			at = head // to the beginning of its chain
		}
		for n := 0; at >= 0 && n <= len(l.clusters); at, n = l.clusters[at].next, n+1 {
			in[at] = true
		}
	}
	for _, at := range l.bad {
		in[at] = true
	}
	for _, i := range l.h.byCall() {
		o := &l.h[i]
		if l.keys[o.Key] != key || o.Status == Fail || o.F.reads() && o.Status != OK {
			continue
		}
		component = append(component, i)
		if l.of[i] >= 0 && in[l.of[i]] {
			culprits = append(culprits, i)
		}
	}
	return component, culprits
}

// judgeInLane is Linearizable by the lane, if the lane can judge h.
func judgeInLane(h History, m Model, opt Options) (Result, bool) {
	l, verdict, ok := inLane(h, m)
	if !ok {
		return Result{}, false
	}
	res := Result{Verdict: verdict, Coverage: l.coverage()}
	if verdict == Violated {
		res.Component, res.Culprits = l.parts()
		res.Reason = fmt.Sprintf("key %s: no order of its %d operations is one that %s could have answered: %s",
			keyText(h[res.Component[0]].Key), len(res.Component), m.Name(), l.why)
		return res, true
	}
	return res.floored(m, opt), true
}

// coverage is the coverage of the history.
func (l *lane) coverage() Coverage {
	c := Coverage{Clients: l.h.clients()}
	for i := range l.h {
		o := &l.h[i]
		c.Ops[o.F][o.Status]++
		switch expect, changes := laneChange(o); {
		case o.Status == Fail || o.Status == Maybe:
		case !changes && (o.Out.Said() && o.Out != l.initial || !o.Out.Said() && o.In != l.initial):
			c.Telling++
		case changes && expect.Said() && expect != l.initial:
			c.Telling++
		}
	}
	order := l.h.byCall()
	var ends []int64
	c.Concurrent = concurrentPairs(l.h, order, &ends)
	c.Forced = l.forced(order)
	return c
}

// A forcing is what one key has seen of changes, in the order of calls, and the reads for which only one answer is right
// unless a change is called before they end.
type forcing struct {
	ended int64   // the latest end of a change
	last  bool    // the last called change began after all others had ended
	reads []int64 // the ends of the reads
}

// forced counts the reads before which all changes of their key had ended, the last of them after the others.
func (l *lane) forced(order []int32) int {
	n := 0
	keys := make([]forcing, len(l.keys))
	for k := range keys {
		keys[k] = forcing{ended: math.MinInt64, last: true}
	}
	for _, i := range order {
		o := &l.h[i]
		if o.Status == Fail || o.Status == Maybe && o.F.reads() {
			continue
		}
		f := &keys[l.keys[o.Key]]
		if _, changes := laneChange(o); !changes {
			if o.Status != Maybe && f.last && f.ended < o.Call {
				f.reads = append(f.reads, o.Ret)
			}
			continue
		}
		for _, end := range f.reads {
			if end < o.Call {
				n++
			}
		}
		f.reads, f.last, f.ended = f.reads[:0], f.ended < o.Call, max(f.ended, o.End())
	}
	for k := range keys {
		n += len(keys[k].reads)
	}
	return n
}
