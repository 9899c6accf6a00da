package guarantee

import (
	"cmp"
	"fmt"
	"slices"

	"orrery/checker"
)

// An IDOp is one request for a unique identifier.
type IDOp struct {
	Client string         `json:"client"`
	ID     string         `json:"id,omitempty"`
	Status checker.Status `json:"status"`
	Call   int64          `json:"call"`
	Ret    int64          `json:"ret"`
}

// String prints the request on one line.
func (o IDOp) String() string {
	return fmt.Sprintf("%s got %s [%d,%d] %s", o.Client, o.ID, o.Call, o.Ret, o.Status)
}

// UniqueIDs judges a generator of identifiers: no two successful requests may have been given the same.
func UniqueIDs(h []IDOp) Report {
	r := NewReport("unique-ids")
	first := make(map[string]int, len(h))
	acked := 0
	for i := range h {
		o := &h[i]
		if o.Ret < o.Call {
			return r.Malformed("operation %d (%s) returned before it was called", i, o)
		}
		if o.Status != checker.OK {
			continue
		}
		acked++
		if j, twice := first[o.ID]; twice {
			ops := Cite(func(i int) string { return h[i].String() }, j, i)
			r.Found(Duplicated, o.ID, ops, "%s was given to %s and to %s", o.ID, h[j].String(), o)
			continue
		}
		first[o.ID] = i
	}
	r.Measure("identifiers", acked, 2)
	return r.Done()
}

// OutOfBounds is a counter's value that no order of its adds can have made.
const OutOfBounds Anomaly = "out-of-bounds"

// A CounterOp is one operation of a client on a counter.
type CounterOp struct {
	Client string         `json:"client"`
	Read   bool           `json:"read,omitempty"` // Value was read, else it was added, and may be negative
	Value  int64          `json:"value"`
	Status checker.Status `json:"status"`
	Call   int64          `json:"call"`
	Ret    int64          `json:"ret"`
}

// String prints the operation on one line.
func (o CounterOp) String() string {
	f := "add"
	if o.Read {
		f = "read"
	}
	return fmt.Sprintf("%s %s %d [%d,%d] %s", o.Client, f, o.Value, o.Call, o.Ret, o.Status)
}

// Counter judges a counter that starts at 0 by bounds: a read shows at least what all adds that had certainly happened make
// with those of the possible ones that lower it, and at most what they make with those that raise it. This is necessary for
// linearizability and not enough for it: reads are not compared with each other. It takes O(n log n).
func Counter(h []CounterOp) Report {
	r := NewReport("counter")
	var adds, reads []int
	acked := 0
	for i := range h {
		o := &h[i]
		switch {
		case o.Ret < o.Call:
			return r.Malformed("operation %d (%s) returned before it was called", i, o)
		case o.Read && o.Status == checker.OK:
			reads = append(reads, i)
		case !o.Read && o.Status != checker.Fail:
			adds = append(adds, i)
			if o.Status == checker.OK {
				acked++
			}
		}
	}
	// Each read has its bounds from two sweeps: over what had ended when it was called, and over what was called when it ended.
	low, high := make([]int64, len(h)), make([]int64, len(h))
	ended := slices.Clone(adds)
	ended = slices.DeleteFunc(ended, func(i int) bool { return h[i].Status != checker.OK })
	slices.SortStableFunc(ended, func(a, b int) int { return cmp.Compare(h[a].Ret, h[b].Ret) })
	slices.SortStableFunc(reads, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
	n := 0
	var certainLow, certainHigh int64 // what certainty adds to the lower bound, and takes from the upper
	for _, i := range reads {
		for ; n < len(ended) && h[ended[n]].Ret < h[i].Call; n++ {
			certainLow += max(h[ended[n]].Value, 0)
			certainHigh += min(h[ended[n]].Value, 0)
		}
		low[i], high[i] = certainLow, certainHigh
	}
	slices.SortStableFunc(adds, func(a, b int) int { return cmp.Compare(h[a].Call, h[b].Call) })
	slices.SortStableFunc(reads, func(a, b int) int { return cmp.Compare(h[a].Ret, h[b].Ret) })
	n = 0
	var possibleLow, possibleHigh int64
	forced := 0
	for _, i := range reads {
		for ; n < len(adds) && h[adds[n]].Call <= h[i].Ret; n++ {
			possibleLow += min(h[adds[n]].Value, 0)
			possibleHigh += max(h[adds[n]].Value, 0)
		}
		l, u := low[i]+possibleLow, high[i]+possibleHigh
		if l > 0 || u < 0 {
			forced++
		}
		if v := h[i].Value; v < l || v > u {
			ops := Cite(func(i int) string { return h[i].String() }, i)
			r.Found(OutOfBounds, "", ops, "%s, when the adds before it and around it left only %d to %d", h[i].String(), l, u)
		}
	}
	r.Measure("acknowledged adds", acked, 1)
	r.Measure("reads", len(reads), 1)
	r.Measure("reads that could not be 0", forced, 1)
	return r.Done()
}
