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
	m := &messages{r: r, h: h, promise: promise, sent: sent, took: make(map[string]int), cite: cite}
	for i := range h {
		if o := &h[i]; o.Effect && o.Status != checker.Fail {
			m.effect(i, o)
		}
	}
	m.loss(quiet)
	rest := 0
	if quiet {
		rest = 1
	}
	floor := 1
	if promise == AtMostOnce {
		floor = 0
	}
	r.Measure("acknowledged messages", m.acked, 1)
	r.Measure("effects", m.effects, 1)
	r.Measure("runs that came to rest", rest, floor)
	return r.Done()
}

// messages is one check under way.
type messages struct {
	r       *guarantee.Report
	h       []Op
	promise Promise
	sent    map[string]int
	took    map[string]int // by message, its first effect that is committed, or else one with an unknown end
	cite    func(places ...int) []guarantee.Op

	acked, effects int
}

// effect judges an effect that may be there.
func (m *messages) effect(i int, o *Op) {
	s, known := m.sent[o.Message]
	j, again := m.took[o.Message]
	switch {
	case !known:
		m.r.Found(Unexpected, o.Message, m.cite(i), "%s, which nobody had sent", o)
	case m.h[s].Status == checker.Fail:
		m.r.Found(Unexpected, o.Message, m.cite(s, i), "%s, whose sending had failed", o)
	case o.Ret < m.h[s].Call:
		m.r.Found(Unexpected, o.Message, m.cite(s, i), "%s before it was sent", o)
	case again && o.Status == checker.OK && m.h[j].Status == checker.OK:
		note := m.r.Found
		if m.promise == AtLeastOnce {
			note = m.r.Allowed
		}
		note(Duplicated, o.Message, m.cite(s, j, i), "%s, and %s", m.h[j].String(), o)
	}
	if o.Status == checker.OK {
		m.effects++
	}
	if !again || m.h[j].Status != checker.OK {
		m.took[o.Message] = i
	}
}

// loss judges what never took effect.
func (m *messages) loss(quiet bool) {
	for i := range m.h {
		o := &m.h[i]
		if o.Effect || o.Status != checker.OK {
			continue
		}
		m.acked++
		if _, there := m.took[o.Message]; !there && quiet && m.promise != AtMostOnce {
			m.r.Found(Lost, o.Message, m.cite(i), "%s was acknowledged and never processed", o.Message)
		}
	}
}
