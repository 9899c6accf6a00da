// Package synod is single-decree Paxos: a few machines choose one value, once.
//
// It is the protocol of "Paxos Made Simple", section 2, with its disk: every node is
// an acceptor, those that have a value to propose are proposers, and a proposer that hears
// from a quorum of votes has learnt. It is small enough for a search of all its
// executions, and to be read in a quarter of an hour. What a service needs
// (a log, snapshots, reads, membership) is in package paxos.
//
// # Fault model
//
// As that of package paxos: messages may be lost, late, doubled and reordered;
// machines crash and lose what was not synced. A disk that fails ends the process. Nothing
// here rests on clocks. Progress is not promised while proposers outbid each other.
package synod
