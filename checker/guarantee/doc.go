// Package guarantee holds what the checks of its subdirectories have in common, and the small checks of data types.
//
// Linearizability is not the only promise that systems make. The packages below judge the others: memory (sequential
// consistency, causal consistency, PRAM, session guarantees), broadcast (total order broadcast and what Zab adds), commit
// (atomic commitment), lock (mutual exclusion, with and without fencing), group (who owns which partition) and delivery
// (at least once, at most once, exactly once). This package itself has the checks that need one look at each operation:
// Set, Queue, UniqueIDs, Counter, Bank and LongFork.
//
// All of them answer with a Report, which a check of your own can build as well.
//
// What holds throughout:
//
//   - A report is ok only if every floor of its coverage was reached: nothing is ok about nothing.
//   - Violated is certain. Operations with an unknown end are given every benefit of the doubt.
//   - A finding names the few operations that suffice for it; of one anomaly at most eight findings are kept, and all are counted.
//   - A report is a function of the history and the options, and encodes as JSON.
package guarantee
