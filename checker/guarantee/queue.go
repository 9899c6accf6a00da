package guarantee

import (
	"fmt"

	"orrery/checker"
)

// A QueueOp is one operation of a client on a queue.
type QueueOp struct {
	Client  string         `json:"client"`
	Dequeue bool           `json:"dequeue,omitempty"` // else it enqueued Value
	Value   string         `json:"value,omitempty"`   // what went in, or came out
	Empty   bool           `json:"empty,omitempty"`   // a dequeue that was told that there is nothing
	Status  checker.Status `json:"status"`
	Call    int64          `json:"call"`
	Ret     int64          `json:"ret"`
}

// String prints the operation on one line.
func (o QueueOp) String() string {
	f, v := "enqueue", o.Value
	if o.Dequeue {
		f = "dequeue"
		if o.Empty {
			v = "nothing"
		}
	}
	return fmt.Sprintf("%s %s %s [%d,%d] %s", o.Client, f, v, o.Call, o.Ret, o.Status)
}

// QueueOptions say what is asked of a queue.
type QueueOptions struct {
	// Drained tells that the history ends with dequeues until nothing was left. Without it nothing can be called lost.
	Drained bool
	// AtLeastOnce permits that a value comes out more than once.
	AtLeastOnce bool
}

// Queue judges what went in against what came out, in any order: after Jepsen's total-queue, whose duplicates count here
// unless the queue promises no more than at-least-once. Each value is enqueued once. A dequeue with an unknown end may have
// taken one value with it, so that many losses are excused. It takes linear time.
func Queue(h []QueueOp, opt QueueOptions) Report {
	r := NewReport("queue")
	cite := func(places ...int) []Op { return Cite(func(i int) string { return h[i].String() }, places...) }
	in := make(map[string]int)
	for i := range h {
		o := &h[i]
		if o.Ret < o.Call {
			return r.Malformed("operation %d (%s) returned before it was called", i, o)
		}
		if o.Dequeue {
			continue
		}
		if j, twice := in[o.Value]; twice {
			return r.Malformed("operation %d (%s) enqueues what operation %d enqueues: every value must be enqueued once", i, o, j)
		}
		in[o.Value] = i
	}
	q := &queueCheck{r: r, h: h, opt: opt, in: in, out: make(map[string]int), cite: cite}
	for i := range h {
		if o := &h[i]; o.Dequeue && !o.Empty && o.Status != checker.Fail {
			q.take(i, o)
		}
	}
	q.judge()
	drained := 0
	if opt.Drained {
		drained = 1
	}
	r.Measure("acknowledged enqueues", q.acked, 1)
	r.Measure("dequeues", q.dequeued, 1)
	r.Measure("drains", drained, 1)
	r.Measure("enqueues with an unknown end that came out", q.recovered, 0)
	r.Measure("losses that dequeues with an unknown end excuse", q.excused, 0)
	return r.Done()
}

// queueCheck is one check of a queue under way.
type queueCheck struct {
	r       *Report
	h       []QueueOp
	opt     QueueOptions
	in, out map[string]int // by value, the operation that put it in, and the first that took it out
	cite    func(places ...int) []Op

	acked, dequeued, recovered, excused int
	taken                               int // dequeues with an unknown end
}

// take judges a dequeue that may have taken something.
func (q *queueCheck) take(i int, o *QueueOp) {
	if o.Status != checker.OK {
		q.taken++
		return
	}
	q.dequeued++
	e, known := q.in[o.Value]
	j, again := q.out[o.Value]
	switch {
	case !known:
		q.r.Found(Unexpected, o.Value, q.cite(i), "%s took out what nobody had put in", o)
	case q.h[e].Status == checker.Fail:
		q.r.Found(Unexpected, o.Value, q.cite(e, i), "%s took out %s, whose enqueue had failed", o, o.Value)
	case o.Ret < q.h[e].Call:
		q.out[o.Value] = i
		q.r.Found(Unexpected, o.Value, q.cite(e, i), "%s took out %s before it was put in", o, o.Value)
	case again && q.opt.AtLeastOnce:
		q.r.Allowed(Duplicated, o.Value, q.cite(e, j, i), "%s took out %s, which %s had taken out already", o, o.Value, q.h[j].String())
	case again:
		q.r.Found(Duplicated, o.Value, q.cite(e, j, i), "%s took out %s, which %s had taken out already", o, o.Value, q.h[j].String())
	default:
		q.out[o.Value] = i
	}
}

// judge says of each enqueue what became of it.
func (q *queueCheck) judge() {
	for i := range q.h {
		o := &q.h[i]
		_, came := q.out[o.Value]
		switch {
		case o.Dequeue || o.Status == checker.Fail:
		case o.Status == checker.Maybe:
			if came {
				q.recovered++
			}
		default:
			q.acked++
			switch {
			case came || !q.opt.Drained:
			case q.excused < q.taken:
				q.excused++
			default:
				q.r.Found(Lost, o.Value, q.cite(i), "%s was acknowledged, and %s never came out, although the queue was drained", o, o.Value)
			}
		}
	}
}
