package store

// Quirks are defects that ZooKeeper had, to be found. The zero value has none.
type Quirks struct {
	// trunc-off-by-one, ZOOKEEPER-1156 (fixed 3.3.4): a TRUNC cuts one transaction too many.
	TruncOffByOne bool
	// trunc-no-reopen, ZOOKEEPER-1489 (fixed 3.4.4): after a TRUNC the log goes on where it had been before: behind
	// a hole of zeros, which a reader takes for its end.
	TruncNoReopen bool
	// trunc-keeps-newer-snapshot, ZOOKEEPER-4837 (open): a TRUNC leaves snapshots that are newer than where it
	// cuts, and the next start brings back what had been cut.
	TruncKeepsNewerSnapshot bool
	// trunc-enospc-ignored, ZOOKEEPER-3701 (fixed 3.5.7): a TRUNC that the disk refuses counts as done.
	TruncENOSPCIgnored bool
	// snap-no-fsync, ZOOKEEPER-2872 (fixed 3.5.10): a snapshot that came from the leader counts as saved before it is durable.
	SnapNoFsync bool
	// purge-one-too-many, ZOOKEEPER-2574 (fixed 3.4.10): purging deletes the log that began before the oldest snapshot
	// that is kept and goes on behind it.
	PurgeOneTooMany bool
	// trust-empty-db, ZOOKEEPER-2325 (fixed 3.5.3): a server whose snapshots are gone starts with an empty tree,
	// and replays what is left of its log over it.
	TrustEmptyDB bool
	// epoch-mem-before-disk, ZOOKEEPER-2307 (fixed 3.5.8): an epoch counts as soon as it is to be written.
	EpochMemBeforeDisk bool
	// epoch-after-snapshot-no-marker, ZOOKEEPER-1653 (fixed 3.4.6): a server that crashes between taking over a history and
	// setting its current epoch refuses to start ever after.
	EpochNoMarker bool
	// fsync-error-ignored, ZOOKEEPER-2247 (fixed 3.4.9): when a sync of the log fails the log stops, and the
	// server goes on.
	FsyncErrorIgnored bool
}
