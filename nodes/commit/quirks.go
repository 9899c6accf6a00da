package commit

// Quirks are defects that implementations of atomic commitment have had, to be switched on one by one, and found. The zero
// value has none.
type Quirks struct {
	CommitBeforeDurable  bool // the coordinator tells before its COMMIT record is durable
	VoteBeforeDurable    bool // a participant votes before its PREPARED record is durable
	AbortsAlone          bool // a participant that is prepared gives up by itself
	CountsOldVotes       bool // a vote for an earlier attempt counts
	ForgetsBeforeAcks    bool // the coordinator forgets a commit that not all have acknowledged
	HidesHeuristics      bool // a heuristic decision that was wrong is acknowledged like any other
	RecoveryDropsLocks   bool // a restart does not look at PREPARED records
	PreparesAfterAbort   bool // a Prepare that comes behind its Abort is taken for new
	RecoveredTakesPart   bool // three-phase commit: who has crashed goes on by his time-outs
	TrustsTimeoutsAlways bool // three-phase commit is run where messages can be lost: its documented limit
}

// Bug is a quirk by name.
type Bug struct {
	Name   string
	Source string // where it was described
	What   string // what is wrong, in one sentence
	Breaks string // the property that it breaks
	// Protocol is the protocol that the defect belongs to.
	Protocol Protocol
	Quirks   Quirks
}

const (
	sourceBHG   = "Bernstein, Hadzilacos and Goodman, Concurrency Control and Recovery (1987), section 7.4"
	sourceR     = "Mohan, Lindsay and Obermarck, Transaction Management in the R* Distributed DBMS (TODS 1986), section 3"
	sourceXA    = "X/Open, Distributed Transaction Processing: The XA Specification (1991), section 3.3"
	sourceSkeen = "Skeen, Nonblocking Commit Protocols (SIGMOD 1981)"
	sourceE3PC  = "Keidar and Dolev, Increasing the Resilience of Distributed and Replicated Database Systems (JCSS 1998)"
)

// Bugs are the defects, in the order of the museum.
func Bugs() []Bug {
	return []Bug{
		{"commit-before-durable", sourceR, "the coordinator sends Commit before its COMMIT record is durable", "AC1", TwoPhase,
			Quirks{CommitBeforeDurable: true}},
		{"vote-before-durable", sourceBHG, "a participant votes yes before its PREPARED record is durable", "AC3", TwoPhase,
			Quirks{VoteBeforeDurable: true}},
		{"aborts-alone", sourceBHG, "a participant that has voted yes aborts by itself when it has waited long enough", "AC1", TwoPhase,
			Quirks{AbortsAlone: true}},
		{"counts-old-votes", sourceBHG, "a late yes to an earlier attempt of the transaction counts for the present one", "AC3", TwoPhase,
			Quirks{CountsOldVotes: true}},
		{"forgets-before-acks", sourceR, "the coordinator forgets a commit before all have acknowledged it, and answers an inquiry with abort", "AC1", TwoPhase,
			Quirks{ForgetsBeforeAcks: true}},
		{"hides-heuristics", sourceXA, "a participant that has decided heuristically acknowledges the other outcome without saying so", "heuristic decisions are reported", TwoPhase,
			Quirks{HidesHeuristics: true}},
		{"recovery-drops-locks", sourceR, "recovery ignores PREPARED records, so that the locks of undecided transactions are released", "AC3", TwoPhase,
			Quirks{RecoveryDropsLocks: true}},
		{"prepares-after-abort", sourceBHG, "a late Prepare after the Abort of its transaction is voted for, and holds its locks", "AC2", TwoPhase,
			Quirks{PreparesAfterAbort: true}},
		{"3pc-under-partition", sourceSkeen, "time-out transitions are trusted where messages can be lost: no defect of the program, but the limit of the protocol", "AC1", ThreePhase,
			Quirks{TrustsTimeoutsAlways: true}},
		{"recovered-takes-part", sourceE3PC, "a participant that was precommitted when it crashed goes on by its time-outs, after the others have decided without it", "AC1", ThreePhase,
			Quirks{RecoveredTakesPart: true}},
	}
}

// BugNamed returns the defect of that name.
func BugNamed(name string) (Bug, bool) {
	for _, b := range Bugs() {
		if b.Name == name {
			return b, true
		}
	}
	return Bug{}, false
}
