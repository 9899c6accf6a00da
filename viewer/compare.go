package viewer

import (
	"slices"
	"time"

	"orrery/trace"
)

// Side says which of two runs an event is of, in a page that compares them.
type Side uint8

// The sides.
const (
	InBoth Side = iota
	OnlyA
	OnlyB
)

// Compare makes one run of two that were put beside each other, for a page: what happened in both once, and what
// happened in one of them, or otherwise in the other, as of that side. An event that came at another time is
// in both; what is only in B stands at the time that it would have had in A, as far as the events of both tell.
// Events are numbered anew, and machines have no states.
func Compare(a, b []trace.Event) (events []trace.Event, sides []Side) {
	m := merger{a: a, b: b, number: [2]map[uint64]uint64{{}, {}}}
	var onlyA, onlyB []int
	flush := func() {
		m.between(onlyA, onlyB)
		onlyA, onlyB = onlyA[:0], onlyB[:0]
	}
	for _, r := range trace.Align(a, b).Rows {
		switch {
		case r.A >= 0 && r.B >= 0 && timesAlone(r.Fields):
			flush()
			m.shift = a[r.A].At - b[r.B].At
			m.add(r.A, r.B, InBoth)
			continue
		case r.A >= 0 && r.B >= 0:
			flush()
		}
		if r.A >= 0 {
			onlyA = append(onlyA, r.A)
		}
		if r.B >= 0 {
			onlyB = append(onlyB, r.B)
		}
	}
	flush()
	return m.events, m.sides
}

// timesAlone tells whether nothing but times differs.
func timesAlone(fields []string) bool {
	return !slices.ContainsFunc(fields, func(f string) bool { return f != "t" && f != "lt" && f != "d" })
}

// merger makes one run of two.
type merger struct {
	a, b   []trace.Event
	shift  time.Duration        // from times of B to those of A
	number [2]map[uint64]uint64 // of A and of B: the new number of an old one
	seq    uint64
	at     time.Duration
	events []trace.Event
	sides  []Side
}

// between adds what happened between two events of both, by its times.
func (m *merger) between(onlyA, onlyB []int) {
	for len(onlyA) > 0 || len(onlyB) > 0 {
		if len(onlyB) == 0 || len(onlyA) > 0 && m.a[onlyA[0]].At <= m.b[onlyB[0]].At+m.shift {
			m.add(onlyA[0], -1, OnlyA)
			onlyA = onlyA[1:]
		} else {
			m.add(-1, onlyB[0], OnlyB)
			onlyB = onlyB[1:]
		}
	}
}

// add adds an event. Effects of one event keep together if nothing else came between.
func (m *merger) add(i, j int, side Side) {
	var e trace.Event
	if side == OnlyB {
		e = m.b[j]
		e.At += m.shift
		e.Local += m.shift
	} else {
		e = m.a[i]
	}
	own := m.number[0]
	if side == OnlyB {
		own = m.number[1]
	}
	if n := own[e.Seq]; n == 0 || n != m.seq {
		m.seq++
	}
	own[e.Seq] = m.seq
	if side == InBoth {
		m.number[1][m.b[j].Seq] = m.seq
	}
	e.Seq, e.CauseSeq, e.State = m.seq, own[e.CauseSeq], ""
	m.at = max(m.at, e.At)
	e.At = m.at
	m.events = append(m.events, e)
	m.sides = append(m.sides, side)
}
