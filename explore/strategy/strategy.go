package strategy

import "orrery/explore/trial"

// Strategy decides what the executions of a campaign are. It belongs to one campaign, and its
// methods are called from one goroutine.
type Strategy interface {
	// Next makes the options of execution n, counted from 0, out of those of the campaign: the scenario's
	// bug, sizes and families of faults are in base and stay, unless the strategy is about them.
	// It may depend only on n, on base, and on what Learn was told so far.
	Next(n uint64, base trial.Options) trial.Options
	// Learn hears what came of execution n: o is what Next returned. It is called once for every
	// execution, in the order of n, after all of a batch have run.
	Learn(n uint64, o trial.Options, r *trial.Result)
}

// Ender is what a strategy also implements if it can be done: a search that has seen everything, an
// enumeration at its end.
type Ender interface {
	// Done tells, before execution n, that there is nothing left to try; summary says what was
	// seen, as in "exhausted: 1942 states, none violates".
	Done() (done bool, summary string)
}

// Teller is what a strategy also implements if it is made of others.
type Teller interface {
	// Member names the one that decided execution n. It is asked after Next(n) and before its result is
	// forgotten.
	Member(n uint64) string
}

// Batch is how many executions are chosen before the first of their results is learnt. It is
// a constant, and not the number of cores, so that a campaign does not depend on the machine.
const Batch = 64

// Keeper is what a strategy also implements if it remembers more than a few numbers of what it has
// learnt, so that a campaign can put it on disk and go on with it later. A strategy that is told to
// Remember what another one's Memory was goes on as that one would.
type Keeper interface {
	// Memory is what was learnt so far, as JSON. It is a function of what Learn was told.
	Memory() ([]byte, error)
	// Remember replaces what was learnt. The error is one line that says what is wrong with data.
	Remember(data []byte) error
}
