package zk

// Quirks are defects of how brokers used ZooKeeper, to be found. The zero value has none.
type Quirks struct {
	// isr-without-cas, the KAFKA-6082 family (mutation of KIP-320's model: ISR write by a zombie leader): a leader writes its ISR
	// whatever the version of the record, and so over what a newer leader or the controller has written.
	NoISRCAS bool
	// no-controller-epoch-guard, KAFKA-6082 (fixed 2.1.0): the controller's writes do not check /controller_epoch: one that was
	// deposed during a long pause goes on changing the cluster's state.
	NoControllerEpochGuard bool
	// lost-answer-is-bad-version, before ReplicationUtils.checkLeaderAndIsrZkData (0.8.0): a write of the ISR whose answer was lost is made
	// again, and fails by its own success: the leader's version stays behind for good.
	NoISRRecheck bool
}

// Defect is one entry of the museum.
type Defect struct {
	Name, Ticket, Doc string
	Set               func(*Quirks)
}

// Defects lists the museum of this package.
func Defects() []Defect {
	return []Defect{
		{"isr-without-cas", "KAFKA-6082", "a deposed leader writes its ISR over a newer state", func(q *Quirks) { q.NoISRCAS = true }},
		{"no-controller-epoch-guard", "KAFKA-6082", "a deposed controller goes on writing", func(q *Quirks) { q.NoControllerEpochGuard = true }},
		{"isr-write-not-rechecked", "KAFKA-1382", "an ISR write whose answer was lost fails by its own success", func(q *Quirks) { q.NoISRRecheck = true }},
	}
}
