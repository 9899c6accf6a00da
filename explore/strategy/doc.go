// Package strategy decides which universes a campaign runs.
//
// A universe is a function of its [trial.Options], and all that chance decides in it is
// a draw of a named stream. So a [Strategy] has only one thing to decide: the options of
// the next execution. It may choose the seed, make the fault plan, pin draws, answer
// them by a source, or pick which of the pending events comes next by a scheduler. What
// it did is in the options and in the recorded draws, and replays without it.
//
// A strategy may learn from what came of its executions. Results come to it in
// the order of the executions and a whole batch at a time, so that a campaign is the
// same on one core and on many.
//
// To add a strategy, write one file: a type with Next and Learn, and an init-free
// entry in the list of kinds.
package strategy
