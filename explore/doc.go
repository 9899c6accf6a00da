// Package explore chooses universes and runs them.
//
// A universe is a function of its seed, so a campaign is a loop over seeds, and
// the only question is how to keep every core busy. [Each] answers it: workers run
// universes side by side, and one goroutine receives what came of them, in the order of the
// seeds, so that a campaign reports the same on one core and on many, and "the first
// seed that fails" is a property of the campaign and not of the machine.
//
// [Twice] is the check on which everything else stands: that one seed is one run. When it is
// not, it names the first event at which two runs part.
//
// What holds throughout:
//
//   - Results arrive in the order of their seeds, each once, none left out.
//   - Between the slowest universe and the fastest there are at most so many results in
//     memory as [Ahead] says.
//   - When Each has returned, nothing that it started is still running.
//   - The package knows no protocol, no scenario and no verdict: what a universe is, and what
//     comes of it, is the caller's.
package explore
