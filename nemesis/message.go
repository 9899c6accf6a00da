package nemesis

import (
	"time"

	"orrery/sim"
)

// Loss loses messages when they should arrive, each by itself.
type Loss struct {
	Links   Links
	P       PPM
	Clients bool // messages from and to clients too: then requests are answered, and the answer is lost
}

func (f *Loss) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Loss) String() string { return write("loss", &f) }

// Kind implements [Fault].
func (Loss) Kind() *Kind { return kindNamed("loss") }

func (f Loss) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{LossPPM: uint64(f.P)})
}

// BurstyLoss loses messages in bursts: of a good state and a bad one, by turns, only
// the bad one loses any (Gilbert and Elliott's model of a channel, by time rather
// than by message, and with one state for all links).
type BurstyLoss struct {
	Links Links
	P     PPM           // in the bad state
	Bad   time.Duration // how long the bad state lasts, on average; 0 means T/8
	Good  time.Duration // and the good one; 0 means T/2
}

func (f *BurstyLoss) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P}),
		opt("bad", durationValue{&f.Bad, false}), opt("good", durationValue{&f.Good, false})}
}

// String implements [Fault].
func (f BurstyLoss) String() string { return write("bursty-loss", &f) }

// Kind implements [Fault].
func (BurstyLoss) Kind() *Kind { return kindNamed("bursty-loss") }

func (f BurstyLoss) begin(r *run) error {
	bad, good := f.Bad, f.Good
	if bad == 0 {
		bad = r.n.c.Timescale / 8
	}
	if good == 0 {
		good = r.n.c.Timescale / 2
	}
	choices, err := r.resolveLinks(f.Links, 0, false, sim.LinkFault{LossPPM: uint64(f.P)})
	if err != nil {
		return err
	}
	d := choices[0]
	r.mark()
	if _, err = r.put(d); err != nil {
		return err
	}
	number := uint64(0)
	var turn func()
	turn = func() {
		number++
		if number%2 == 1 {
			for len(r.parts) > 0 {
				r.take(r.parts[0])
			}
			r.after(r.around(good, "good", number), "burst", turn)
			return
		}
		_, _ = r.put(d) // what was allowed before may now be too much: then this burst is left out
		r.after(r.around(bad, "bad", number), "lull", turn)
	}
	r.after(r.around(bad, "bad", 0), "lull", turn)
	return nil
}

// Duplicate delivers messages twice, each copy with a delay of its own.
type Duplicate struct {
	Links   Links
	P       PPM
	Clients bool // messages from and to clients too
}

func (f *Duplicate) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Duplicate) String() string { return write("duplicate", &f) }

// Kind implements [Fault].
func (Duplicate) Kind() *Kind { return kindNamed("duplicate") }

func (f Duplicate) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{DuplicatePPM: uint64(f.P)})
}

// Delay adds to the time that messages and frames need.
type Delay struct {
	Links   Links
	By      time.Duration
	Jitter  time.Duration // what comes on top of By, on average: exponentially distributed
	Clients bool          // messages from and to clients too
}

func (f *Delay) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(durationValue{&f.By, false}),
		opt("jitter", durationValue{&f.Jitter, false}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f Delay) String() string { return write("delay", &f) }

// Kind implements [Fault].
func (Delay) Kind() *Kind { return kindNamed("delay") }

func (f Delay) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{Delay: sim.Dist{Min: f.By, Mean: f.Jitter}})
}

// Reorder makes some messages late, by up to By and log-uniformly, so that others that
// were sent later overtake them. The bytes of a connection keep their order.
type Reorder struct {
	Links Links
	P     PPM
	By    time.Duration
}

func (f *Reorder) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P}), arg(durationValue{&f.By, false})}
}

// String implements [Fault].
func (f Reorder) String() string { return write("reorder", &f) }

// Kind implements [Fault].
func (Reorder) Kind() *Kind { return kindNamed("reorder") }

func (f Reorder) begin(r *run) error {
	d := sim.Dist{Mean: max(f.By/64, 1), TailPPM: uint64(f.P), TailMax: f.By}
	return r.keepLinks(f.Links, false, sim.LinkFault{Delay: d})
}

// CorruptMessages flips bits of messages on their way. The transport's checksum notices,
// so that they are lost.
type CorruptMessages struct {
	Links Links
	P     PPM
}

func (f *CorruptMessages) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P})}
}

// String implements [Fault].
func (f CorruptMessages) String() string { return write("corrupt-messages", &f) }

// Kind implements [Fault].
func (CorruptMessages) Kind() *Kind { return kindNamed("corrupt-messages") }

func (f CorruptMessages) begin(r *run) error {
	return r.keepLinks(f.Links, false, sim.LinkFault{CorruptPPM: uint64(f.P)})
}

// GarbleMessages flips bits of messages on their way, and nobody notices but the
// receiver's codec. No protocol claims to survive that; none may panic.
type GarbleMessages struct {
	Links Links
	P     PPM
}

func (f *GarbleMessages) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P})}
}

// String implements [Fault].
func (f GarbleMessages) String() string { return write("garble-messages", &f) }

// Kind implements [Fault].
func (GarbleMessages) Kind() *Kind { return kindNamed("garble-messages") }

func (f GarbleMessages) begin(r *run) error {
	return r.keepLinks(f.Links, false, sim.LinkFault{CorruptUnseenPPM: uint64(f.P)})
}
