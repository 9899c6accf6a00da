package campaign

import "orrery/sim"

// replayer answers the draws of a run as they were answered in a recorded one, and keeps those
// that the seed would have answered otherwise.
type replayer struct {
	recorded map[drawn]uint64
	pinned   []sim.Override
	kept     map[drawn]bool
}

// drawn is a decision. Two among different numbers of values are two, even if they share stream and identity.
type drawn struct {
	stream string
	id, n  uint64
}

func newReplayer(draws []sim.Draw) *replayer {
	r := &replayer{recorded: make(map[drawn]uint64, len(draws)), kept: map[drawn]bool{}}
	for i := range draws {
		r.recorded[drawn{draws[i].Stream, draws[i].ID, draws[i].N}] = draws[i].Value
	}
	return r
}

// Choose implements sim.Source.
func (r *replayer) Choose(p sim.Point, seeded uint64) uint64 {
	at := drawn{p.Stream, p.ID, p.N}
	v, known := r.recorded[at]
	if !known || v == seeded {
		return seeded
	}
	if !r.kept[at] {
		r.kept[at] = true
		r.pinned = append(r.pinned, sim.Override{Stream: p.Stream, ID: sim.DrawID(p.ID), Value: v})
	}
	return v
}
