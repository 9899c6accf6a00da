package client

// Quirks are defects that clients have had. The zero value is correct.
type Quirks struct {
	// NewSequenceOnRetry gives a batch a new sequence number each time it is sent, so that the broker cannot know a
	// retry from a new batch: what idempotence (KIP-98) is there to prevent.
	NewSequenceOnRetry bool
	// KeepIdleSequences does not begin at sequence 0 for partitions that were idle when the epoch was bumped
	// (KAFKA-12152; broken in 2.5, fixed in 2.7.1 and 2.8): their next batch is out of order for ever.
	KeepIdleSequences bool
	// WrapBadly lets the sequence number behind the largest int32 be negative instead of 0.
	WrapBadly bool
	// RetryAfterFence takes INVALID_PRODUCER_EPOCH for a reason to get a new epoch and write on: the zombie of a
	// transactional application fences the one that replaced it, and both go on.
	RetryAfterFence bool
	// KeepEpochAfterLostEnd begins the next transaction in the same epoch although an EndTxn of the last one may
	// still be under way (KAFKA-17754; 0.11 to 3.9, closed by KIP-890): it can end the next transaction.
	KeepEpochAfterLostEnd bool
	// CommitBeforeAdding sends a partition's records in a transaction without waiting until the coordinator knows that
	// the partition is in it: the end of the transaction may leave them out.
	CommitBeforeAdding bool
	// LostIsFailed reports a write whose answer was lost as failed (what KAFKA-13574 warns of).
	LostIsFailed bool

	// NoAbortedFilter returns the records of aborted transactions to a consumer that reads committed.
	NoAbortedFilter bool
	// CommitBeforeProcess commits, in auto-commit, what a poll is about to return and not what earlier ones have
	// returned: what the application has not processed when it dies is lost to it.
	CommitBeforeProcess bool
	// CommitAnyGeneration repeats a commit that was refused for its generation without one, as the consumers of
	// Kafka 0.8 committed to ZooKeeper: a zombie moves the group's offsets back.
	CommitAnyGeneration bool
	// NoValidation does not ask, after a change of leaders, whether the log still has what was read (KIP-320; before
	// 2.1): truncation is not noticed.
	NoValidation bool
	// NoEpochFence sends no leader epoch in fetches and lookups (KIP-320; before 2.1): a deposed leader serves.
	NoEpochFence bool
	// ResetOnFollower resets to the policy's offset when a follower says that an offset is out of its range, although
	// the leader may have it (KIP-392 asks the leader first).
	ResetOnFollower bool
	// KeepOwnedOnLoss still claims, at the next rebalance, the partitions of a generation that the member was thrown
	// out of (KAFKA-12984, KAFKA-13406; 2.4 to 3.0, closed by KIP-792): two members own one partition.
	KeepOwnedOnLoss bool
	// TrustAllOwned lets the assignors believe every claim, whatever the generation (KAFKA-13419; before KIP-792).
	TrustAllOwned bool
	// NoTwoPhase gives a partition to its new owner, in the cooperative protocol, in the same rebalance that takes it
	// from the old one (what KIP-429 has two rebalances for).
	NoTwoPhase bool
	// KeepOldEpochs ignores, for ever, what is said of a partition with a smaller leader epoch than was seen once
	// (KAFKA-12257; 2.1 to 2.8.1): a topic that was deleted and made again is never read.
	KeepOldEpochs bool
	// StuckLookup keeps waiting for a lookup of the coordinator that has failed meanwhile (KAFKA-10793; fixed in 2.6.2
	// and 2.7.1).
	StuckLookup bool
}

// Defect is a historical defect, as a switch.
type Defect struct {
	Name   string // of the field of Quirks
	Ticket string
	Doc    string // what goes wrong
	Set    func(*Quirks)
}

// Defects lists the switches.
func Defects() []Defect {
	return []Defect{
		{"NewSequenceOnRetry", "KIP-98", "a retried batch is in the log twice", func(q *Quirks) { q.NewSequenceOnRetry = true }},
		{"KeepIdleSequences", "KAFKA-12152", "after an epoch bump an idle partition's batches are out of order for ever", func(q *Quirks) { q.KeepIdleSequences = true }},
		{"WrapBadly", "KIP-98", "the sequence behind 2147483647 is refused", func(q *Quirks) { q.WrapBadly = true }},
		{"RetryAfterFence", "KIP-360", "a zombie writes on under a new epoch", func(q *Quirks) { q.RetryAfterFence = true }},
		{"KeepEpochAfterLostEnd", "KAFKA-17754", "a late EndTxn ends the next transaction", func(q *Quirks) { q.KeepEpochAfterLostEnd = true }},
		{"CommitBeforeAdding", "KIP-890", "records outside of any transaction hang or join the next one", func(q *Quirks) { q.CommitBeforeAdding = true }},
		{"LostIsFailed", "KAFKA-13574", "a write that is said to have failed is read", func(q *Quirks) { q.LostIsFailed = true }},
		{"NoAbortedFilter", "KIP-98", "aborted records are read as committed", func(q *Quirks) { q.NoAbortedFilter = true }},
		{"CommitBeforeProcess", "enable.auto.commit", "what was polled and not processed is skipped after a crash", func(q *Quirks) { q.CommitBeforeProcess = true }},
		{"CommitAnyGeneration", "Kafka 0.8", "a zombie moves the committed offset", func(q *Quirks) { q.CommitAnyGeneration = true }},
		{"NoValidation", "KIP-320", "truncated records are skipped or read again unnoticed", func(q *Quirks) { q.NoValidation = true }},
		{"NoEpochFence", "KAFKA-7395", "a deposed leader serves fetches", func(q *Quirks) { q.NoEpochFence = true }},
		{"ResetOnFollower", "KIP-392", "a lagging follower makes the consumer jump", func(q *Quirks) { q.ResetOnFollower = true }},
		{"KeepOwnedOnLoss", "KAFKA-12984", "a partition has two owners", func(q *Quirks) { q.KeepOwnedOnLoss = true }},
		{"TrustAllOwned", "KAFKA-13419", "a partition has two owners", func(q *Quirks) { q.TrustAllOwned = true }},
		{"NoTwoPhase", "KIP-429", "a partition has two owners while one revokes it", func(q *Quirks) { q.NoTwoPhase = true }},
		{"KeepOldEpochs", "KAFKA-12257", "a topic made anew is never found", func(q *Quirks) { q.KeepOldEpochs = true }},
		{"StuckLookup", "KAFKA-10793", "the coordinator is never found again", func(q *Quirks) { q.StuckLookup = true }},
	}
}
