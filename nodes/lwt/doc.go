// Package lwt is the compare-and-set of Cassandra 2.0, its lightweight transactions: a register
// that is changed by Paxos, with a third phase that commits.
//
// It is here because of CASSANDRA-6023, the bug on which more search strategies have been measured
// than on any other: Cassandra 2.0.0 kept the promised and the accepted ballot in one column, so
// that an update which had been superseded could come back ([Quirks].OneBallot). The coordinator
// follows StorageProxy.cas of that version: prepare; finish what another has begun; read; propose;
// commit.
//
// # Fault model
//
// Messages may be late and come in any order. They are not repeated, so a lost one ends
// a request without an answer. Nothing is written to a disk: a replica that crashes
// has forgotten what it promised, and this package promises nothing then.
package lwt
