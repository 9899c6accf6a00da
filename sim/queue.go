package sim

// item is an event's place in the queue: when, and which of those at that instant.
type item struct {
	at    int64  // virtual nanoseconds
	order uint64 // the drawn tie in the upper half, the order of pushing in the lower
	slot  uint32 // of the event in the slab
}

func (a *item) before(b *item) bool {
	return a.at < b.at || (a.at == b.at && a.order < b.order)
}

// queue is a heap of four children a parent: two levels fewer than a binary heap, and
// the children of one parent share a cache line or two.
type queue struct{ items []item }

func (q *queue) push(it item) {
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
