package paxos

// Quirks are historical defects of implementations of Paxos, each placed where
// history had it. The zero value is correct. Beside each stands its name in [Bugs], which tells what
// it does wrong and where it comes from.
type Quirks struct {
	PromiseNotDurable     bool // promise-not-durable
	VoteNotDurable        bool // vote-not-durable
	BallotWithoutNode     bool // ballot-without-node
	RoundNotDurable       bool // round-not-durable
	AcceptsLowerBallot    bool // accepts-lower-ballot
	VoteDoesNotPromise    bool // vote-does-not-promise
	OneBallot             bool // one-ballot
	PromiseHidesChosen    bool // promise-hides-chosen
	TruncatedForgotten    bool // truncated-slots-forgotten
	AdoptsLastAnswer      bool // adopts-last-answer
	CountsStalePromises   bool // counts-stale-promises
	CountsDuplicates      bool // counts-duplicates
	CountsNacks           bool // counts-nacks
	MixesBallots          bool // mixes-ballots
	SmallQuorum           bool // small-quorum
	SkipsPhaseOne         bool // skips-phase-one
	SkipsGaps             bool // skips-gaps
	CommitWithoutBallot   bool // commit-without-ballot
	SessionsNotInSnapshot bool // sessions-not-in-snapshot
	ChecksSessionsEarly   bool // checks-sessions-early
	AnswersBeforeChosen   bool // answers-before-chosen
	ReadsBeforeOwnEntry   bool // reads-before-own-entry
	ReadsWithoutQuorum    bool // reads-without-quorum
	LeaseByWallClock      bool // lease-by-wall-clock
	LeaseForgotten        bool // lease-forgotten
	InstallForgetsVotes   bool // install-forgets-votes
	MembershipAtOnce      bool // membership-at-once
	AcceptsWipedDisk      bool // accepts-wiped-disk
	CutsCorruptLog        bool // cuts-corrupt-log
}

// Bug is a quirk with its history.
type Bug struct {
	Name   string // in kebab-case
	Source string // paper section, ticket or project
	What   string // what the program does wrong, in one sentence
	Breaks string // the property that it breaks
	Needs  string // what must happen for it to show; "" for nothing but lost, late or doubled messages and crashes

	set func(*Quirks)
}

// Quirks returns the Quirks in which b is the only one.
func (b Bug) Quirks() Quirks {
	var q Quirks
	b.set(&q)
	return q
}

// Bugs returns all known defects, in the order of the protocol's phases.
func Bugs() []Bug { return bugs }

// BugNamed returns the defect of that name.
func BugNamed(name string) (Bug, bool) {
	for _, b := range bugs {
		if b.Name == name {
			return b, true
		}
	}
	return Bug{}, false
}

var bugs = []Bug{
	{Name: "promise-not-durable", Source: "akka-raft raft-56 and raft-62 (DEMi, NSDI'16), the same defect in Raft",
		What:   "an acceptor answers P1a before its promise is on disk, and after a crash accepts from the ballot that it had promised to ignore",
		Breaks: "agreement", set: func(q *Quirks) { q.PromiseNotDurable = true }},
	{Name: "vote-not-durable", Source: "\"Paxos Made Live\" section 5.1; fsyncgate",
		What:   "an acceptor answers P2a before its vote is on disk, and a crash takes away a vote that was counted",
		Breaks: "agreement", set: func(q *Quirks) { q.VoteNotDurable = true }},
	{Name: "ballot-without-node", Source: "folklore: round numbers taken for ballots; cloned disks",
		What:   "a ballot is a round without the node's name, so two candidates can lead the same one",
		Breaks: "one leader a ballot", set: func(q *Quirks) { q.BallotWithoutNode = true }},
	{Name: "round-not-durable", Source: "\"Paxos Made Live\" section 5.1; Raft's currentTerm before RequestVote",
		What:   "a candidate asks for promises before its round is on disk, and after a crash uses the same ballot once more",
		Breaks: "one leader a ballot", set: func(q *Quirks) { q.RoundNotDurable = true }},
	{Name: "accepts-lower-ballot", Source: "WRaft#4 (SandTable, EuroSys'24): the term is not monotone",
		What:   "an acceptor accepts P2a of a ballot that is lower than the one it has promised",
		Breaks: "agreement", set: func(q *Quirks) { q.AcceptsLowerBallot = true }},
	{Name: "vote-does-not-promise", Source: "folklore: \"Paxos Made Simple\" P1a read without phase 2",
		What:   "accepting in a ballot does not raise the promise to it, so that a late P2a of a lower ballot overwrites the vote",
		Breaks: "agreement", set: func(q *Quirks) { q.VoteDoesNotPromise = true }},
	{Name: "one-ballot", Source: "CASSANDRA-6023; EPaxos (Sutra, 2019, arXiv 1906.10917)",
		What:   "one variable holds the ballot promised and the ballot accepted, so that an old vote inherits every later promise",
		Breaks: "agreement", set: func(q *Quirks) { q.OneBallot = true }},
	{Name: "promise-hides-chosen", Source: "Paxi, HandleP1a; \"Paxos Made Moderately Complex\" section 4.2 warns of it",
		What:   "P1b leaves out the slots that the acceptor knows to be chosen, and does not say so",
		Breaks: "agreement", set: func(q *Quirks) { q.PromiseHidesChosen = true }},
	{Name: "truncated-slots-forgotten", Source: "\"Paxos Made Moderately Complex\" section 4.2; WRaft#2 (SandTable)",
		What:   "P1b says nothing about the slots that a snapshot has replaced",
		Breaks: "agreement", Needs: "snapshots", set: func(q *Quirks) { q.TruncatedForgotten = true }},
	{Name: "adopts-last-answer", Source: "the dslabs Paxos tests (\"logs with holes\"); folklore",
		What:   "a new leader adopts the value in the last P1b that has one, not the one of the highest ballot",
		Breaks: "agreement", set: func(q *Quirks) { q.AdoptsLastAnswer = true }},
	{Name: "counts-stale-promises", Source: "akka-raft raft-46 (DEMi); Xraft#1 (SandTable)",
		What:   "a candidate counts a P1b that answers an earlier ballot of its own",
		Breaks: "agreement", set: func(q *Quirks) { q.CountsStalePromises = true }},
	{Name: "counts-duplicates", Source: "akka-raft raft-45 (DEMi)",
		What:   "a leader counts messages of P2b, not acceptors, so that a doubled one counts twice",
		Breaks: "agreement", Needs: "doubled messages, or answers to repeated ones", set: func(q *Quirks) { q.CountsDuplicates = true }},
	{Name: "counts-nacks", Source: "classroom and toy implementations that ignore the ballot in p2b",
		What:   "a leader takes every P2b for a vote, also one that refuses",
		Breaks: "agreement", set: func(q *Quirks) { q.CountsNacks = true }},
	{Name: "mixes-ballots", Source: "folklore: learners that count a slot's votes over all ballots",
		What:   "a leader counts votes by slot only, so that those of an earlier ballot of its own count for the value that it proposes now",
		Breaks: "agreement", set: func(q *Quirks) { q.MixesBallots = true }},
	{Name: "small-quorum", Source: "akka-raft raft-42 (DEMi); raft-fuzzing's injected fault in etcd's majority.go",
		What:   "half of the members, rounded down, is taken for a majority",
		Breaks: "agreement", set: func(q *Quirks) { q.SmallQuorum = true }},
	{Name: "skips-phase-one", Source: "folklore: a new leader that trusts its own log",
		What:   "a new leader proposes at a higher ballot without asking what was accepted before",
		Breaks: "agreement", set: func(q *Quirks) { q.SkipsPhaseOne = true }},
	{Name: "skips-gaps", Source: "\"Paxos Made Live\" section 5 (holes); Paxi (a note in its own source asks what of the gap)",
		What:   "a replica applies a slot that is chosen although one before it is not yet known",
		Breaks: "prefix equality", set: func(q *Quirks) { q.SkipsGaps = true }},
	{Name: "commit-without-ballot", Source: "Raft figure 8; PySyncObj#5 (SandTable)",
		What:   "a follower takes a slot for chosen because the leader's commit index covers it, whatever it itself had accepted there",
		Breaks: "agreement", set: func(q *Quirks) { q.CommitWithoutBallot = true }},
	{Name: "sessions-not-in-snapshot", Source: "Ongaro's dissertation section 6.3",
		What:   "the table of sessions is not part of the snapshot, so that a command that is retried is executed again",
		Breaks: "exactly once", Needs: "snapshots", set: func(q *Quirks) { q.SessionsNotInSnapshot = true }},
	{Name: "checks-sessions-early", Source: "Ongaro's dissertation section 6.3; CASSANDRA-6013",
		What:   "a leader looks for doubled commands when it proposes, and nobody does when they are applied",
		Breaks: "exactly once", set: func(q *Quirks) { q.ChecksSessionsEarly = true }},
	{Name: "answers-before-chosen", Source: "folklore: accepted taken for chosen; CASSANDRA-6013 for what clients then see",
		What:   "a leader answers a put or an append as soon as it has accepted it itself",
		Breaks: "linearizability", set: func(q *Quirks) { q.AnswersBeforeChosen = true }},
	{Name: "reads-before-own-entry", Source: "Ongaro's dissertation section 6.4, step 1",
		What:   "a new leader answers reads before a slot of its own ballot is chosen, while its commit index may be behind",
		Breaks: "linearizability", set: func(q *Quirks) { q.ReadsBeforeOwnEntry = true }},
	{Name: "reads-without-quorum", Source: "Paxi (IsLeader is true while phase 1 is under way)",
		What:   "a leader answers reads without asking whether it still leads",
		Breaks: "linearizability", set: func(q *Quirks) { q.ReadsWithoutQuorum = true }},
	{Name: "lease-by-wall-clock", Source: "\"Paxos Made Moderately Complex\" section 4.4; Chubby's master lease",
		What:   "the leader measures its lease with the clock that can be set, so that a step back prolongs it",
		Breaks: "linearizability", Needs: "Config.Lease, and a clock that is set back", set: func(q *Quirks) { q.LeaseByWallClock = true }},
	{Name: "lease-forgotten", Source: "\"Paxos Made Live\" section 5.2; Chubby's master lease",
		What:   "a restarted acceptor promises at once, although it may have granted a lease that still runs",
		Breaks: "linearizability", Needs: "Config.Lease, and restarts", set: func(q *Quirks) { q.LeaseForgotten = true }},
	{Name: "install-forgets-votes", Source: "\"Paxos Made Live\" section 5.5: snapshot and log out of step",
		What:   "a snapshot from another replica replaces the promise and the votes above it, not only the slots below",
		Breaks: "agreement", Needs: "snapshots", set: func(q *Quirks) { q.InstallForgetsVotes = true }},
	{Name: "membership-at-once", Source: "etcd-io/etcd#7280, #11284; Lamport's alpha left out",
		What:   "a change of membership governs as soon as a replica has applied it, and not a window later",
		Breaks: "agreement", Needs: "changes of membership", set: func(q *Quirks) { q.MembershipAtOnce = true }},
	{Name: "accepts-wiped-disk", Source: "\"Paxos Made Live\" section 5.1; DISC'17 (Michael et al.)",
		What:   "an acceptor whose disk was lost joins again as if it had never voted",
		Breaks: "agreement", Needs: "a wiped disk, and Config.Rejoin", set: func(q *Quirks) { q.AcceptsWipedDisk = true }},
	{Name: "cuts-corrupt-log", Source: "\"Redundancy Does Not Imply Fault Tolerance\" (FAST'17): LogCabin, ZooKeeper",
		What:   "a checksum that does not match is taken for a torn tail, wherever in the log it is, and everything behind it is cut off",
		Breaks: "agreement", Needs: "corruption of what was synced, and restarts", set: func(q *Quirks) { q.CutsCorruptLog = true }},
}
