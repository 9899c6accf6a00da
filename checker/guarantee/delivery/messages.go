package delivery

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// Promise is how often a message takes effect.
type Promise uint8

// The promises.
const (
	AtLeastOnce Promise = iota + 1
	AtMostOnce
	ExactlyOnce
)

// The anomalies of messages.
const (
	Lost       guarantee.Anomaly = "lost"       // an acknowledged message never took effect
	Duplicated guarantee.Anomaly = "duplicated" // a message took effect more than once
	Unexpected guarantee.Anomaly = "unexpected" // something took effect that nobody had sent by then, or that had failed
)

// An Op sends a message, or has its effect.
type Op struct {
	Client  string         `json:"client"`
	Effect  bool           `json:"effect,omitempty"` // the message took effect, else it was sent
	Message string         `json:"message"`          // names it; each is sent once, retries of the client included
	Status  checker.Status `json:"status"`           // of an effect: OK if it is committed, Fail if it was taken back
	Call    int64          `json:"call"`
	Ret     int64          `json:"ret"`
}

// String prints the operation on one line.
func (o Op) String() string {
	f := "sent"
	if o.Effect {
		f = "processed"
	}
	return fmt.Sprintf("%s %s %s [%d,%d] %s", o.Client, f, o.Message, o.Call, o.Ret, o.Status)
}

// Messages judges a history of sends and effects. quiet tells that it went on until nothing was left to do.
func Messages(h []Op, promise Promise, quiet bool) guarantee.Report {
	r := guarantee.NewReport("delivery")
	if promise < AtLeastOnce || promise > ExactlyOnce {
		return r.Malformed("want a promise: at least once, at most once or exactly once")
	}
	cite := func(places ...int) []guarantee.Op {
		return guarantee.Cite(func(i int) string { return h[i].String() }, places...)
	}
	sent := make(map[string]int)
	for i := range h {
		o := &h[i]
		if o.Ret < o.Call || o.Status > checker.Fail {
			return r.Malformed("operation %d (%s): want a status that is ok, fail or maybe, and a return after the call", i, o)
		}
		if o.Effect {
			continue
		}
		if j, twice := sent[o.Message]; twice {
			return r.Malformed("operation %d (%s) sends what operation %d sends: every message must be sent once", i, o, j)
		}
		sent[o.Message] = i
	}
	took := make(map[string]int) // by message, its first effect; those with an unknown end too
	effects := 0
	for i := range h {
		o := &h[i]
		if !o.Effect || o.Status == checker.Fail {
			continue
		}
		s, known := sent[o.Message]
		j, again := took[o.Message]
		switch {
		case !known:
			r.Found(Unexpected, o.Message, cite(i), "%s, which nobody had sent", o)
		case h[s].Status == checker.Fail:
			r.Found(Unexpected, o.Message, cite(s, i), "%s, whose sending had failed", o)
		case o.Ret < h[s].Call:
			r.Found(Unexpected, o.Message, cite(s, i), "%s before it was sent", o)
		case again && o.Status == checker.OK && h[j].Status == checker.OK:
			note := r.Found
			if promise == AtLeastOnce {
				note = r.Allowed
			}
			note(Duplicated, o.Message, cite(s, j, i), "%s, and %s", h[j].String(), o)
		}
		if o.Status == checker.OK {
			effects++
		}
		if !again || h[j].Status != checker.OK {
			took[o.Message] = i
		}
	}
	acked := 0
	for i := range h {
		o := &h[i]
		if o.Effect || o.Status != checker.OK {
			continue
		}
		acked++
		if _, there := took[o.Message]; !there && quiet && promise != AtMostOnce {
			r.Found(Lost, o.Message, cite(i), "%s was acknowledged and never processed", o.Message)
		}
	}
	rest := 0
	if quiet {
		rest = 1
	}
	floor := 1
	if promise == AtMostOnce {
		floor = 0
	}
	r.Measure("acknowledged messages", acked, 1)
	r.Measure("effects", effects, 1)
	r.Measure("runs that came to rest", rest, floor)
	return r.Done()
}
