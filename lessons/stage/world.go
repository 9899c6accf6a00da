package stage

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

// World is the cluster of a lesson while it runs. A variant's Build fills it in.
type World struct {
	U       *sim.Universe
	Servers []nodes.ID // what faults may hit
	Clients []nodes.ID
	// Tolerates is how many servers may be broken at once; 0 means the minority.
	Tolerates int
	// Timescale is the protocol's own time-out, around which durations of faults are drawn; 0 means 50 ms.
	Timescale time.Duration
	// Leader is who leads, seen from outside, for faults that strike leaders. Nil if nobody does.
	Leader func() (id nodes.ID, ok bool)
	// Frames asks a cluster that records less than happens to record also what its connections carry.
	Frames bool
	// Done tells that the clients have got all that they wanted. Nil means that nobody wants anything.
	Done func() bool
}

// AddServer adds a machine that may be broken, and starts it.
func (w *World) AddServer(id nodes.ID, build func() nodes.Node) {
	w.Servers = append(w.Servers, id)
	w.U.Add(id, build).Start(0)
}

// AddClient adds a machine that nobody breaks, and starts it.
func (w *World) AddClient(id nodes.ID, build func() nodes.Node) {
	w.Clients = append(w.Clients, id)
	w.U.Add(id, build).Start(0)
}

// Always has an invariant asked after every event; an error is a violation of the property of that name.
func (w *World) Always(property string, holds func() error) {
	w.U.Observe(sim.Observer{After: func(*sim.Machine, trace.Kind) {
		if err := holds(); err != nil {
			w.U.Violate(property, err.Error())
		}
	}})
}

// Scene is what a lesson looks at.
type Scene struct {
	Number   int       // of the lesson
	Variants []Variant // the wrong one first, then the right one
	// Seed decides the weather of a session that is played by hand.
	Seed uint64
	// Demo are steps by which the wrong variant goes wrong, one a line.
	Demo string
	// Codec reads the messages of the cluster, for those who look on.
	Codec nodes.Codec
	// Frame says what bytes on a connection say, "" if that is not known. Nil if the cluster has no connections.
	Frame func(from, to nodes.ID, bytes []byte) string
}

// Variant is a cluster with one piece of code in it.
type Variant struct {
	Name  string // "broken", "fixed", "mine"
	About string // what it does, in a clause
	Build func(w *World)
}

// The names of the two variants that every lesson has.
const (
	Broken = "broken"
	Fixed  = "fixed"
)

// Variant returns the variant of that name; the error says which there are.
func (s *Scene) Variant(name string) (*Variant, error) {
	var names []string
	for i := range s.Variants {
		if s.Variants[i].Name == name {
			return &s.Variants[i], nil
		}
		names = append(names, s.Variants[i].Name)
	}
	return nil, fmt.Errorf("lesson %d has no variant %q: it has %v", s.Number, name, names)
}

// Describe says what a message says, if it knows how to: for stories and lanes.
func (s *Scene) Describe(e *trace.Event) string { return s.words(e.Payload) }

func (s *Scene) words(payload []byte) string {
	if len(payload) == 0 || s.Codec == nil {
		return ""
	}
	m, err := s.Codec.Decode(payload)
	if err != nil {
		return ""
	}
	if w, ok := m.(fmt.Stringer); ok {
		return w.String()
	}
	return m.Kind()
}
