// Package checker says what must hold of a run, and whether it did.
//
// It knows two kinds of evidence. A history is what clients saw: operations with the times of their calls and returns,
// and with one of three endings, because an operation without an answer may take effect at any later time, or never.
// Linearizable asks whether some order of the operations, one that keeps every operation between its call and its
// return, is what one sequential object would have answered; Explain turns a no into the few operations that matter and
// a sentence. Invariants are what the machines did: ghosts that a scenario feeds while the run goes on, and that speak at
// the very event that breaks them.
//
// A Model is the object that a history is of: registers and key-value stores, lists, logs, sets, queues, stacks, counters,
// locks, and ZooKeeper's tree. Linearizable takes for each the cheapest way that decides it, and all ways are held against
// brute force:
//
//   - InOrder follows the order that a system tells of itself: a log index, a zxid, an offset (n steps);
//   - zones decide registers and compare-and-set chains whose values are all different, versions what only grows and is
//     read as a whole, four patterns FIFO queues (n log n, whatever the concurrency);
//   - a windowed search decides the rest, within budgets of steps, memory and time;
//   - porcupine is the second opinion, and takes over where too many operations overlap.
//
// A Mutator damages a history that is right, to prove that the check would have noticed.
//
// What holds throughout:
//
//   - A verdict says ok only if the property was put to the test. A time-out is Unknown, a history in which nothing could
//     have gone wrong is Vacuous, an empty history is never ok.
//   - Unset is a value, never a wildcard.
//   - Verdicts are a function of the history, not of the machine or its load, as long as the budget of steps, and not that
//     of time, is what ends a search.
//   - Nothing here knows the simulator or any protocol: a history from a file or from live processes is as good as one
//     from a universe.
package checker
