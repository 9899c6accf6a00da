package sim

import (
	"orrery/nodes"
	"orrery/trace"
)

// Observer watches a universe from outside, for invariants and ghost state. Nil fields
// are not called. An observer changes nothing; it may call Violate.
type Observer struct {
	// Sent sees every datagram as it is sent, before it is encoded.
	Sent func(from *Machine, to nodes.ID, m nodes.Message)
	// After sees every machine on which something has just happened. The machine may be
	// down by now.
	After func(m *Machine, kind trace.Kind)
	// Ended sees every end of a process, with the node as it was.
	Ended func(m *Machine, last nodes.Node)
}

// Observe adds an observer.
func (u *Universe) Observe(o Observer) { u.observers = append(u.observers, o) }

func (u *Universe) after(m *Machine, kind trace.Kind) {
	for i := range u.observers {
		if f := u.observers[i].After; f != nil {
			f(m, kind)
		}
	}
	if u.cfg.States && u.cfg.Recorder != nil {
		u.recordState(m)
	}
}
