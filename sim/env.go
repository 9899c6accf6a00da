package sim

import (
	"math/rand/v2"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// environment is a machine as its node sees it: it implements nodes.Env.
type environment Machine

var (
	_ nodes.Env    = (*environment)(nil)
	_ nodes.Marker = (*environment)(nil)
	_ nodes.Noter  = (*environment)(nil)
)

func (e *environment) Self() nodes.ID { return e.id }

func (e *environment) Now() time.Time {
	for _, a := range e.clockFaults {
		a.Bite(1)
	}
	return e.u.epoch.Add(time.Duration(e.clock.wall(e.u.now)))
}

func (e *environment) Monotonic() time.Duration {
	(*Machine)(e).driftBites()
	return time.Duration(e.clock.monotonic(e.u.now) - e.booted)
}

func (e *environment) Rand() *rand.Rand { return e.rand }

func (e *environment) Halt(err error) {
	(*Machine)(e).effect()
	(*Machine)(e).die(halted{err})
}

// Mark counts a coverage mark; one that is broken is a violation.
func (e *environment) Mark(kind nodes.MarkKind, name string, holds bool) {
	u := e.u
	u.marks.hit(kind, name, holds)
	switch {
	case kind == nodes.MarkAlways && !holds:
		u.Violate(name, string(e.id)+": what must always hold here does not")
	case kind == nodes.MarkUnreachable:
		u.Violate(name, string(e.id)+": a place is reached that must never be")
	}
}

func (e *environment) Noting() bool { return e.u.cfg.Recorder != nil }

func (e *environment) Note(text string) {
	if e.u.cfg.Recorder != nil {
		e.u.recordEffect(trace.Event{Kind: trace.Note, Node: string(e.id), Incarnation: e.incarnation, Text: text})
	}
}
