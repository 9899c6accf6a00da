package nemesis

import "orrery/sim"

// ResetConnections breaks connections at the moment when bytes arrive: the receiver
// learns of it at once, the sender after a while. What was on its way is lost.
type ResetConnections struct {
	Links   Links
	P       PPM // of the frames
	Clients bool
}

func (f *ResetConnections) fields() []field {
	return []field{arg(linksValue{&f.Links}), arg(ppmValue{&f.P}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f ResetConnections) String() string { return write("reset-connections", &f) }

// Kind implements [Fault].
func (ResetConnections) Kind() *Kind { return kindNamed("reset-connections") }

func (f ResetConnections) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{ResetPPM: uint64(f.P)})
}

// RefuseDials refuses new connections, as though nobody listened.
type RefuseDials struct {
	Links   Links
	Clients bool
}

func (f *RefuseDials) fields() []field {
	return []field{arg(linksValue{&f.Links}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f RefuseDials) String() string { return write("refuse-dials", &f) }

// Kind implements [Fault].
func (RefuseDials) Kind() *Kind { return kindNamed("refuse-dials") }

func (f RefuseDials) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{RefuseDials: true})
}

// HangDials leaves new connections without an answer, as a full backlog does or a firewall
// that drops.
type HangDials struct {
	Links   Links
	Clients bool
}

func (f *HangDials) fields() []field {
	return []field{arg(linksValue{&f.Links}), opt("clients", flagValue{&f.Clients})}
}

// String implements [Fault].
func (f HangDials) String() string { return write("hang-dials", &f) }

// Kind implements [Fault].
func (HangDials) Kind() *Kind { return kindNamed("hang-dials") }

func (f HangDials) begin(r *run) error {
	return r.keepLinks(f.Links, f.Clients, sim.LinkFault{HangDials: true})
}
