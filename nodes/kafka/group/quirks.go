package group

// Quirks are defects that coordinators of Kafka, or of what speaks its protocol, had, to be found. The zero value has none.
type Quirks struct {
	// expire-timestamp-of-minus-one, KAFKA-8069 (broken 2.1.0, fixed 2.1.2 and 2.2.0): an offset in version 1 of its format whose
	// expire timestamp is -1, which means the default, is loaded as one that expired in 1969: gone after a failover.
	ExpireMinusOne bool
	// expire-while-rebalancing, KAFKA-13636 (broken 2.1.0, fixed 3.2.0): offsets expire while the group rebalances, when what it
	// subscribes to is not known.
	ExpireWhileRebalancing bool
	// no-sync-timeout, KAFKA-12890 (fixed 3.0.0): nothing bounds the wait for SyncGroup: a member that sends
	// heartbeats but never syncs keeps the group in CompletingRebalance for ever.
	NoSyncTimeout bool
	// new-member-never-expires, KAFKA-9752 (broken 2.2.0, fixed 2.2.3, 2.3.2, 2.4.2): the session of a member that joined without an id is not
	// begun when its first rebalance completes: if it has died meanwhile it stays for ever.
	NewMemberNeverExpires bool
	// static-join-without-rebalance, KAFKA-9801 (broken 2.3.0, fixed 2.6.0): a static member that returns while the group completes a
	// rebalance is let in with its new id, for which the leader, who knows the old one, has no assignment.
	StaticJoinNoRebalance bool
	// commit-before-replicated, Redpanda #3003 (21.10): a commit is acknowledged, and served, when it is appended; the
	// coordinator that comes next may not have it.
	CommitBeforeReplicated bool
	// transaction-order, KAFKA-5247 (fixed 0.11.0.0), as Redpanda CORE-17000 a divergence of the offsets from the log: offsets of a transaction take the place of
	// those that were committed between their staging and the marker, until a compacted log is loaded and says otherwise.
	TransactionOrder bool
	// expire-staged, Redpanda CORE-16998: an offset expires while an open transaction has another staged for the partition; the tombstone lies
	// behind it, and who loads the log finds neither.
	ExpireStaged bool
	// check-before-verify, KAFKA-15784 (broken 3.6.0, fixed 3.7.0): whether the sender of TxnOffsetCommit is a member is asked before the
	// transaction is verified, and not again after: a rebalance in between goes unnoticed (KIP-447).
	CheckBeforeVerify bool
	// load-keeps-first-read, KAFKA-5600 (broken 0.11.0.0, fixed 0.11.0.1): a load that takes several reads keeps of a group what the first read
	// with it has brought: the coordinator serves offsets that were replaced long ago.
	LoadKeepsFirstRead bool
}

// Defect is an entry of the museum.
type Defect struct {
	Name   string // of the quirk, as the command takes it
	Ticket string
	Doc    string // one line
	Set    func(*Quirks)
}

// Defects returns the museum of this package.
func Defects() []Defect {
	return []Defect{
		{"expire-timestamp-of-minus-one", "KAFKA-8069", "offsets with the default expiry are expired once they are loaded", func(q *Quirks) { q.ExpireMinusOne = true }},
		{"expire-while-rebalancing", "KAFKA-13636", "offsets expire while the group rebalances", func(q *Quirks) { q.ExpireWhileRebalancing = true }},
		{"no-sync-timeout", "KAFKA-12890", "a member that never syncs keeps the group from becoming stable", func(q *Quirks) { q.NoSyncTimeout = true }},
		{"new-member-never-expires", "KAFKA-9752", "a member that died in its first rebalance stays for ever", func(q *Quirks) { q.NewMemberNeverExpires = true }},
		{"static-join-without-rebalance", "KAFKA-9801", "a static member that returns at the wrong moment gets no partitions", func(q *Quirks) { q.StaticJoinNoRebalance = true }},
		{"commit-before-replicated", "Redpanda #3003", "a commit is acknowledged before it is replicated", func(q *Quirks) { q.CommitBeforeReplicated = true }},
		{"transaction-order", "KAFKA-5247", "a transaction's offsets displace later ones until the log is loaded", func(q *Quirks) { q.TransactionOrder = true }},
		{"expire-staged", "Redpanda CORE-16998", "a tombstone of expiry displaces what an open transaction has staged", func(q *Quirks) { q.ExpireStaged = true }},
		{"check-before-verify", "KAFKA-15784", "a fenced member's offsets are staged after a verification", func(q *Quirks) { q.CheckBeforeVerify = true }},
		{"load-keeps-first-read", "KAFKA-5600", "of a group a load keeps what its first read has brought", func(q *Quirks) { q.LoadKeepsFirstRead = true }},
	}
}
