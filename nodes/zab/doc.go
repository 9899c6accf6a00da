// Package zab is a ZooKeeper server: one member of an ensemble, or a server that stands alone.
//
// A [Server] is a nodes.Node that composes the parts below this package: elections (package election), the disk
// (store), the data tree (tree), the judging of requests (prep), sessions (session) and what the configuration
// says (config). What is here is ZAB itself, as ZooKeeper runs it: discovery, synchronisation and broadcast
// between a leader and its learners on the real wire (QuorumPacket), the pipeline of request processors, and
// the port that clients connect to.
//
// # Stages
//
// What is a thread of its own in the original, with a queue before it, is a stage here (see nodes.Env.Post):
// PrepRequestProcessor, SyncRequestProcessor and CommitProcessor. Most of ZooKeeper's worst defects of recent
// years need two of these to run in an unlucky order, so they are scheduled apart.
//
// # Fault model
//
// Machines crash at any moment and lose what was not synced, in any part; connections break, stall, and are
// refused; clocks may be wrong: elections, sessions and the limits in ticks rest on the rate of the monotonic clock,
// and what is committed does not. A disk that reports an error ends the process. Every server is honest: whoever can
// reach the quorum port is believed, as by the original without authentication.
//
// Invariants, which hold at every event: a transaction that is committed is on the disks of a quorum;
// all servers apply the same transactions in the order of their zxids; acceptedEpoch and currentEpoch never
// fall, and no server acknowledges two leaders of one epoch; the history of an epoch is durable before the epoch is.
package zab
