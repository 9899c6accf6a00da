// Package deterministic is a static analyzer that finds in a node what no seed
// decides.
//
// A universe replays only if its nodes are functions of what their handlers are
// given. One time.Now, one goroutine, one decision that follows the order of a map, and
// two runs of one seed differ: seldom at first, and never where the defect is.
// Running each seed twice (package explore does) shows that a node has such a line; this
// package shows which line it is, and what to write instead.
//
// [Analyzer] is an analyzer of golang.org/x/tools/go/analysis, so that it runs
// in go vet, in gopls and in linters that load analyzers; cmd/orreryvet is the command. It judges
// the packages that declare a type that implements nodes.Node or that write tasks (package
// nodes/task), and with the flag -every every package that it is shown. Test files are left alone: they stand outside the universe.
//
// What it finds, by category:
//
//   - clock: the host's clock, timers and time zone
//   - random: process-wide, cryptographic and hash-seed randomness
//   - concurrency: goroutines, channels, select, sync and context
//   - host: files, the network, the environment, the Go runtime
//   - address: %p, unsafe, addresses through reflect
//   - maporder: ranges over maps whose order can show, and the iterators of package maps
//   - keeping: an Env that outlives its call, and bytes of the runtime that do
//   - global: package variables that functions write, for universes share a process
//   - float, with the flag -float: floating point that decides or is rounded by the processor
//
// A range over a map is fine if the order of its rounds cannot show: it collects
// what is sorted afterwards, deletes, counts, sums integers, takes a minimum or
// maximum, or fills another map under the same keys.
//
// Two comments excuse a line, the one that they stand on or the one below them:
//
//	started = time.Now() //orrery:allow printed when the process ends, decides nothing
//	for id := range n.peers { //orrery:anyorder each message has its own stream of delays
//
// The first silences every category, the second only maporder. An excuse without
// a reason, and one that silences nothing, are findings too.
//
// What it cannot see: what a function of another package does (show it that package, with
// -every), where an Env goes that is handed to a function which keeps it, values behind interfaces and reflection, and whether a node tells before its
// sync has ended, which is what the simulator is for.
//
// Invariants: the analyzer looks at one package at a time and needs no facts
// about others; its findings come sorted by position, at most one of a category a line.
package deterministic
