// Package commit is atomic commitment: a transaction that touches several machines happens on all of them, or on none.
//
// The machines are shards of a small key-value store with locks, which are the participants, and coordinators. What is between
// them is one of four protocols:
//
//   - TwoPhase: two-phase commit with presumed abort (Mohan, Lindsay and Obermarck, TODS 1986). Safe under every fault; a
//     participant that has voted yes holds its locks until the coordinator is back: it blocks.
//   - Cooperative: the same, and a participant that waits asks the others, too (Bernstein, Hadzilacos and Goodman, 1987,
//     section 7.4). It blocks only when nobody who is alive knows.
//   - ThreePhase: three-phase commit (Skeen, SIGMOD 1981) with a decentralised termination protocol. It does not block
//     when machines stop, and is correct only while messages arrive within their time: a partition splits it.
//   - PaxosCommit: one instance of Paxos for each participant's vote (Gray and Lamport, TODS 2006). It neither blocks, as
//     long as a majority of the acceptors lives, nor splits.
//
// # Reading order
//
// store.go has the data and the locks, participant.go and coordinator.go the two phases that all protocols share, twophase.go,
// threephase.go and paxoscommit.go what each does when somebody waits for too long, acceptor.go the acceptors, journal.go
// what must not be forgotten.
//
// # Fault model
//
// Messages may be lost, late, doubled and reordered (not for ThreePhase); machines crash and lose what was not synced. A disk that fails ends the
// process. What was synced is not lost: a disk that does lose it is refused.
//
// # Invariants
//
// AC1 to AC5 of Bernstein, Hadzilacos and Goodman, as package checker/guarantee/commit has them: nobody commits while another
// aborts; nobody reverses a decision; a commit needs every vote; without a fault all yes means commit; when everything is repaired
// everybody decides. Transactions are strictly serializable, because locks are held from the vote to the decision.
package commit
