// Package store keeps a ZooKeeper server's state on its disk, in ZooKeeper's own formats: the transaction log, the
// fuzzy snapshots, and the files of the epochs. A server of Apache's boots from what it wrote, and it from theirs.
//
// # Files
//
//	myid                        the server's number
//	version-2/log.<zxid>        transactions, from the one in the name on
//	version-2/snapshot.<zxid>   the tree as of a zxid, with parts that are newer
//	version-2/acceptedEpoch     the last epoch that a leader has proposed to this server
//	version-2/currentEpoch      the last epoch whose history it has taken over
//	version-2/updatingEpoch     it is about to take over a history
//	version-2/replace.<zxid>    the snapshot of that zxid replaces all else
//
// # How it is used
//
// [Boot] loads a [Database] and returns a [Store]. Its methods are told which disk to use, begin syncs whose tags
// are named [TagName], and return at once; the node passes the ends of these syncs to [Store.Synced], and [Store.Events]
// says what has become durable. Until it has told [Recovered], nobody may be told what Boot has found. The package needs neither the tree nor the peer: [Walk], [Loader] and [Database] are all
// that it knows of them.
//
// # What differs from the original
//
//   - A snapshot is always synced, and gets its name afterwards.
//   - A snapshot that a leader has sent replaces the history on disk, instead of lying beside it: a log that goes further is
//     not replayed over it, and a TRUNC to before it is refused instead of going back into another history.
//   - A log of which a part is missing is refused. So is a TRUNC to what the server does not have.
//   - A server that crashes between taking over a history and setting its epoch starts again, with the epoch of the
//     last transaction that it has, which it may claim.
//   - Compressed snapshots, and logs in a directory apart (dataLogDir), are not read.
//
// # Fault model
//
// A crash may lose what no sync has covered: any sectors, in any combination, torn or not; a name may be missing. None
// of this may ever keep a server from starting, or make it forget what it has told. What was durable is damaged
// only by a defect of the disk, and that must not be taken for the trace of a crash ([CorruptError]).
//
// Apache's log cannot tell the two apart: entries follow each other without a word about which of them were synced together. So
// each entry ends with a mark, behind the digest, where Apache ignores it: how much of the file was durable when it was
// written. Damage before an entry that says that it had been durable is corruption. Damage that no sound entry
// vouches for is a torn tail. An entry without a mark vouches for all before it, which is Apache's own rule.
//
// # Invariants
//
//   - At most one batch of the log is not durable, and it is the last. A file of the log is never written again by a
//     later incarnation, but for its own bytes once more.
//   - Every change of more than one file is a plan: steps with barriers between them, in an order in which each state that a crash
//     can leave is a beginning of the old history or of the new one.
//   - acceptedEpoch >= currentEpoch >= the epoch of the last transaction, whenever Boot has returned.
//   - The reader never takes more memory than one entry, one znode or one log's damaged tail needs.
package store
