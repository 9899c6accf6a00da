package nemesis

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// Patchwork cuts every direction of a link between two nodes with the probability P, and draws
// anew after every period. Nobody is cut off for long, and nobody hears everything: several
// nodes lead at once, each with a part of the others. What is held back rather than
// cut arrives in the next period, when others lead.
type Patchwork struct {
	P      PPM
	Period time.Duration // on average; 0 means T
	Hold   bool          // hold back, and do not cut
}

func (f *Patchwork) fields() []field {
	return []field{arg(ppmValue{&f.P}), opt("period", durationValue{&f.Period, false}), opt("hold", flagValue{&f.Hold})}
}

// String implements [Fault].
func (f Patchwork) String() string { return write("patchwork", &f) }

// Kind implements [Fault].
func (Patchwork) Kind() *Kind { return kindNamed("patchwork") }

func (f Patchwork) begin(r *run) error {
	if len(r.n.c.Nodes) < 2 {
		return fmt.Errorf("one node has no links")
	}
	period := f.Period
	if period == 0 {
		period = r.n.c.Timescale
	}
	r.mark()
	var p *part
	number := uint64(0)
	var next func()
	next = func() {
		old := p
		p, _ = r.put(f.draw(r, number, 2*period)) // over budget: then nothing is cut in this period
		if old != nil {
			r.take(old)
		}
		r.after(r.around(period, "period", number), "patch", next)
		number++
	}
	next()
	return nil
}

// draw draws which links are cut in a period.
func (f Patchwork) draw(r *run, number uint64, lasts time.Duration) disturbance {
	d := disturbance{link: cut, lasts: lasts}
	if f.Hold {
		d.link = hold
	}
	for _, pair := range directed(r.n.c.Nodes, r.n.c.Nodes) {
		id := trace.Mix(number, linkKey(pair))
		if r.draw("link", id, million) >= million-uint64(f.P) {
			d.pairs = append(d.pairs, pair)
		}
	}
	return d
}

func linkKey(pair [2]nodes.ID) uint64 {
	return trace.Mix(trace.String(string(pair[0])), trace.String(string(pair[1])))
}
