package guarantee

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"orrery/checker"
)

// Anomalies of snapshots.
const (
	Fork    Anomaly = "long-fork"      // of two reads each saw a write that the other did not
	Reverse Anomaly = "causal-reverse" // a read saw a write and not one that had ended before that began
)

// A SnapshotOp writes one key, or reads several at once. Each key is written at most once.
type SnapshotOp struct {
	Client string         `json:"client"`
	Write  string         `json:"write,omitempty"` // the key written; "" of a read
	Keys   []string       `json:"keys,omitempty"`  // what a read asked for
	Seen   []string       `json:"seen,omitempty"`  // those of Keys that it saw written
	Status checker.Status `json:"status"`
	Call   int64          `json:"call"`
	Ret    int64          `json:"ret"`
}

// String prints the operation on one line.
func (o SnapshotOp) String() string {
	if o.Write != "" {
		return fmt.Sprintf("%s write %s [%d,%d] %s", o.Client, o.Write, o.Call, o.Ret, o.Status)
	}
	return fmt.Sprintf("%s read {%s} of {%s} [%d,%d] %s", o.Client, strings.Join(o.Seen, " "), strings.Join(o.Keys, " "), o.Call, o.Ret, o.Status)
}

// snapshots is what a history of SnapshotOps holds.
type snapshots struct {
	h      []SnapshotOp
	writes map[string]int
	reads  []int
	saw    int
}

// newSnapshots sorts the operations, and reports reads of what nobody wrote. ok is false if h is no history.
func newSnapshots(r *Report, h []SnapshotOp) (s *snapshots, malformed string) {
	s = &snapshots{h: h, writes: make(map[string]int)}
	for i := range h {
		o := &h[i]
		switch j, twice := s.writes[o.Write]; {
		case o.Ret < o.Call:
			return nil, fmt.Sprintf("operation %d (%s) returned before it was called", i, o)
		case o.Write != "" && twice:
			return nil, fmt.Sprintf("operation %d (%s) writes what operation %d writes: every key must be written once", i, o, j)
		case o.Write != "":
			s.writes[o.Write] = i
		case o.Status == checker.OK:
			s.reads = append(s.reads, i)
		}
	}
	for _, i := range s.reads {
		for _, k := range h[i].Seen {
			s.saw++
			if w, ok := s.writes[k]; !ok || h[w].Status == checker.Fail || h[i].Ret < h[w].Call {
				r.Found(Unexpected, k, s.cite(i), "%s saw %s, which nobody had written by then", h[i].String(), k)
			}
		}
	}
	return s, ""
}

func (s *snapshots) cite(places ...int) []Op {
	return Cite(func(i int) string { return s.h[i].String() }, places...)
}

// LongFork looks for two reads of the same keys of which each saw a write that the other did not: parallel snapshot
// isolation allows it, snapshot isolation does not. Reads of the same keys must form a chain, so they are sorted by how much
// they saw, and neighbours are compared: O(n log n) for keys of bounded number.
func LongFork(h []SnapshotOp) Report {
	r := NewReport("long-fork")
	s, malformed := newSnapshots(r, h)
	if malformed != "" {
		return r.Malformed("%s", malformed)
	}
	groups := make(map[string][]int)
	var names []string
	sorted := make([][]string, len(h))
	for _, i := range s.reads {
		sorted[i] = slices.Clone(h[i].Seen)
		slices.Sort(sorted[i])
		keys := slices.Clone(h[i].Keys)
		slices.Sort(keys)
		g := fmt.Sprintf("%q", keys)
		if groups[g] == nil {
			names = append(names, g)
		}
		groups[g] = append(groups[g], i)
	}
	compared := 0
	for _, g := range names {
		reads := groups[g]
		slices.SortStableFunc(reads, func(a, b int) int {
			return cmp.Or(cmp.Compare(len(sorted[a]), len(sorted[b])), slices.Compare(sorted[a], sorted[b]))
		})
		for n := 1; n < len(reads); n++ {
			a, b := reads[n-1], reads[n]
			if slices.Equal(sorted[a], sorted[b]) {
				continue
			}
			compared++
			k, apart := missing(sorted[a], sorted[b])
			if !apart {
				continue
			}
			l, _ := missing(sorted[b], sorted[a])
			places := []int{a, b}
			for _, key := range []string{k, l} {
				if w, ok := s.writes[key]; ok {
					places = append(places, w)
				}
			}
			r.Found(Fork, g, s.cite(places...), "%s saw %s and not %s, but %s saw %s and not %s", h[a].String(), k, l, h[b].String(), l, k)
		}
	}
	r.Measure("reads", len(s.reads), 1)
	r.Measure("writes seen", s.saw, 1)
	r.Measure("different reads of the same keys", compared, 1)
	return r.Done()
}

// missing returns an element of a that is not in b. Both are sorted.
func missing(a, b []string) (string, bool) {
	for _, x := range a {
		if _, in := slices.BinarySearch(b, x); !in {
			return x, true
		}
	}
	return "", false
}

// CausalReverse looks for reads that saw a write, and did not see one that had been acknowledged before that write was
// called: what strict serializability forbids and serializability allows. It takes time linear in what reads saw and asked
// for, beside sorting.
func CausalReverse(h []SnapshotOp) Report {
	r := NewReport("causal-reverse")
	s, malformed := newSnapshots(r, h)
	if malformed != "" {
		return r.Malformed("%s", malformed)
	}
	tested := 0
	for _, i := range s.reads {
		last := -1 // the write that it saw and that was called last
		seen := make(map[string]bool, len(h[i].Seen))
		for _, k := range h[i].Seen {
			seen[k] = true
			if w, ok := s.writes[k]; ok && (last < 0 || h[w].Call > h[last].Call) {
				last = w
			}
		}
		if last < 0 {
			continue
		}
		for _, k := range h[i].Keys {
			w, ok := s.writes[k]
			if !ok || h[w].Status != checker.OK || h[w].Ret >= h[last].Call {
				continue
			}
			if tested++; !seen[k] {
				r.Found(Reverse, k, s.cite(w, last, i), "%s saw %s and not %s, although %s had ended before %s began",
					h[i].String(), h[last].Write, k, h[w].String(), h[last].String())
			}
		}
	}
	r.Measure("reads", len(s.reads), 1)
	r.Measure("writes that reads had to see", tested, 1)
	return r.Done()
}
