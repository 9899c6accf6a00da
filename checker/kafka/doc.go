// Package kafka tells whether what producers and consumers saw of a partitioned log could have come from one that keeps its
// promises.
//
// A history has sends, polls and transactions of both, and the assignments of consumers. From all polls, and from what was
// acknowledged, the package reconstructs each partition, and then finds: offsets that hold two values, values at two offsets,
// acknowledged records that a reader has passed without ever seeing them, records that nobody saw at all, aborted and
// uncommitted reads, consumers that skip or go back, producers whose records change places, transactions that depend on each
// other in a circle. Also what could not happen at all: records that nobody sent, that were seen before they were sent, that
// carry another payload than was sent, or that stand before what had been acknowledged earlier.
//
// The definitions are those of Jepsen's Kafka workload (jepsen.tests.kafka), with the additions of Redpanda's chaos tests and
// without one gap: where Jepsen finds no writer of a value and throws, this is an anomaly.
//
// What holds throughout:
//
//   - Violated is certain, as far as offsets are: a record whose acknowledgement was lost counts as sent once somebody read it,
//     and as never sent otherwise.
//   - Nothing is ok about nothing: without an acknowledged send and a poll that saw one the verdict is vacuous.
//   - Time and memory are linear in operations and records, but for sorting what is not sorted yet; a million operations take
//     less than a second.
//   - The report is a function of the history and the options.
package kafka
