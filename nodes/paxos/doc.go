// Package paxos is Multi-Paxos as a service would run it: a replicated log, and on
// it a key-value store whose commands take effect exactly once.
//
// A [Replica] is acceptor, learner and, at times, leader. A [Client] is the other side:
// it finds the leader, numbers its commands and repeats them. What is told rests on what
// is durable: the write-ahead log is synced before a promise or a vote leaves the machine.
//
// The names are those of the papers: ballot, slot, promise (P1a, P1b), vote (P2a, P2b), chosen. The README
// of this package says which file implements which section of which paper.
//
// # Fault model
//
// Messages may be lost, delayed, doubled and reordered at will; a damaged one is
// recognised by its sum. Machines crash at any moment and lose whatever
// was not synced, in any part; a minority may stay away. Clocks may do anything: only
// leases, which are off by default, rest on the rate (not the time) of the monotonic clock. A
// disk that reports an error, or is full, ends the process: it must not go on as if it had
// written. Damage of what was synced is found at the next start, which is
// then refused; a replica must not vote as if it had never voted. The limits of that are told in package
// wal.
//
// [Quirks] are historical defects of implementations of Paxos, to be switched on one by one, and
// found.
package paxos
