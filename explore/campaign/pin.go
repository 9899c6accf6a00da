package campaign

import "orrery/sim"

// replayer answers the draws of a run as they were answered in a recorded one, and keeps those
// that the seed would have answered otherwise.
//
// A decision may be taken twice, by a client that begins again: then the seed answers as it did before, unless
// the run was forked in between. So the answers to one question are kept in their order; those of a fork, which the
// options of the run still name, need no pin.
type replayer struct {
	recorded map[drawn][]uint64
	pinned   []sim.Override
	kept     map[drawn]bool
}

// drawn is a decision. Two among different numbers of values are two, even if they share stream and identity.
type drawn struct {
	stream string
	id, n  uint64
}

func newReplayer(draws []sim.Draw) *replayer {
	r := &replayer{recorded: make(map[drawn][]uint64, len(draws)), kept: map[drawn]bool{}}
	for i := range draws {
		at := drawn{draws[i].Stream, draws[i].ID, draws[i].N}
		r.recorded[at] = append(r.recorded[at], draws[i].Value)
	}
	return r
}

// Choose implements sim.Source.
func (r *replayer) Choose(p sim.Point, seeded uint64) uint64 {
	at := drawn{p.Stream, p.ID, p.N}
	answers := r.recorded[at]
	if len(answers) == 0 {
		return seeded
	}
	v := answers[0]
	if len(answers) > 1 {
		r.recorded[at] = answers[1:]
	}
	if v == seeded {
		return seeded
	}
	if !r.kept[at] {
		r.kept[at] = true
		r.pinned = append(r.pinned, sim.Override{Stream: p.Stream, ID: sim.DrawID(p.ID), Value: v})
	}
	return v
}
