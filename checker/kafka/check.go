package kafka

import (
	"fmt"

	"orrery/checker"
	"orrery/checker/guarantee"
)

// The anomalies, by Jepsen's names where Jepsen has them.
const (
	InconsistentOffsets guarantee.Anomaly = "inconsistent-offsets" // one offset held two values
	Duplicate           guarantee.Anomaly = "duplicate"            // one value stood at two offsets
	G1a                 guarantee.Anomaly = "G1a"                  // a poll saw a record whose send failed, or was aborted
	PrecommittedRead    guarantee.Anomaly = "precommitted-read"    // a transaction polled what it had sent itself
	LostWrite           guarantee.Anomaly = "lost-write"           // readers went past a committed record without seeing it
	Unseen              guarantee.Anomaly = "unseen"               // nobody saw an acknowledged record until the end
	PollSkip            guarantee.Anomaly = "poll-skip"            // a consumer's next poll left records out
	NonmonotonicPoll    guarantee.Anomaly = "nonmonotonic-poll"    // a consumer's next poll went back
	IntPollSkip         guarantee.Anomaly = "int-poll-skip"        // the same inside one operation
	IntNonmonotonicPoll guarantee.Anomaly = "int-nonmonotonic-poll"
	NonmonotonicSend    guarantee.Anomaly = "nonmonotonic-send" // a producer's next record stands before its last
	IntNonmonotonicSend guarantee.Anomaly = "int-nonmonotonic-send"
	IntSendSkip         guarantee.Anomaly = "int-send-skip" // others wrote between records of one transaction: always allowed
	G0                  guarantee.Anomaly = "G0"            // a circle of writes: always allowed, writes are not isolated
	G1c                 guarantee.Anomaly = "G1c"           // a circle of writes and reads
	G1cProcess          guarantee.Anomaly = "G1c-process"   // the same with the order of processes
	G1cRealtime         guarantee.Anomaly = "G1c-realtime"  // the same with real time
	Phantom             guarantee.Anomaly = "phantom"       // a poll saw a record that nobody sent
	FutureRead          guarantee.Anomaly = "future-read"   // a poll saw a record before it was sent
	WrongPayload        guarantee.Anomaly = "wrong-payload" // a poll saw other bytes than were sent
	OffsetBelowKnown    guarantee.Anomaly = "offset-below-known"
	ConsumedTwice       guarantee.Anomaly = "consumed-twice" // a subscribed consumer saw a record twice: exactly-once forbids it
)

// Options say what is promised. The zero Options are those of a plain log with acks=all.
type Options struct {
	// Final tells that the history ends with polls of everything, until nothing more came: what nobody saw then is gone.
	Final bool
	// WW adds that neighbours in a log were written in that order to the circles that are looked for. Circles with such a
	// step are allowed, because Kafka does not isolate writes.
	WW bool
	// ExactlyOnce forbids that a subscribed process sees a record twice.
	ExactlyOnce bool
	// Uncommitted says that consumers read uncommitted records: then aborted and precommitted reads, and circles, are allowed.
	Uncommitted bool
}

// check is one check under way.
type check struct {
	*index
	r   *guarantee.Report
	opt Options
}

// Check judges a history, which may be in any order of time. Its report names partitions as subjects.
func Check(h []Op, opt Options) guarantee.Report {
	r := guarantee.NewReport("kafka")
	if len(h) > 0 {
		if at, text := wellFormed(h); text != "" {
			return r.Malformed("operation %d (%s): %s", at, h[at].String(), text)
		}
	}
	x, malformed := newIndex(h)
	if malformed != "" {
		return r.Malformed("%s", malformed)
	}
	c := &check{index: x, r: r, opt: opt}
	c.logs()
	c.judgeLogs()
	c.judgeReads()
	c.judgeLoss()
	c.judgeOffsets()
	c.judgeOrder()
	c.judgeCycles()
	c.measure()
	return r.Done()
}

// cite prints operations for a finding.
func (c *check) cite(places ...int32) []guarantee.Op {
	var out []guarantee.Op
	for _, p := range places {
		if p != none && (len(out) == 0 || out[len(out)-1].Index != int(p)) {
			out = append(out, guarantee.Op{Index: int(p), Text: c.h[p].String()})
		}
	}
	return out
}

// found notes an anomaly of a partition; the sentence is only made if it will be kept.
func (c *check) found(a guarantee.Anomaly, allowed bool, part int32, places []int32, format string, args ...any) {
	if !c.r.Wants(a) {
		c.r.Count[a]++
		return
	}
	note := c.r.Found
	if allowed {
		note = c.r.Allowed
	}
	note(a, c.parts[part], c.cite(places...), "%s: %s", a, fmt.Sprintf(format, args...))
}

// wellFormed finds what makes the history none.
func wellFormed(h []Op) (int, string) {
	sorted := byInvoke(h)
	busy := make(map[int64]int32)
	for _, i := range sorted {
		o := &h[i]
		switch {
		case o.Return < o.Invoke:
			return int(i), "it returned before it was invoked"
		case o.Status > checker.Fail:
			return int(i), "its status must be ok, fail or maybe"
		case o.F < Work || o.F > Subscribe:
			return int(i), "its function must be work, assign or subscribe"
		case o.F != Work && len(o.Mops) > 0 || o.F == Work && len(o.Keys) > 0:
			return int(i), "only work has micro-operations, and only assignments have keys"
		}
		for j := range o.Mops {
			m := &o.Mops[j]
			if m.Send && len(m.Records) > 0 || m.Offset < NoOffset {
				return int(i), fmt.Sprintf("micro-operation %d: a send has an offset and no records", j)
			}
			for _, r := range m.Records {
				if r.Offset < 0 {
					return int(i), fmt.Sprintf("micro-operation %d: a polled record has an offset", j)
				}
			}
		}
		if p, ok := busy[o.Process]; ok && h[p].Return > o.Invoke {
			return int(i), fmt.Sprintf("its process was busy with %s", h[p].String())
		}
		busy[o.Process] = i
	}
	return 0, ""
}

// measure says how much the history put to the test.
func (c *check) measure() {
	acked, sends, polls, maybes := 0, 0, 0, 0
	for v := range c.values {
		w := c.values[v].writer
		if w == none {
			continue
		}
		sends++
		switch c.h[w].Status {
		case checker.OK:
			acked++
		case checker.Maybe:
			maybes++
		}
	}
	read := 0
	for v := range c.values {
		if c.values[v].reader != none {
			read++
		}
	}
	for i := range c.h {
		for j := range c.h[i].Mops {
			if !c.h[i].Mops[j].Send && c.h[i].Status == checker.OK {
				polls++
			}
		}
	}
	final := 0
	if c.opt.Final {
		final = 1
	}
	c.r.Measure("operations", len(c.h), 1)
	c.r.Measure("partitions", len(c.parts), 0)
	c.r.Measure("sends", sends, 0)
	c.r.Measure("acknowledged sends", acked, 1)
	c.r.Measure("sends with an unknown end", maybes, 0)
	c.r.Measure("polls", polls, 1)
	c.r.Measure("records polled", len(c.polled), 0)
	c.r.Measure("different records polled", read, 1)
	c.r.Measure("acknowledged sends that nobody polled", c.unseen, 0)
	c.r.Measure("final polls", final, 0)
	c.r.Measure("worst lag of a poll", int(c.lag), 0)
	c.r.Measure("steps of consumers that had to be in order", c.steps, 0)
}
