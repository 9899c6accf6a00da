package zab

import "slices"

// The coverage marks of this package: situations that a campaign should reach.
const (
	markAskSnapshot     = "zab: nothing to cut the log back to, snapshot asked for"
	markAhead           = "zab: learner with a longer history refused"
	markCommitsWaited   = "zab: commit between NEWLEADER and UPTODATE"
	markDiff            = "zab: learner brought up to date by DIFF"
	markFastForward     = "zab: log holds more than memory when a leader is looked for"
	markLeads           = "zab: leader begins to serve"
	markLogSync         = "zab: learner behind the committed log, log on disk looked at"
	markOldEpoch        = "zab: learner was proposed an epoch that is over"
	markProposalsWaited = "zab: proposal waits for UPTODATE"
	markReload          = "zab: memory loaded again because a synchronisation was not finished"
	markRollover        = "zab: epoch out of numbers"
	markSnap            = "zab: learner brought up to date by SNAP"
	markSnapUnderLoad   = "zab: packets queued behind a snapshot that is being sent"
	markSnapshot        = "zab: fuzzy snapshot begun"
	markStranded        = "zab: leader gives way to a learner that has accepted a later epoch"
	markSyncUnderLoad   = "zab: learner synchronised while proposals are under way"
	markTrunc           = "zab: learner brought up to date by TRUNC"
)

var marks = []string{
	markAhead, markAskSnapshot, markCommitsWaited, markDiff, markFastForward, markLeads, markLogSync, markProposalsWaited, markReload,
	markSnap, markSnapUnderLoad, markSnapshot, markStranded, markSyncUnderLoad, markTrunc,
}

// Marks returns the names of the coverage marks of this package that a campaign should reach, sorted. That an epoch runs out of
// numbers takes four thousand million transactions, or a server that begins to count near the end; and no leader that is right proposes an
// epoch that is over to a learner.
func Marks() []string { return slices.Sorted(slices.Values(marks)) }
