package strategy

import (
	"math/bits"
	"slices"

	"orrery/explore/trial"
	"orrery/trace"
)

// featuresOf is the abstraction of a run by which coverage tells what is new: which coverage marks were
// passed, and about how often (to a power of two); which mark was passed for the first time right after which other;
// which kinds of faults bit, and about how much; how many operations were left without an answer; and the property that does not
// hold. The state of the nodes is not part of it: the marks are where a protocol's author says
// what is worth telling apart, and hashes of states, of which nearly all are new, have been measured to guide nowhere.
func featuresOf(r *trial.Result) []uint64 {
	var list []uint64
	add := func(what, about string, n uint64) {
		list = append(list, trace.Mix(trace.Mix(trace.String(what), trace.String(about)), n))
	}
	last := ""
	for i := range r.Marks {
		m := &r.Marks[i]
		if m.Held == 0 {
			continue
		}
		add("mark", m.Name, uint64(bits.Len64(m.Held)))
		add("after "+last, m.Name, 0)
		last = m.Name
	}
	for i := range r.Plan.Entries {
		if i < len(r.Faults) && r.Faults[i].Effects > 0 {
			add("fault", r.Plan.Entries[i].Fault.Kind().Name, uint64(bits.Len64(r.Faults[i].Effects)))
		}
	}
	add("without an answer", "", uint64(bits.Len(uint(max(r.Invoked-r.Ops, 0)))))
	add("property", r.Property, 0)
	slices.Sort(list)
	return slices.Compact(list)
}
