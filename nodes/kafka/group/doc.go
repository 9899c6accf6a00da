// Package group is Kafka's GroupCoordinator with the classic protocol, as of 2.4: who is a member of which group, in which
// generation, with which partitions, and how far each group has read.
//
//	           JoinGroup                  all have joined, or the time is up
//	Empty ------------------> PreparingRebalance ------------------> CompletingRebalance
//	  ^                        ^       |    ^                               |
//	  |  nobody has joined     |       |    |  a member comes or goes       | the leader's assignment
//	  +------------------------|-------+    +--------------- Stable <-------+ is stored
//	                           +------------------------------------------- (a member comes or goes)
//
// A [Coordinator] serves the groups whose partition of __consumer_offsets its broker leads. That log is its only memory: a group
// is written when its assignment is decided, offsets when they are committed, tombstones when they go. Whoever leads next
// reads it from the beginning, in steps, and meanwhile answers COORDINATOR_LOAD_IN_PROGRESS.
//
// # How it is used
//
// The broker hands over requests with a number of its own ([Coordinator.Handle]), what becomes of appends, timers, elections and
// the markers of transactions, and takes events until there is none. It has no clock, log or connection of its own.
//
// # What differs from the original
//
//   - A client may give up on an append; the coordinator does not. Kafka forgets a commit that took longer than
//     offsets.commit.timeout.ms, and the next coordinator finds it in the log.
//   - A load goes up to the end that the log had at the election, but reads only below the high watermark, and waits for it. Kafka
//     reads to the end, and may serve what a later leader truncates.
//   - Tombstones count when they are replicated, and DeleteGroups answers then. A tombstone also covers what was staged before it.
//   - The assignment of a generation is decided once, whatever a leader sends again.
//   - Offsets of a partition for which a transaction has some staged do not expire.
//   - Rules of later releases where 2.4's were defects: a bound for SyncGroup (KAFKA-12890), no expiry while a group rebalances
//     (KAFKA-13636), static members that return (KAFKA-9801), TxnOffsetCommit checked after its verification (KAFKA-15784), heartbeats
//     while partitions are assigned. [Quirks] has the defects.
//
// # Invariants
//
//   - A generation is larger than the one before, and its leader is one of its members. Generations that were never stored are
//     counted anew after a failover; nobody was assigned anything in them.
//   - Nobody is told an assignment or that an offset is committed before its record is replicated.
//   - Offsets and what is staged are at any time what a replay of the log says, compacted or not: of two records
//     for a partition that count, the one with the larger offset does (KAFKA-5247).
//   - A commit is accepted from a member of the present generation, or from anybody while the group is empty.
//   - Every request is answered once.
package group
