package synod

// Quirks are defects that implementations of Paxos have had, to be switched on one by one, and
// found. The zero value has none.
type Quirks struct {
	PromiseNotDurable   bool // promises before the record is synced ("Paxos Made Simple", section 2.5)
	VoteNotDurable      bool // votes before the record is synced ("Paxos Made Live", section 5.1)
	AcceptsLowerBallot  bool // votes below what was promised
	VoteDoesNotPromise  bool // a vote leaves the promise where it was
	OneBallot           bool // one variable for both ballots (CASSANDRA-6023; Sutra, arXiv 1906.10917)
	AdoptsLastAnswer    bool // adopts the vote that it heard of last, not the highest
	CountsStalePromises bool // counts promises of other ballots
	CountsDuplicates    bool // counts answers, not acceptors (akka-raft raft-45)
	CountsNacks         bool // counts refusals as consent
	BallotWithoutNode   bool // two proposers can have one ballot
	SkipsPhaseOne       bool // asks for votes at once
}

// Bug is a quirk by name.
type Bug struct {
	Name   string
	Quirks Quirks
}

// Bugs are the defects, in the order of the protocol's phases.
func Bugs() []Bug {
	return []Bug{
		{"ballot-without-node", Quirks{BallotWithoutNode: true}},
		{"skips-phase-one", Quirks{SkipsPhaseOne: true}},
		{"promise-not-durable", Quirks{PromiseNotDurable: true}},
		{"vote-not-durable", Quirks{VoteNotDurable: true}},
		{"accepts-lower-ballot", Quirks{AcceptsLowerBallot: true}},
		{"vote-does-not-promise", Quirks{VoteDoesNotPromise: true}},
		{"one-ballot", Quirks{OneBallot: true}},
		{"adopts-last-answer", Quirks{AdoptsLastAnswer: true}},
		{"counts-stale-promises", Quirks{CountsStalePromises: true}},
		{"counts-duplicates", Quirks{CountsDuplicates: true}},
		{"counts-nacks", Quirks{CountsNacks: true}},
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
