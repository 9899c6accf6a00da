package nemesis

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/sim"
	"orrery/trace"
)

var hold = sim.LinkFault{Hold: true}

// Clog holds back what the links carry. When it ends, everything arrives at once, in any
// order: a message from long ago, of a leader that is none any more, after all
// that has happened since.
type Clog struct {
	Links   Links
	Clients bool // the links to clients too
}

func (f *Clog) fields() []field {
	return []field{arg(linksValue{&f.Links}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Clog) String() string { return write("clog", &f) }

// Kind implements [Fault].
func (Clog) Kind() *Kind { return kindNamed("clog") }

func (f Clog) begin(r *run) error { return r.keepLinks(f.Links, f.Clients, hold) }

// Swizzle clogs the links of a drawn half of the nodes, one node after another in the first
// half of its time, and unclogs them one after another in the second half, in an order of its
// own; and it clogs some drawn pairs for a while. After FoundationDB's swizzle-clogging.
type Swizzle struct {
	For   time.Duration // from the first clog to the last; 0 means 4 T
	Pairs int           // drawn directed pairs that are clogged besides
}

func (f *Swizzle) fields() []field {
	return []field{opt("for", durationValue{&f.For, false}), opt("pairs", countValue{&f.Pairs, 100})}
}

// String implements [Fault].
func (f Swizzle) String() string { return write("swizzle", &f) }

// Kind implements [Fault].
func (Swizzle) Kind() *Kind { return kindNamed("swizzle") }

func (f Swizzle) begin(r *run) error {
	span := f.For
	if span == 0 {
		span = 4 * r.n.c.Timescale
	}
	if len(r.n.c.Nodes) < 2 {
		return fmt.Errorf("one node has no links")
	}
	r.mark()
	all := r.n.c.Nodes
	first := r.draw("first", 0, uint64(len(all)))
	for i, id := range all {
		who := trace.String(string(id))
		chosen, on, off := r.draw("chosen", who, 2), r.draw("clog", who, 1<<16), r.draw("unclog", who, 1<<16)
		if chosen == 1 || uint64(i) == first {
			r.clogFor([]nodes.ID{id}, bothWays([]nodes.ID{id}, all), portion(span/2, on), span/2+portion(span/2, off))
		}
	}
	for i := range uint64(f.Pairs) {
		from := r.draw("pair from", i, uint64(len(all)))
		to := (from + 1 + r.draw("pair to", i, uint64(len(all)-1))) % uint64(len(all))
		on, off := portion(span, r.draw("pair clog", i, 1<<16)), portion(span, r.draw("pair unclog", i, 1<<16))
		r.clogFor(nil, [][2]nodes.ID{{all[from], all[to]}}, min(on, off), max(on, off))
	}
	return nil
}

// clogFor clogs links from one moment to another.
func (r *run) clogFor(whom []nodes.ID, pairs [][2]nodes.ID, from, to time.Duration) {
	r.after(from, "clog", func() {
		p, err := r.put(disturbance{whom: whom, pairs: pairs, link: hold})
		if err != nil {
			return // the budget does not allow this one
		}
		r.after(to-from, "unclog", func() { r.take(p) })
	})
}

// portion is that part of d for which a draw below 2^16 stands.
func portion(d time.Duration, draw uint64) time.Duration {
	return d * time.Duration(draw) >> 16
}
