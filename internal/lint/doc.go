// Package lint holds the house rules of this repository as a Go test.
//
// A simulator is worth as much as its determinism, and determinism is lost one
// convenient line at a time: a map that is ranged over, a time.Now, a goroutine
// that "does nothing important". Such a line passes every review and every test
// on the day it is written, and months later two runs of one seed differ. So
// the rules that keep it out are not a page of prose but a test that names the
// file, the line, the rule, and what to write instead.
//
// There are two groups of rules:
//
//   - The syntactic ones ([Check]) need only the parser. They see which package
//     imports which (the arrows of [Layers]), the packages and functions that
//     simulated code may not touch, goroutines and channels, floating point,
//     lengths, doc comments, examples, sleeping tests, leftovers and formatting.
//   - The typed ones ([CheckTypes]) need to know what an expression is: whether
//     a range is over a map, whether a call yields a float, whether an
//     assignment writes a package variable. They read the compiler's export data.
//
// Simulated code is what runs inside a universe: everything below nodes, sim
// and nemesis, test files excepted. Two rules can be excused where the reason is good,
// by a comment on the line or on the line above it (for floats also in the
// declaration's doc comment):
//
//	for id := range s.peers { // lint:maporder the sum does not depend on the order
//	share := float64(a) / float64(b) // lint:float printed only, decides nothing
//
// An excuse without a reason, and one that excuses nothing, are findings too.
//
// Invariants: a run of the rules reports every finding, sorted by file and line;
// it changes no file; and each rule has a story in testdata in which it is seen to bite.
package lint
