package zkconsumer

// Quirks are defects that such consumers had, to be found. The zero value has none.
type Quirks struct {
	// no-rollback-on-claim-fail (0.7; ZookeeperConsumerConnector.reflectPartitionOwnershipDecision has the rollback since 0.8): claims that were made before
	// the one that failed stay, though nobody reads those partitions: whoever they belong to now cannot claim them.
	NoRollback bool
	// commit-without-owner-check (0.8 to the end of the old consumer): offsets are set by whoever thinks that it reads the
	// partition. One that comes back after its session has ended puts the group back to where it was itself.
	CommitWithoutOwner bool
	// no-stop-fetchers-before-release (0.7; closeFetchers comes first since 0.8): a partition is given up while it is still read; what
	// is read meanwhile is read by its next owner too.
	NoStopFetchers bool
	// cached-cluster-view (0.7; the connector's cache of topics and consumers, cleared since 0.8): an attempt decides from what the first one has seen.
	// If that was wrong, all attempts fail.
	CachedView bool
	// trust-old-owner, KAFKA-1387 (0.8, fixed 0.9.0.0): a node with its own name in it counts as its own, although it is of the
	// session before, and vanishes with that.
	TrustOldOwner bool
}

// Defect is an entry of the museum.
type Defect struct {
	Name   string
	Ticket string
	Doc    string // one line
	Set    func(*Quirks)
}

// Defects returns the museum of this package.
func Defects() []Defect {
	const connector = "ZookeeperConsumerConnector"
	return []Defect{
		{"no-rollback-on-claim-fail", connector, "claims of a failed attempt stay, and nobody reads the partitions", func(q *Quirks) { q.NoRollback = true }},
		{"commit-without-owner-check", connector, "who has lost a partition sets the group's offset back", func(q *Quirks) { q.CommitWithoutOwner = true }},
		{"no-stop-fetchers-before-release", connector, "a partition that was given up is still read", func(q *Quirks) { q.NoStopFetchers = true }},
		{"cached-cluster-view", connector, "all attempts of a rebalance decide from the first one's view", func(q *Quirks) { q.CachedView = true }},
		{"trust-old-owner", "KAFKA-1387", "the owner's node of an ended session counts as a claim", func(q *Quirks) { q.TrustOldOwner = true }},
	}
}
