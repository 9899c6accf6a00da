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
	out := make(map[string]int)
	dequeued, taken := 0, 0
	for i := range h {
		o := &h[i]
		if !o.Dequeue || o.Empty || o.Status == checker.Fail {
			continue
		}
		if o.Status != checker.OK {
			taken++
			continue
		}
		dequeued++
		e, known := in[o.Value]
		j, again := out[o.Value]
		switch {
		case !known:
			r.Found(Unexpected, o.Value, cite(i), "%s took out what nobody had put in", o)
		case h[e].Status == checker.Fail:
			r.Found(Unexpected, o.Value, cite(e, i), "%s took out %s, whose enqueue had failed", o, o.Value)
		case o.Ret < h[e].Call:
			out[o.Value] = i
			r.Found(Unexpected, o.Value, cite(e, i), "%s took out %s before it was put in", o, o.Value)
		case again && opt.AtLeastOnce:
			r.Allowed(Duplicated, o.Value, cite(e, j, i), "%s took out %s, which %s had taken out already", o, o.Value, h[j].String())
		case again:
			r.Found(Duplicated, o.Value, cite(e, j, i), "%s took out %s, which %s had taken out already", o, o.Value, h[j].String())
		default:
			out[o.Value] = i
		}
	}
	acked, recovered, excused := 0, 0, 0
	for i := range h {
		o := &h[i]
		if _, came := out[o.Value]; o.Dequeue || came {
			if !o.Dequeue && o.Status == checker.Maybe {
				recovered++
			}
			if !o.Dequeue && o.Status == checker.OK {
				acked++
			}
			continue
		}
		if o.Status != checker.OK {
			continue
		}
		acked++
		switch {
		case !opt.Drained:
		case excused < taken:
			excused++
		default:
			r.Found(Lost, o.Value, cite(i), "%s was acknowledged, and %s never came out, although the queue was drained", o, o.Value)
		}
	}
	drained := 0
	if opt.Drained {
		drained = 1
	}
	r.Measure("acknowledged enqueues", acked, 1)
	r.Measure("dequeues", dequeued, 1)
	r.Measure("drains", drained, 1)
	r.Measure("enqueues with an unknown end that came out", recovered, 0)
	r.Measure("losses that dequeues with an unknown end excuse", excused, 0)
	return r.Done()
}
