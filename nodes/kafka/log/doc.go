// Package log is the log of a partition on a broker's disk, in Kafka's own files: segments with their indexes, producer
// snapshots, leader epochs, and the checkpoints of the directory.
//
//	recovery-point-offset-checkpoint     up to where each log is durable
//	replication-offset-checkpoint        high watermarks
//	log-start-offset-checkpoint          log start offsets
//	cleaner-offset-checkpoint            how far compaction has come
//	.kafka_cleanshutdown                 the last shutdown was clean
//	meta.properties                      whose directory it is: broker.id and cluster.id
//	<topic>-<partition>/
//	    partition.metadata               the topic's id
//	    leader-epoch-checkpoint          where each leader's epoch begins
//	    <base offset>.log                batches
//	    <base offset>.index              offset -> position, sparse
//	    <base offset>.timeindex          time -> offset, sparse
//	    <base offset>.txnindex           aborted transactions
//	    <offset>.snapshot                the producers' states at that offset
//
// # How it is used
//
// [Open] loads a directory and returns a [Manager] with a [Log] for each partition. Their methods are told which disk to use
// and what time it is, keep neither, and do at once what the page cache can do: what is appended can be read. What must
// be durable before something else happens is a plan: its syncs have tags named [TagName], the node passes their ends to
// [Manager.Synced], and [Manager.Events] tells what has come to pass. Replication sets the high watermark; time-outs, retention and
// flushes come from [Manager.Tick], checkpoints from [Manager.Checkpoint], and compaction is a [Compaction] that is stepped.
//
// # What differs from the original
//
//   - Retention and DeleteRecords make the new log start durable before they remove a file; Kafka writes it once a minute.
//   - What a start finds in the page cache alone, for the process before was killed, counts as not durable: segments below a
//     log start stay until it is, and a truncation waits for the recovery point.
//   - A truncation is durable before anything is appended behind it, also when a torn tail is cut off at the start; one
//     below the recovery point lowers that first. A process that is killed meanwhile leaves a file named .truncating,
//     and the next one waits in its place.
//   - A truncation into a gap that compaction has left fills it with batches without records: the log ends where it was
//     asked to, after a restart too. Kafka's ends at its last batch then, and a leader gives out offsets once more.
//   - Recovery also cuts where a leader's epoch goes back or a segment does not begin where the one before ends: that is
//     what a lost page cache leaves of a truncation. It writes what it keeps once more, for after a sync that failed the page cache
//     may hold what the disk does not.
//   - Recovery cuts at a gap, too, unless the log was copied from one that is compacted: a file named .gaps says so. A checksum
//     does not cover a batch's base offset, and a torn sector may end just behind that. Kafka takes such a batch at its word.
//   - Below the recovery point damage is refused (*CorruptError), and a read holds each batch against its checksum.
//   - The mark of a clean shutdown is not needed to find the end of a log, and not believed: the recovery point is.
//   - Compaction leaves alone what is not flushed.
//   - A log that has never held a record takes no first batch but one with sequence 0, as Kafka's does from 4.5 on (KAFKA-15591).
//
// # Fault model
//
// A process that is killed loses nothing. A loss of power may take of the files whatever no sync has covered: any
// sectors, sizes and names in any combination. The next start finds a beginning of what there was, at least up to the recovery
// point, and of what had been removed nothing that would leave a hole.
//
// # Invariants
//
//   - log start <= high watermark <= log end; recovery point <= log end; last stable offset <= high watermark.
//   - Offsets and epochs increase along the log. An index entry points at the beginning of a batch.
//   - The states of the producers are a function of the log below them, as far as the five last batches of each are in it.
//   - A checkpoint is written by one plan at a time, whole, and is durable when who waits for it goes on.
package log
