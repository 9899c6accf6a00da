// Package replica is Kafka's ReplicaManager for one broker: it leads partitions and follows others, keeps ISRs, and answers what reads
// and writes them.
//
// # What is where
//
//	isr/                 the decisions, without logs, messages or clocks
//	leadership.go stop.go  LeaderAndISR and StopReplica: who leads, in which epoch
//	produce.go commit.go   appends, and waiting for the high watermark (acks=all)
//	verify.go            whether a transaction is open (KIP-890)
//	fetch.go answer.go session.go   fetches of consumers and followers, incremental sessions (KIP-227)
//	fetcher.go follow.go fetchsession.go   following: one fetcher for each leader, truncation
//	alter.go             shrinking and expanding the ISR
//	offsets.go deletion.go describe.go     the lesser requests
//	upkeep.go            checkpoints, retention, compaction
//
// # How it is used
//
// A [Manager] is a state machine inside a broker's node. The broker gives it requests ([Manager.Handle]), answers to its own
// ([Manager.Answered], [Manager.ISRAltered], [Manager.ISRRead], [Manager.Verified]), timers and syncs, and takes its events after every
// call. It owns the log.Manager of the broker's log directory. If that fails, the node halts.
//
// # The life of a record
//
// A leader appends it and, with acks=all, parks the produce. Followers fetch: a fetch from an offset is the word that all below is there. When
// the maximal ISR has it, the high watermark moves behind it, the produce is answered and consumers may read it. The followers
// learn of that by their next fetch.
//
// # A change of the ISR
//
// The leader proposes it ([AlterISR]) on condition of the version that it knows. Until it knows the outcome, the high
// watermark waits for both ISRs. If the write failed because of the version, the state is read and what is there is taken. If the outcome is not
// known, the state is read: as long as it has the old version, the change is written once more, for the lost write may yet arrive, and of the
// two only one can find that version. If the state is of a newer leader epoch, this broker has been deposed and changes nothing until
// LeaderAndISR comes.
//
// # Choices
//
//   - The high watermark does not move while the ISR is smaller than min.insync.replicas (KAFKA-15583), as since 3.7.
//   - Lag is measured with the monotonic clock: a step of the wall clock shrinks no ISR.
//   - A follower tells its broker epoch with each fetch, in a tagged field of version 12 (KIP-903 has it from version 15 on), and an AlterISR has those
//     of all members, so that the storage can refuse who has restarted since.
//   - While a truncation waits for the disk, nobody leads: an election takes effect behind it.
//   - StopReplica with deletion is answered when the files are gone.
//   - What waits is bounded in bytes; above the bound a fetch does not wait and a produce is refused before it is appended.
//   - A leader answers a LeaderAndISR of an equal epoch with no error and does nothing: controllers repeat themselves.
//
// # Invariants
//
//   - In each leader epoch of a partition, the high watermark of its leader only goes up, and is never above the log end.
//   - What is below the high watermark of any leader is in the log of every member of the ISR that the storage has (StrongIsr), whatever is
//     lost, doubled or late, as long as fewer replicas than min.insync.replicas lose what they had not flushed.
//   - An acknowledgement with acks=all is given only for what is below the high watermark, also to a duplicate.
//   - An answer is given to every request once, but none to a produce with acks=0.
package replica
