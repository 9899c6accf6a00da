package isr

// Quirks are defects in what replicas decide. The zero value has none. Package replica tells their histories.
type Quirks struct {
	TruncateToHW           bool // KAFKA-1211: a new follower cuts its log to its own high watermark
	EpochAnswerIgnored     bool // KAFKA-6361: of the leader's answer only the offset counts, not whose epoch it ends
	NeverTruncates         bool // a follower keeps its log as it is
	NoEpochStart           bool // KAFKA-7128: joining the ISR asks for the high watermark only, which a new leader's may be stale
	ExpandWithoutHW        bool // joining the ISR asks for nothing but a fetch
	ExpandUnfenced         bool // KIP-320: a fetch of another leader epoch makes a follower join
	HWUnfenced             bool // KIP-320: a fetch of another leader epoch counts for the high watermark
	HWOnLeaderOnly         bool // the high watermark is the leader's log end
	HWBelowMinISR          bool // KAFKA-15583: the high watermark moves while the ISR is too small
	NoMaximalISR           bool // KIP-497: the high watermark waits for the committed ISR only, while an expansion is in flight
	NoBrokerEpochCheck     bool // KAFKA-14617: a restarted follower is not told from what it was
	IneligibleJoins        bool // KAFKA-14140: a broker that is not registered, or is shutting down, joins
	HWBeforeTruncation     bool // KAFKA-14704: a follower takes the high watermark of an answer that says that it diverges
	ShrinkWhileInFlight    bool // KAFKA-12686: a change in flight does not keep the next from being proposed
	CaughtUpWithoutHistory bool // before KIP-16: a follower that is not at the end now counts as lagging, however lately it was
}
