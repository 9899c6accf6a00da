package live

import (
	"container/heap"
	"time"

	"orrery/nodes"
)

// timers are the timers that run, the next one first. They belong to the loop.
type timers struct {
	queue timerQueue
	byTag map[nodes.Tag]*timer
	set   uint64
}

type timer struct {
	tag nodes.Tag
	due time.Duration // monotonic time of the process
	n   uint64        // in which order timers that are due together were set
	at  int           // place in the queue
}

func newTimers() timers { return timers{byTag: map[nodes.Tag]*timer{}} }

// start sets a timer, and replaces one of its tag.
func (t *timers) start(tag nodes.Tag, due time.Duration) {
	t.stop(tag)
	t.set++
	one := &timer{tag: tag, due: due, n: t.set}
	t.byTag[tag] = one
	heap.Push(&t.queue, one)
}

func (t *timers) stop(tag nodes.Tag) {
	if one, running := t.byTag[tag]; running {
		delete(t.byTag, tag)
		heap.Remove(&t.queue, one.at)
	}
}

// next is when the first timer is due.
func (t *timers) next() (due time.Duration, any bool) {
	if len(t.queue) == 0 {
		return 0, false
	}
	return t.queue[0].due, true
}

// pop takes the first timer off, if it is due now. A timer that always sets itself anew keeps
// no other one waiting, because it is due after those that were.
func (t *timers) pop(now time.Duration) (nodes.Tag, bool) {
	if len(t.queue) == 0 || t.queue[0].due > now {
		return nodes.Tag{}, false
	}
	one := heap.Pop(&t.queue).(*timer)
	delete(t.byTag, one.tag)
	return one.tag, true
}

type timerQueue []*timer

func (q timerQueue) Len() int { return len(q) }

func (q timerQueue) Less(i, j int) bool {
	if q[i].due != q[j].due {
		return q[i].due < q[j].due
	}
	return q[i].n < q[j].n
}

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].at, q[j].at = i, j
}

func (q *timerQueue) Push(x any) {
	one := x.(*timer)
	one.at = len(*q)
	*q = append(*q, one)
}

func (q *timerQueue) Pop() any {
	last := len(*q) - 1
	one := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return one
}
