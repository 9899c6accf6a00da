package campaign

import "orrery/trace"

// One execution in so many is run again in this process, and another in a fresh one.
const (
	againEvery     = 16  // 6.25 %
	elsewhereEvery = 128 // a fresh process costs as much as several universes
)

// runsAgain tells whether an execution is run twice in this process: exactly one of each
// againEvery, which one being a function of the number.
func runsAgain(n uint64) bool { return n%againEvery == trace.Mix(n/againEvery, againEvery)%againEvery }

// runsElsewhere tells whether an execution is run in a fresh process as well.
func runsElsewhere(n uint64) bool {
	return n%elsewhereEvery == trace.Mix(n/elsewhereEvery, elsewhereEvery)%elsewhereEvery
}
