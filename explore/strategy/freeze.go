package strategy

import (
	"orrery/explore/trial"
	"orrery/sim"
)

// Freeze makes of the options that a strategy gave, and of the draws that were recorded while they ran
// (see [trial.Options.RecordDraws]), options that are the same run without the strategy: no scheduler and no
// source, but the draws pinned that were answered otherwise than the seed answers them. They are data,
// and can be written to a file.
func Freeze(o trial.Options, draws []sim.Draw) trial.Options {
	pinned := map[sim.Override]bool{}
	var pins []sim.Override
	for i := range draws {
		d := &draws[i]
		pin := sim.Override{Stream: d.Stream, ID: sim.DrawID(d.ID), Value: d.Value}
		if d.Value != unsteered(&o, d) && !pinned[pin] {
			pinned[pin] = true
			pins = append(pins, pin)
		}
	}
	o.Scheduler, o.Source, o.Recorder, o.RecordDraws, o.States = nil, nil, nil, nil, false
	o.Overrides = pins
	return o
}

// unsteered is the value that a draw has if nobody steers.
func unsteered(o *trial.Options, d *sim.Draw) uint64 {
	if d.Stream == sim.PickStream {
		return 0
	}
	seed := o.Seed
	if f := o.Fork; f != nil && f.At != 0 && d.Seq > f.At {
		seed = f.Seed
	}
	return sim.Seeded(seed, d.Point)
}
