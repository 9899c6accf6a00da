package isolation

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
)

// Options say what to check. The zero Options ask for strict serializability.
type Options struct {
	Level  Level
	Floors Floors
}

// A Finding is one anomaly of a history.
type Finding struct {
	Anomaly Anomaly
	Key     string // of one that is no cycle
	// Txns are the transactions that show it, as places in the history; of a cycle in its order, the first one once.
	Txns []int
	// Sentence says in words what happened, and names transactions by their ids.
	Sentence string
	// Steps are those of a cycle, one from each of Txns to the next; nil of one that is no cycle.
	Steps []Step
}

// A Step of a cycle is a dependency of one transaction on another.
type Step struct {
	From, To int    // places in the history: From comes first
	Kind     string // ww, wr, rw, process or rt (real time)
	Because  string // why, in words
}

// Result is what a check says.
type Result struct {
	Verdict checker.Verdict
	Level   Level
	// Reason is the sentence of the smallest finding that the level forbids, or what is wrong with the history, or what
	// it lacks; "" if the verdict is checker.Holds.
	Reason string
	// Findings are the anomalies of the history, also those that the level allows: first the forbidden ones, the smallest
	// of them first. Of each anomaly at most eight.
	Findings []Finding
	// Count says how often each anomaly was met; of a cycle, in how many components of the graph.
	Count    map[Anomaly]int
	Coverage Coverage
}

// Has tells whether the anomaly was found.
func (r *Result) Has(a Anomaly) bool { return r.Count[a] > 0 }

// mostFindings is how many examples of one anomaly are kept.
const mostFindings = 8

// check is one check under way.
type check struct {
	*index
	level  Level
	lists  bool
	reads  []seenBy
	parent []int32 // by version, the one before it, or none if that is not known
	seen   []bool  // by version: some read showed it
	g      graph
	cov    Coverage
	out    []Finding
	count  map[Anomaly]int
}

// Check tells whether h is a history that a database of the wanted level could have shown.
//
// Violated is certain, whichever order the database chose: dependencies follow from what was read alone. Holds means that
// no anomaly follows from it, which is as much as a history can tell (Elle, VLDB 2020). Level's verdict does not depend on
// a budget: whether a forbidden cycle exists is decided by components, in linear time; only how many examples are shown is bounded.
func Check(h []Txn, opt Options) Result {
	if opt.Level == 0 {
		opt.Level = StrictSerializable
	}
	res := Result{Level: opt.Level}
	x, repeated := newIndex(h)
	if p := cmp.Or(wellTyped(h), sequential(h), repeated); p != nil {
		res.Verdict, res.Reason = checker.Malformed, where(h, p.at)+": "+p.text
		return res
	}
	c := &check{index: x, level: opt.Level, count: make(map[Anomaly]int)}
	c.judgeReads()
	c.build()
	c.measure()
	c.cycles()
	res.Findings, res.Count, res.Coverage = c.sorted(), c.count, c.cov
	missed := opt.Floors.Missed(&c.cov)
	switch {
	case len(res.Findings) > 0 && opt.Level.Proscribes(res.Findings[0].Anomaly):
		res.Verdict, res.Reason = checker.Violated, res.Findings[0].Sentence
	case missed != "":
		res.Verdict, res.Reason = checker.Vacuous, missed
	default:
		res.Verdict = checker.Holds
	}
	return res
}

// judgeReads finds what reads alone tell, and the order of versions.
func (c *check) judgeReads() {
	for i := range c.h {
		if len(c.h[i].Mops) > 0 {
			c.lists = c.h[i].Mops[0].F.lists()
			break
		}
	}
	var orders []listOrder
	if c.lists {
		orders = c.listOrders()
	}
	readBy := c.scan(orders)
	c.parent = make([]int32, len(c.versions))
	for v := range c.parent {
		c.parent[v] = none
	}
	c.seen = make([]bool, len(c.versions))
	for _, r := range c.reads {
		c.seen[r.ver] = true
	}
	if c.lists {
		c.listParents(orders)
	} else {
		c.registerParents(readBy)
	}
}

// build makes the graph of dependencies, and of time as far as the level respects it.
func (c *check) build() {
	n := int32(len(c.h))
	c.g = graph{txns: n, nodes: n}
	childStart, child := grouped(len(c.versions), len(c.versions), func(i int) (int32, int32) { return c.parent[i], int32(i) })
	readStart, reader := grouped(len(c.versions), len(c.reads), func(i int) (int32, int32) { return c.reads[i].ver, c.reads[i].txn })
	var sources []source
	var targets []target
	for v := range c.versions {
		sources, targets = sources[:0], targets[:0]
		w := c.writer(int32(v))
		if w != none {
			sources = append(sources, source{w, kWW})
		}
		for _, r := range reader[readStart[v]:readStart[v+1]] {
			if w != none && w != r {
				c.g.add(w, edge{to: r, ref: int32(v), k: kWR})
			}
			sources = append(sources, source{r, kRW})
		}
		for _, d := range child[childStart[v]:childStart[v+1]] {
			// Versions are numbered as their writers are, so targets ascend.
			if t := c.versions[d].txn; len(targets) == 0 || targets[len(targets)-1].txn != t {
				targets = append(targets, target{t, d})
			}
		}
		c.g.link(sources, targets)
	}
	if !c.lists && c.level.respects()&kRealtime != 0 {
		c.timedVersions(readStart, reader)
	}
	if respects := c.level.respects(); respects != 0 {
		order := byInvoke(c.h)
		c.cov.Process = c.g.processOrder(c.h, order)
		if respects&kRealtime != 0 {
			c.cov.Realtime = c.g.realtimeOrder(c.h, order)
		}
	}
	c.g.seal()
}

// grouped sorts n values by their groups, in linear time; what has none is left out. The order within a group stays.
func grouped(groups, n int, at func(i int) (group, value int32)) (start, values []int32) {
	start = make([]int32, groups+1)
	for i := range n {
		if g, _ := at(i); g != none {
			start[g+1]++
		}
	}
	for i := range groups {
		start[i+1] += start[i]
	}
	values = make([]int32, start[groups])
	next := slices.Clone(start)
	for i := range n {
		if g, v := at(i); g != none {
			values[next[g]] = v
			next[g]++
		}
	}
	return start, values
}

// found notes an anomaly that is no cycle.
func (c *check) found(a Anomaly, key int, sentence string, txns ...int32) {
	if c.count[a]++; c.count[a] > mostFindings {
		return
	}
	f := Finding{Anomaly: a, Key: c.keys[key], Sentence: fmt.Sprintf("%s: %s", a, sentence)}
	for _, t := range txns {
		f.Txns = append(f.Txns, int(t))
	}
	c.out = append(c.out, f)
}

// sorted puts what the level forbids first, then what needs the fewest transactions.
func (c *check) sorted() []Finding {
	rank := func(f Finding) int {
		if c.level.Proscribes(f.Anomaly) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(c.out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(len(a.Txns), len(b.Txns)))
	})
	return c.out
}
