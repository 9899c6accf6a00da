package replica

import (
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica/isr"
)

// Quirks are defects that Kafka's replication had, or that of what speaks its protocol, to be found. The zero value has none.
// [Defects] tells their histories.
type Quirks struct {
	isr.Quirks            // those of the decisions
	Log        log.Quirks // those of the log

	SkipTruncationSameLeader bool // skip-truncation-same-leader
	EpochNotCached           bool // epoch-not-cached-at-election
	FetchUnfenced            bool // fetch-unfenced
	TruncationUnfenced       bool // truncation-unfenced
	SessionForgetsEpoch      bool // session-forgets-epoch
	FullTruncationKeepsHW    bool // full-truncation-keeps-hw
	ISRChangeStuck           bool // isr-change-stuck
	NoHWAfterShrink          bool // no-hw-after-shrink
	DoubleReadReplicaState   bool // double-read-replica-state
	HaltOnUnclean            bool // halt-on-unclean
	HWForgotten              bool // hw-checkpoint-forgotten
	NoVersionRefresh         bool // no-zkversion-refresh
	UnconditionalISR         bool // unconditional-isr
	BrokerEpochIgnored       bool // broker-epoch-ignored
	NewerBrokerEpochRefused  bool // newer-broker-epoch-refused
	StopWithoutEpoch         bool // stop-without-epoch
	DuplicateAckedEarly      bool // duplicate-acked-early
	AckBeforeReplicated      bool // ack-before-replicated
	SpuriousOffset           bool // spurious-offset
	NoMinISRCheck            bool // no-min-isr-check
	StaleListOffsets         bool // stale-list-offsets
	PreferredOutOfISR        bool // preferred-out-of-isr
	PreferredFenced          bool // preferred-fenced
}

// Defect is a quirk with its history.
type Defect struct {
	Name   string // in kebab-case
	Ticket string // the ticket or source, and where it was broken and mended
	Doc    string // what goes wrong, in one sentence
	Set    func(*Quirks)
}

// Defects returns all known defects of replication, in the order of Kafka's history as far as there is one.
func Defects() []Defect { return defects }

var defects = []Defect{
	{"truncate-to-hw", "KAFKA-1211, KIP-101 (0.8 to 0.10.2, fixed 0.11)",
		"a new follower cuts its log to its own high watermark, which may lag: what was committed is gone, or two logs differ for good",
		func(q *Quirks) { q.TruncateToHW = true }},
	{"kip101-lookup", "KAFKA-6361, KIP-279 (0.11 to 1.1, fixed 2.0)",
		"the answer to OffsetForLeaderEpoch is an offset only: after fast fail-overs a follower keeps what its leader never had",
		func(q *Quirks) { q.EpochAnswerIgnored = true }},
	{"skip-truncation-same-leader", "KAFKA-7164 (fixed 2.1)",
		"a follower whose leader is the same broker in a later epoch does not truncate, although there was another between",
		func(q *Quirks) { q.SkipTruncationSameLeader = true }},
	{"no-leso", "KAFKA-7128 (fixed 2.1)",
		"a follower joins the ISR of a new leader by its stale high watermark, without what was committed before the election",
		func(q *Quirks) { q.NoEpochStart = true }},
	{"epoch-not-cached-at-election", "KAFKA-7415 (fixed 2.1)",
		"a leader that appends nothing leaves no trace of its epoch, and elections in a row give wrong truncations",
		func(q *Quirks) { q.EpochNotCached = true }},
	{"fetch-unfenced", "KAFKA-7395, KIP-320 (fixed 2.1)",
		"a leader that has been deposed without knowing it serves fetches of another epoch",
		func(q *Quirks) { q.FetchUnfenced = true }},
	{"hw-unfenced", "KIP-320 (fixed 2.1)",
		"a fetch of another leader epoch counts for the high watermark",
		func(q *Quirks) { q.HWUnfenced = true }},
	{"truncation-unfenced", "KIP-320 (fixed 2.1)",
		"a follower truncates by the word of a broker that is not the leader of its epoch",
		func(q *Quirks) { q.TruncationUnfenced = true }},
	{"expand-unfenced", "KIP-320 (fixed 2.1)",
		"a fetch of another leader epoch makes a follower join the ISR",
		func(q *Quirks) { q.ExpandUnfenced = true }},
	{"session-forgets-epoch", "KAFKA-9338 (2.1 to 2.4, fixed 2.5)",
		"an incremental fetch session keeps no leader epoch, and fences nobody after the first fetch",
		func(q *Quirks) { q.SessionForgetsEpoch = true }},
	{"full-truncation-keeps-hw", "KAFKA-9491 (fixed 2.6)",
		"a log that begins anew behind its old end keeps its high watermark; elected leader, it answers every fetch with OFFSET_OUT_OF_RANGE",
		func(q *Quirks) { q.FullTruncationKeepsHW = true }},
	{"hw-before-truncation", "KAFKA-14704 (2.8 to 3.4, fixed 3.5)",
		"a follower takes the high watermark of the answer that tells it to truncate, and shows its readers what it is about to cut off",
		func(q *Quirks) { q.HWBeforeTruncation = true }},
	{"no-maximal-isr", "KIP-497 (fixed 2.7)",
		"while an expansion of the ISR is in flight the high watermark does not wait for the new member, which may already be electable",
		func(q *Quirks) { q.NoMaximalISR = true }},
	{"isr-change-stuck", "KAFKA-12686, KAFKA-12751 (2.7 to 2.8, fixed 3.0)",
		"a change of the ISR whose outcome is not known stays in flight for ever, and with it the ISR as it is",
		func(q *Quirks) { q.ISRChangeStuck = true }},
	{"no-hw-after-shrink", "KAFKA-13091 (fixed 3.1)",
		"the high watermark is not looked at when a shrink is committed: what waits, waits for the next write",
		func(q *Quirks) { q.NoHWAfterShrink = true }},
	{"no-broker-epoch-check", "KAFKA-14617, KIP-903 (fixed 3.5)",
		"a follower that has lost its log in a restart joins the ISR by a fetch from before",
		func(q *Quirks) { q.NoBrokerEpochCheck = true }},
	{"double-read-replica-state", "KAFKA-15221 (fixed 3.5.2, 3.6)",
		"whether a follower may join is decided by one of its fetches, and its broker epoch taken from a later one",
		func(q *Quirks) { q.DoubleReadReplicaState = true }},
	{"ineligible-joins", "KAFKA-13916, KAFKA-14140, KIP-841 (fixed 3.3, 3.4)",
		"a broker that is not registered any more, or is shutting down, joins the ISR",
		func(q *Quirks) { q.IneligibleJoins = true }},
	{"hw-below-min-isr", "KAFKA-15583, KIP-966 (fixed 3.7)",
		"the high watermark moves while the ISR is smaller than min.insync.replicas",
		func(q *Quirks) { q.HWBelowMinISR = true }},
	{"halt-on-unclean", "KAFKA-3410, KAFKA-3861, KAFKA-3924 (0.8 to 2.0, removed by KAFKA-7414 in 2.1)",
		"a follower that is ahead of its leader halts the broker: one lost tail takes the cluster down",
		func(q *Quirks) { q.HaltOnUnclean = true }},
	{"hw-checkpoint-forgotten", "KAFKA-1647 (0.8, fixed 0.8.2)",
		"a replica whose leader is not known at the start is left out of the checkpoint: its high watermark is 0, and it cuts everything",
		func(q *Quirks) { q.HWForgotten, q.TruncateToHW = true, true }},
	{"no-zkversion-refresh", "KAFKA-2729, KAFKA-1382 (0.8.2 to 1.0, fixed 1.1)",
		"after one change of the state by somebody else every change of the ISR fails: \"Cached zkVersion not equal\", for ever",
		func(q *Quirks) { q.NoVersionRefresh = true }},
	{"unconditional-isr", "KAFKA-6082's family",
		"a leader writes the ISR on no condition, also when it has been deposed",
		func(q *Quirks) { q.UnconditionalISR = true }},
	{"broker-epoch-ignored", "KAFKA-7235, KIP-380 (fixed 2.2)",
		"a request that was meant for this broker before it restarted is carried out after it",
		func(q *Quirks) { q.BrokerEpochIgnored = true }},
	{"newer-broker-epoch-refused", "KAFKA-9839 (2.2 to 2.5, fixed 2.6)",
		"a request with a broker epoch that this broker has not heard of yet is refused, and not repeated",
		func(q *Quirks) { q.NewerBrokerEpochRefused = true }},
	{"stop-without-epoch", "KAFKA-9539, KIP-570 (fixed 2.6)",
		"a late StopReplica stops a replica that has been started again since",
		func(q *Quirks) { q.StopWithoutEpoch = true }},
	{"duplicate-acked-early", "the likeness of Redpanda #5356",
		"a batch that is a duplicate is acknowledged before the original is committed",
		func(q *Quirks) { q.DuplicateAckedEarly = true }},
	{"ack-before-replicated", "Jepsen, Redpanda 21.10.1, #3003",
		"acks=all is answered when the leader has the batch",
		func(q *Quirks) { q.AckBeforeReplicated = true }},
	{"spurious-offset", "Jepsen, Bufstream 0.1.0",
		"a duplicate is acknowledged with offset 0",
		func(q *Quirks) { q.SpuriousOffset = true }},
	{"no-min-isr-check", "before KAFKA-1555 (fixed 0.8.2)",
		"acks=all asks for the ISR as it is, though it be the leader alone",
		func(q *Quirks) { q.NoMinISRCheck, q.HWBelowMinISR = true, true }},
	{"stale-list-offsets", "KIP-207 (fixed 2.2)",
		"a new leader tells its stale high watermark for the latest offset, which goes back for who asks twice",
		func(q *Quirks) { q.StaleListOffsets = true }},
	{"preferred-out-of-isr", "KAFKA-14372 (2.4 to 3.3, fixed 3.4)",
		"a consumer is sent to a replica that is not in the ISR, and reads nothing new there",
		func(q *Quirks) { q.PreferredOutOfISR = true }},
	{"preferred-fenced", "KAFKA-15390 (fixed 3.6)",
		"a consumer is sent to a replica on a broker that is gone",
		func(q *Quirks) { q.PreferredFenced = true }},
	{"never-truncates", "ablation of KIP-101", "a follower keeps its log as it is",
		func(q *Quirks) { q.NeverTruncates = true }},
	{"expand-without-hw", "ablation of KIP-101's rules", "a follower joins the ISR by any fetch",
		func(q *Quirks) { q.ExpandWithoutHW = true }},
	{"hw-on-leader-only", "ablation: acks=1", "the high watermark is the leader's log end",
		func(q *Quirks) { q.HWOnLeaderOnly = true }},
	{"shrink-while-in-flight", "KAFKA-12686's other side", "a change of the ISR is proposed while another is in flight",
		func(q *Quirks) { q.ShrinkWhileInFlight = true }},
	{"lag-by-messages", "before KIP-16 (fixed 0.9)", "a follower counts as lagging whenever it is not at the very end: the ISR flaps under load",
		func(q *Quirks) { q.CaughtUpWithoutHistory = true }},
}
