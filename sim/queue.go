package sim

import (
	"cmp"
	"slices"
)

// item is an event's place in the queue: when, and which of those at that instant.
type item struct {
	at    int64  // virtual nanoseconds
	order uint64 // the drawn tie in the upper half, the order of pushing in the lower
	slot  uint32 // of the event in the slab
}

func (a *item) before(b *item) bool {
	return a.at < b.at || (a.at == b.at && a.order < b.order)
}

func (a item) compare(b item) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order))
}

// queue is a heap of four children a parent: two levels fewer than a binary heap, and
// the children of one parent share a cache line or two.
//
// A run in which events may overtake each other looks at more than the first of them at every step. Its queue is a sorted
// list, which is a heap too: to put an item in its place costs a copy of those behind it, and to look costs nothing.
type queue struct {
	items  []item
	sorted bool
}

// sort makes a list of the heap, for good.
func (q *queue) sort() {
	if !q.sorted {
		q.sorted = true
		slices.SortFunc(q.items, item.compare)
	}
}

func (q *queue) push(it item) {
	if q.sorted {
		i, _ := slices.BinarySearchFunc(q.items, it, item.compare)
		q.items = slices.Insert(q.items, i, it)
		return
	}
	q.items = append(q.items, it)
	s := q.items
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = it
}

// pop takes the first item; the queue must not be empty.
func (q *queue) pop() item {
	s := q.items
	if q.sorted {
		first := s[0]
		q.items = slices.Delete(s, 0, 1)
		return first
	}
	first, n := s[0], len(s)-1
	it := s[n]
	q.items = s[:n]
	s = s[:n]
	if n == 0 {
		return first
	}
	q.sink(0, it)
	return first
}

// sink puts it where it belongs at or below place i, which is free.
func (q *queue) sink(i int, it item) {
	s := q.items
	n := len(s)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if s[c].before(&s[least]) {
				least = c
			}
		}
		if !s[least].before(&it) {
			break
		}
		s[i] = s[least]
		i = least
	}
	s[i] = it
}
