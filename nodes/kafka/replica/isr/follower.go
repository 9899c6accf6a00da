package isr

// Log is what decisions ask of a log. *log.Log is one.
type Log interface {
	// EndOffset is the log end offset.
	EndOffset() int64
	// LatestEpoch is the latest leader epoch in the log, Unknown if there is none.
	LatestEpoch() int32
	// EndOffsetFor is the largest epoch that is not larger than the one given, and where it ends; Unknown twice if nothing can be
	// said.
	EndOffsetFor(epoch int32) (int32, int64)
}

// EpochEnd says where a leader epoch ends in a log.
type EpochEnd struct {
	Epoch int32
	End   int64
}

// Verdict is what a leader epoch in a request means to a replica that knows another.
type Verdict uint8

// The verdicts.
const (
	Current Verdict = iota
	Fenced          // the sender's is older: FENCED_LEADER_EPOCH
	Future          // the sender's is newer: UNKNOWN_LEADER_EPOCH
)

// Fence compares the leader epoch that a request says is current with the replica's own (KIP-320). Unknown passes: the sender is too old
// to tell.
func Fence(claimed, mine int32) Verdict {
	switch {
	case claimed == Unknown || claimed == mine:
		return Current
	case claimed < mine:
		return Fenced
	}
	return Future
}

// Diverging tells a leader whether a follower that has fetched up to an offset, the last of it from an epoch, has what the leader has
// not; and if, where the largest epoch that both may know ends in the leader's log (KAFKA-10554). known is false if the leader's log
// can say nothing of the epoch: to the follower its offset is out of range then.
func Diverging(log Log, lastFetched int32, offset int64) (e EpochEnd, diverges, known bool) {
	if lastFetched == Unknown {
		return EpochEnd{}, false, true
	}
	epoch, end := log.EndOffsetFor(lastFetched)
	if end == Unknown {
		return EpochEnd{Epoch: Unknown, End: Unknown}, false, false
	}
	return EpochEnd{epoch, end}, epoch < lastFetched || end < offset, true
}

// AfterDivergence is where a follower cuts its log that the leader has said to diverge: what it has of the epoch, or the leader
// has, whichever is less.
func AfterDivergence(q Quirks, log Log, leader EpochEnd) int64 {
	end := log.EndOffset()
	switch {
	case q.NeverTruncates:
		return end
	case q.EpochAnswerIgnored:
		return min(leader.End, end)
	}
	_, own := log.EndOffsetFor(leader.Epoch)
	if own == Unknown {
		own = end
	}
	return min(own, leader.End, end)
}

// AfterAnswer is where a follower cuts its log, and whether it must ask again, after the leader has answered where the
// follower's latest epoch ends (OffsetForLeaderEpoch). hw is what is left to go by if the leader knows nothing of it.
func AfterAnswer(q Quirks, log Log, hw int64, leader EpochEnd) (to int64, again bool) {
	end := log.EndOffset()
	switch {
	case q.NeverTruncates:
		return end, false
	case leader.End == Unknown:
		return min(hw, end), false
	case q.EpochAnswerIgnored || leader.Epoch == Unknown:
		return min(leader.End, end), false
	}
	epoch, own := log.EndOffsetFor(leader.Epoch)
	switch {
	case own == Unknown:
		return min(leader.End, end), false
	case epoch < leader.Epoch:
		return min(own, end), true
	}
	return min(own, leader.End, end), false
}

// Step is what a replica does first when it begins to follow a leader epoch.
type Step uint8

// The steps.
const (
	FetchFirst Step = iota // fetch; the leader tells if the log diverges
	AskFirst               // ask where the latest epoch ends, with OffsetForLeaderEpoch
	CutToHW                // cut to the own high watermark: nothing else is known
	CutNothing             // fetch, and never cut
)

// First says what a new follower begins with. epochRequests is the protocol from before truncation on fetch.
func First(q Quirks, log Log, epochRequests bool) Step {
	switch {
	case q.NeverTruncates:
		return CutNothing
	case q.TruncateToHW:
		return CutToHW
	case log.LatestEpoch() == Unknown:
		return CutToHW
	case epochRequests || q.EpochAnswerIgnored:
		return AskFirst
	}
	return FetchFirst
}

// FollowerHW is a follower's high watermark after an answer of its leader. It may go down: a new leader's may be behind.
func FollowerHW(leader, end int64) int64 { return min(leader, end) }
