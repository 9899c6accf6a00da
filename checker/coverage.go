package checker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Coverage says how much a history put to the test. A check that says Holds of a history in which nothing could have
// gone wrong is worth nothing, so the numbers stand beside every verdict.
type Coverage struct {
	Ops     [FCount][StatusCount]int // operations by function and ending
	Clients int                      // how many there were; a session counts as one
	// Telling counts the answers that named a value which was not there from the beginning: reads of a value written in
	// this history, scans that found a key, compare-and-sets that met such a value, elements taken from a queue, tokens of
	// a lock, refusals.
	Telling int
	// Forced counts, from below, the reads that could have had one answer only: the last change before the read had ended
	// before it, after all others, and none was under way. Of objects that are no maps: the answers that were given while
	// no change of the object was under way.
	Forced int
	// Concurrent counts the pairs of operations that overlapped in time; a Maybe counts until its client gave up.
	Concurrent int
}

// Total is the number of operations.
func (c *Coverage) Total() int {
	n := 0
	for f := range c.Ops {
		n += c.Of(F(f))
	}
	return n
}

// Of is the number of operations of one function.
func (c *Coverage) Of(f F) int {
	n := 0
	for _, k := range c.Ops[f] {
		n += k
	}
	return n
}

// With is the number of operations with one ending.
func (c *Coverage) With(s Status) int {
	n := 0
	for f := range c.Ops {
		n += c.Ops[f][s]
	}
	return n
}

// String prints the coverage on one line.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d operations (%d ok, %d maybe, %d fail, %d mismatch), %d telling answers, %d forced, %d concurrent pairs",
		c.Total(), c.With(OK), c.With(Maybe), c.With(Fail), c.With(Mismatch), c.Telling, c.Forced, c.Concurrent)
	return b.String()
}

// clients counts the sessions, and the clients that have none.
func (h History) clients() int {
	who := make(map[string]struct{}, 16)
	last := ""
	for i := range h {
		if w := h[i].who(); w != last || i == 0 {
			who[w] = struct{}{}
			last = w
		}
	}
	return len(who)
}

// Floors is what must have happened before nothing wrong means something right.
type Floors struct {
	Ops        int  // at least this many operations
	EachF      bool // every function that was called succeeded at least once
	Clients    int  // by at least this many clients
	Telling    int  // at least this many telling answers
	Forced     int
	Concurrent int
}

// DefaultFloors asks for one operation, for one success of everything that was tried, and for one answer that showed a
// written value.
var DefaultFloors = Floors{Ops: 1, EachF: true, Telling: 1}

// Missed says which floor was missed, or "".
func (f *Floors) Missed(c *Coverage) string {
	total := c.Total()
	if total == 0 {
		return "the history is empty"
	}
	if total < f.Ops {
		return fmt.Sprintf("%d operations, want at least %d", total, f.Ops)
	}
	if f.EachF {
		for i := range c.Ops {
			if n := c.Of(F(i)); n > 0 && c.Ops[i][OK] == 0 {
				return fmt.Sprintf("no %s succeeded, of %d", F(i), n)
			}
		}
	}
	for _, m := range []struct {
		have, want int
		what       string
	}{
		{c.Clients, f.Clients, "clients"},
		{c.Telling, f.Telling, "answers that showed a written value"},
		{c.Forced, f.Forced, "reads with one possible answer"},
		{c.Concurrent, f.Concurrent, "pairs of concurrent operations"},
	} {
		if m.have < m.want && m.have == 1 && m.what == "clients" {
			return fmt.Sprintf("1 client, want at least %d", m.want)
		}
		if m.have < m.want {
			return fmt.Sprintf("%d %s, want at least %d", m.have, m.what, m.want)
		}
	}
	return ""
}

// coverageScratch is the memory of a coverage count.
type coverageScratch struct {
	ends    []int64
	changes []change
	forced  []change
}

// A change is an operation of a key that changes it, or, in forced, one that read it.
type change struct {
	key       int32
	call, end int64
	maxEnd    int64 // of the changes of the key up to this one, this one left out
}

func (s *scratch) coverage(h History) Coverage {
	var c Coverage
	for i := range h {
		c.Ops[h[i].F][h[i].Status]++
	}
	c.Clients = h.clients()
	initial := s.val(s.initial)
	for i := range s.ops {
		if s.telling(&s.ops[i], initial) {
			c.Telling++
		}
	}
	c.Concurrent = concurrentPairs(h, s.order, &s.cov.ends)
	c.Forced = s.forcedReads()
	return c
}

func (s *scratch) telling(o *iop, initial int32) bool {
	switch o.kind {
	case kRead, kCAS, kAppend:
		return !o.maybe && o.a != noVal && o.a != initial
	case kScan:
		return len(s.h[o.src].Pairs) > 0
	}
	return false
}

// concurrentPairs counts, for every operation, those that were open when it was called.
func concurrentPairs(h History, order []int32, memory *[]int64) int {
	ends := slices.Grow((*memory)[:0], len(h))
	for i := range h {
		ends = append(ends, h[i].Ret)
	}
	slices.Sort(ends)
	*memory = ends
	pairs, ended := 0, 0
	for n, i := range order {
		for ended < len(ends) && ends[ended] < h[i].Call {
			ended++
		}
		pairs += n - ended
	}
	return pairs
}

// forcedReads counts the reads of one key before which all changes had ended, the last of them after the others.
func (s *scratch) forcedReads() int {
	changes, reads := s.cov.changes[:0], s.cov.forced[:0]
	for i := range s.ops {
		o := &s.ops[i]
		switch o.kind {
		case kRead:
			reads = append(reads, change{key: o.key, call: o.call, end: o.end})
		case kWrite, kCAS, kAppend:
			changes = append(changes, change{key: o.key, call: o.call, end: o.end})
		}
	}
	s.cov.changes, s.cov.forced = changes, reads
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.key, b.key) })
	for i := range changes {
		changes[i].maxEnd = -1 << 63
		if i > 0 && changes[i-1].key == changes[i].key {
			changes[i].maxEnd = max(changes[i-1].maxEnd, changes[i-1].end)
		}
	}
	n := 0
	for _, r := range reads {
		i, _ := slices.BinarySearchFunc(changes, r, func(c, r change) int {
			return cmp.Or(cmp.Compare(c.key, r.key), cmp.Compare(c.call, r.end+1))
		})
		if i == 0 || changes[i-1].key != r.key {
			n++ // nothing had changed the key yet
			continue
		}
		if w := changes[i-1]; w.end < r.call && w.maxEnd < w.call {
			n++
		}
	}
	return n
}
