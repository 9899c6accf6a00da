package paxos

import "slices"

// The coverage marks of this package: situations that a campaign should reach.
const (
	markAdopted           = "paxos: promise carried a vote of an older ballot"
	markAdoptedHigher     = "paxos: two votes reported for one slot, the higher ballot adopted"
	markAnsweredAgain     = "paxos: repeated command answered from the session table"
	markBackOff           = "paxos: candidate backs off"
	markBatch             = "paxos: several commands in one slot"
	markBusy              = "paxos: queue full"
	markCaughtUp          = "paxos: catch-up by log"
	markChunked           = "paxos: snapshot sent in parts"
	markDoubled           = "paxos: doubled command suppressed when applied"
	markDuel              = "paxos: two candidates duel"
	markExpired           = "paxos: command of an expired session refused"
	markExpires           = "paxos: idle sessions expire"
	markFetchFirst        = "paxos: candidate fetches chosen slots before it proposes"
	markGapFilled         = "paxos: gap filled with a no-op"
	markHole              = "paxos: follower has a hole below the commit index"
	markInstalled         = "paxos: catch-up by snapshot"
	markLeaseAfterRestart = "paxos: restarted acceptor waits out forgotten leases"
	markLeaseForbids      = "paxos: lease forbids a promise"
	markLeaseRead         = "paxos: read answered under a lease"
	markLeftOut           = "paxos: leader outside the new configuration gives way"
	markLostContact       = "paxos: leader without a quorum steps down"
	markMorePromises      = "paxos: leader asks a new configuration for promises"
	markOlderBallot       = "paxos: commit index covers a vote of an older ballot"
	markOutbid            = "paxos: refused in favour of a higher ballot"
	markOutOfOrder        = "paxos: slot chosen before its predecessor"
	markReadWaits         = "paxos: read waits for the next round"
	markReconfigured      = "paxos: change of membership chosen"
	markRedirect          = "paxos: client redirected"
	markRepeated          = "paxos: P2a repeated"
	markRetired           = "paxos: replica outside the membership does not campaign"
	markStalePromise      = "paxos: promise for an earlier ballot ignored"
	markTornTail          = "paxos: torn tail cut off"
	markTruncated         = "paxos: log truncated"
	markWindowFull        = "paxos: window full"
)

var marks = []string{
	markAdopted, markAdoptedHigher, markAnsweredAgain, markBackOff, markBatch, markBusy, markCaughtUp, markChunked,
	markDoubled, markDuel, markExpired, markExpires, markFetchFirst, markGapFilled, markHole, markInstalled,
	markLeaseAfterRestart, markLeaseForbids, markLeaseRead, markLeftOut, markLostContact, markMorePromises,
	markOlderBallot, markOutbid, markOutOfOrder, markReadWaits, markReconfigured, markRedirect, markRepeated,
	markRetired, markStalePromise, markTornTail, markTruncated, markWindowFull,
}

// Marks returns the names of all coverage marks of this package, sorted.
func Marks() []string { return slices.Sorted(slices.Values(marks)) }
