package session

import "time"

// expiryQueue is ZooKeeper's ExpiryQueue: sessions in buckets, one a tick, so that a touch costs the move from
// one list to another, and most touches cost nothing.
type expiryQueue struct {
	tick    int64 // in ms, like all times here
	due     int64 // the bucket that is drained next
	buckets map[int64]*bucket
}

// bucket is a doubly linked list, in the order of arrival.
type bucket struct{ first, last *entry }

func newExpiryQueue(tick time.Duration, now time.Duration) *expiryQueue {
	q := &expiryQueue{tick: max(tick.Milliseconds(), 1), buckets: map[int64]*bucket{}}
	q.due = q.round(now.Milliseconds())
	return q
}

// round is the end of the tick in which the time lies.
func (q *expiryQueue) round(ms int64) int64 { return (ms/q.tick + 1) * q.tick }

// update moves the session to the bucket of now + timeout.
func (q *expiryQueue) update(e *entry, now, timeout time.Duration) {
	expires := q.round((now + timeout).Milliseconds())
	if e.in != nil && e.expires == expires {
		return
	}
	e.unlink(q)
	b := q.buckets[expires]
	if b == nil {
		b = &bucket{}
		q.buckets[expires] = b
	}
	e.expires, e.in, e.prev = expires, b, b.last
	if b.last == nil {
		b.first = e
	} else {
		b.last.next = e
	}
	b.last = e
}

// unlink takes the session out of its bucket, if it is in one.
func (e *entry) unlink(q *expiryQueue) {
	b := e.in
	if b == nil {
		return
	}
	if e.prev == nil {
		b.first = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		b.last = e.prev
	} else {
		e.next.prev = e.prev
	}
	if b.first == nil {
		delete(q.buckets, e.expires)
	}
	e.in, e.prev, e.next = nil, nil, nil
}

// drain takes out the sessions whose bucket is over.
func (q *expiryQueue) drain(now time.Duration) []*entry {
	var over []*entry
	for ms := now.Milliseconds(); ms >= q.due; q.due += q.tick {
		b := q.buckets[q.due]
		for b != nil && b.first != nil {
			e := b.first
			e.unlink(q)
			over = append(over, e)
		}
	}
	return over
}

// next is the time at which drain has something to look at.
func (q *expiryQueue) next() time.Duration { return time.Duration(q.due) * time.Millisecond }
