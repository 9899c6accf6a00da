// Package isolation tells whether the transactions that clients saw could have come from a database of a given isolation
// level, and if not, why.
//
// It judges two kinds of histories: of lists, to which transactions append and which they read whole, and of registers,
// which they read and write. Every element and value is written to its key once, so that each read tells which write it saw,
// and from that follows what must have come before what. Check finds anomalies of single reads (aborted, intermediate,
// phantom, future and internal reads, duplicates, orders that disagree, dirty and lost updates), and cycles of
// dependencies: write-write, write-read and read-write, and with them the order of processes and of real time.
//
// The method is that of Elle (Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations",
// VLDB 2020), the anomalies are Adya's. Beyond it, reads of what nobody wrote are anomalies, and so that they stay linear in
// memory and exact, real time and appends that were never read go through helper nodes instead of reduced edges.
//
// The order of a list is its longest read. Of a register this is known: the initial version is the first, and a transaction
// that read a version and wrote one wrote the next; and where the level respects real time, a version that was there precedes
// those whose writers were invoked later, which Elle has to be told ("linearizable keys"). Predicates are not there, and neither are levels between those listed (causal, read atomic, long fork).
//
// What holds throughout:
//
//   - Violated is certain. A transaction with an unknown end took effect if something it wrote was seen, and then all it wrote
//     did; its reads say nothing, and nothing follows it in time.
//   - Nothing is ok about nothing: without a committed transaction and a dependency the verdict is vacuous.
//   - Memory is linear in the micro-operations and elements read, and so is time, but for sorting by time what is not sorted
//     yet, and for the search for small examples, which has a budget; no verdict depends on that.
//   - The result is a function of the history and the options.
package isolation
