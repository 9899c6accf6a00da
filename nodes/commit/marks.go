package commit

// The coverage marks: what a campaign should reach.
const (
	markRecoversPrepared   = "commit: a participant finds a transaction prepared when it starts"
	markAbortFirst         = "commit: an Abort overtakes its Prepare"
	markHeuristic          = "commit: a participant decides heuristically"
	markTriesAgain         = "commit: a transaction that was refused is tried again"
	markGivesUp            = "commit: a coordinator waits for votes in vain"
	markInquires           = "commit: a participant asks how a transaction has ended"
	markPresumesAbort      = "commit: a coordinator presumes abort"
	markHelpsToAbort       = "commit: a participant that has not voted lets the others abort"
	markCommitsWithoutAcks = "commit: a coordinator of three-phase commit goes on without an answer"
	markTerminatesCommit   = "commit: participants commit without the coordinator"
	markTerminatesAbort    = "commit: participants abort without the coordinator"
	markAllHaveCrashed     = "commit: everybody has crashed during one transaction"
	markLeadsBallot        = "commit: somebody leads a higher ballot"
)

// Marks are the coverage marks that a campaign over all protocols is expected to reach.
func Marks() []string {
	return []string{markRecoversPrepared, markTriesAgain, markGivesUp, markInquires, markPresumesAbort, markHelpsToAbort,
		markCommitsWithoutAcks, markTerminatesCommit, markTerminatesAbort, markLeadsBallot}
}
