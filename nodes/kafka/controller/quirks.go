package controller

// Quirks are defects of Kafka's controllers, to be found. The zero value has none.
type Quirks struct {
	// unclean-by-default, 0.8-0.10 (default changed in 0.11, KIP-106): where the ISR has nobody who lives, anybody else of the
	// replicas leads.
	UncleanByDefault bool
	// no-broker-epoch, KAFKA-7235/KIP-380 (fixed 2.2.0): a broker that bounces between two looks is taken for one that never
	// went, and what was meant for its earlier incarnation is not marked as such.
	NoBrokerEpoch bool
	// newer-broker-epoch-refused, KAFKA-9839 (2.2.0-2.5, fixed 2.6.0): a request is refused also for a broker epoch that is newer than the
	// one that the broker knows of.
	NewerBrokerEpochRefused bool
	// shutting-down-stays-in-isr, the class of KAFKA-13916/14140 (fixed 3.3/3.4, KIP-841): a broker that shuts down is left in
	// the ISRs of what it follows, and counts as a candidate when leaders are chosen.
	ShuttingDownStaysInISR bool
	// stale-epoch-in-context, KAFKA-9212 (2.3.0-2.3.1, fixed 2.4.0): the leader epoch that a reassignment raises is not noted,
	// and UpdateMetadata tells the old one: clients that have seen the new one are fenced for ever.
	StaleEpochInContext bool
	// removed-dead-replica-stays-in-isr, KAFKA-9672 (fixed 3.0.0): a reassignment does not take those that it removes out of the
	// ISR if they are down: ISR ⊄ replicas.
	RemovedStaysInISR bool
	// completes-before-isr, KAFKA-15665 (fixed 3.8): a reassignment completes when those that it adds are in the ISR, even if
	// others of the target are not.
	CompletesBeforeISR bool
	// stop-replica-without-epoch, KAFKA-9539/KIP-570 (fixed 2.6.0): StopReplica tells no leader epoch, and a late one stops a
	// replica that is wanted again.
	StopReplicaWithoutEpoch bool
}

// Defect is one entry of the museum.
type Defect struct {
	Name, Ticket, Doc string
	Set               func(*Quirks)
}

// Defects lists the museum of this package.
func Defects() []Defect {
	return []Defect{
		{"unclean-by-default", "KIP-106", "a replica that is not in sync leads when no other lives", func(q *Quirks) { q.UncleanByDefault = true }},
		{"no-broker-epoch", "KAFKA-7235", "a quick bounce of a broker goes unnoticed", func(q *Quirks) { q.NoBrokerEpoch = true }},
		{"newer-broker-epoch-refused", "KAFKA-9839", "a broker epoch from the future is refused", func(q *Quirks) { q.NewerBrokerEpochRefused = true }},
		{"shutting-down-stays-in-isr", "KAFKA-13916", "a broker that shuts down stays a candidate", func(q *Quirks) { q.ShuttingDownStaysInISR = true }},
		{"stale-epoch-in-context", "KAFKA-9212", "metadata tells an old leader epoch after a reassignment", func(q *Quirks) { q.StaleEpochInContext = true }},
		{"removed-stays-in-isr", "KAFKA-9672", "a reassignment leaves a dead replica in the ISR", func(q *Quirks) { q.RemovedStaysInISR = true }},
		{"completes-before-isr", "KAFKA-15665", "a reassignment completes before its targets are in sync", func(q *Quirks) { q.CompletesBeforeISR = true }},
		{"stop-replica-without-epoch", "KAFKA-9539", "a late StopReplica stops a replica that is wanted", func(q *Quirks) { q.StopReplicaWithoutEpoch = true }},
	}
}
