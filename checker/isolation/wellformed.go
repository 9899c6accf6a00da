package isolation

import (
	"cmp"
	"fmt"
	"slices"
)

// WellFormed says what keeps h from being a history of transactions that can be judged, or "". It wants
//
//   - known types and micro-operations, all on lists or all on registers;
//   - ids that are unique, and every element or value written to its key at most once, by whichever transaction;
//   - no Return before its Invoke, and processes that run one transaction at a time.
func WellFormed(h []Txn) string {
	if p := wellFormed(h); p != nil {
		return where(h, p.at) + ": " + p.text
	}
	return ""
}

// A problem is what is wrong with the transaction at a place in the history.
type problem struct {
	at   int
	text string
}

func wrong(at int, format string, args ...any) *problem {
	return &problem{at, fmt.Sprintf(format, args...)}
}

func wellFormed(h []Txn) *problem {
	_, p := newIndex(h)
	return cmp.Or(wellTyped(h), sequential(h), p)
}

// where names a transaction of h, with its line if it has one.
func where(h []Txn, i int) string {
	if h[i].Line > 0 {
		return fmt.Sprintf("line %d: T%d", h[i].Line, h[i].ID)
	}
	return fmt.Sprintf("T%d", h[i].ID)
}

func wellTyped(h []Txn) *problem {
	var first F
	for i := range h {
		t := &h[i]
		if t.Type < OK || t.Type > Info {
			return wrong(i, "it has no type: want ok, fail or info")
		}
		if t.Return < t.Invoke {
			return wrong(i, "it returned at %d, before it was invoked at %d", t.Return, t.Invoke)
		}
		for j := range t.Mops {
			f := t.Mops[j].F
			if f < FAppend || f > FReadReg {
				return wrong(i, "its micro-operation %d is none", j)
			}
			if first == 0 {
				first = f
			}
			if f.lists() != first.lists() {
				return wrong(i, "%q: a history has either lists or registers, not both", t.Mops[j])
			}
		}
	}
	return nil
}

// sequential looks for ids that repeat, and for processes that overlap themselves.
func sequential(h []Txn) *problem {
	ids := make(map[int64]int32, len(h))
	for i := range h {
		if j, ok := ids[h[i].ID]; ok {
			return wrong(i, "the id %d is that of the %d. transaction too", h[i].ID, j+1)
		}
		ids[h[i].ID] = int32(i)
	}
	clear(ids) // from here on: the last transaction of a process
	for _, i := range byInvoke(h) {
		t := &h[i]
		if j, ok := ids[t.Process]; ok && h[j].Return > t.Invoke {
			return wrong(int(i), "it was invoked at %d by process %d, which was busy with T%d until %d",
				t.Invoke, t.Process, h[j].ID, h[j].Return)
		}
		ids[t.Process] = i
	}
	return nil
}

// byInvoke returns the transactions in the order of their invocations, those of one time in the order of their returns.
func byInvoke(h []Txn) []int32 {
	order := make([]int32, len(h))
	for i := range order {
		order[i] = int32(i)
	}
	less := func(a, b int32) int {
		return cmp.Or(cmp.Compare(h[a].Invoke, h[b].Invoke), cmp.Compare(h[a].Return, h[b].Return), cmp.Compare(a, b))
	}
	if !slices.IsSortedFunc(order, less) {
		slices.SortFunc(order, less)
	}
	return order
}
