package explore

import (
	"fmt"

	"orrery/sim"
	"orrery/trace"
)

// A DivergenceError says that two runs of one seed were not one run.
type DivergenceError struct {
	Seed uint64
	A, B string // the hashes
	// Diff is the first event at which two recorded runs part. It is nil if both
	// traces are the same: then what differs is nothing that an event shows, or it came right
	// while it was being looked for.
	Diff *trace.Difference
}

// Error is one line that names both hashes and the first difference.
func (d *DivergenceError) Error() string {
	s := fmt.Sprintf("seed %d is not one run: its hash is %s, and then %s", d.Seed, d.A, d.B)
	if d.Diff == nil {
		return s + "; two recorded runs of it are alike"
	}
	return s + "; " + d.Diff.String()
}

// Twice runs a seed twice, once unrecorded and once recorded, and compares the hashes. So it
// finds what depends on more than the seed, and also what depends on whether somebody is
// watching. If the hashes differ, the seed is run twice more, recorded, to find the
// first event at which the runs part; the error is then a *DivergenceError.
//
// run runs the universe of that seed, records it into rec unless rec is nil, and
// returns its hash.
func Twice(seed uint64, run func(seed uint64, rec sim.Recorder) string) (hash string, err error) {
	hash = run(seed, nil)
	var first trace.Recorder
	again := run(seed, &first)
	if hash == again {
		return hash, nil
	}
	d := &DivergenceError{Seed: seed, A: hash, B: again}
	for range 2 {
		var second trace.Recorder
		run(seed, &second)
		if d.Diff = trace.Diff(first.Collect(), second.Collect()); d.Diff != nil {
			break
		}
	}
	return hash, d
}
