package group

// The invariants that this package holds itself to (S16).
const (
	alwaysState      = "group: a state follows one that it may follow"
	alwaysGeneration = "group: a generation is larger than the one before it"
	alwaysLeader     = "group: the leader of a generation is one of its members"
	alwaysAtOrder    = "group: offsets of one group take effect in the order of their records"
)

// The situations that a campaign should reach.
const (
	markAbortedOffsets   = "group: staged offsets dropped by an abort"
	markCommitFenced     = "group: commit of an old generation refused"
	markCommittedOffsets = "group: staged offsets committed by a marker"
	markDisplaced        = "group: static member takes the place of its predecessor"
	markExpired          = "group: offsets expire"
	markFencedInstance   = "group: predecessor of a static member fenced"
	markFollowerGone     = "group: member left out of a rebalance"
	markInitialDelay     = "group: first rebalance waits for another member"
	markLateOffset       = "group: transaction's offset is older than the one that is committed"
	markLateWrite        = "group: assignment of an overtaken generation stored"
	markLeaderGone       = "group: leader does not join again"
	markLoadWaits        = "group: load waits for the high watermark"
	markLoadedOpen       = "group: open transaction found by a load"
	markMarkerOvertakes  = "group: marker told before the append that it covers"
	markMemberExpired    = "group: session of a member ends"
	markNobodyJoined     = "group: rebalance ends with nobody joined"
	markPendingExpired   = "group: id given out and not joined with"
	markReloaded         = "group: append of unknown outcome, loaded again"
	markSyncTimeout      = "group: member does not sync in time"
	markUnloadedWaiting  = "group: members wait while leadership is lost"
	markUnstable         = "group: fetch of offsets that a transaction may change"
)
