package election

// Quirks are historical defects of FastLeaderElection and of the connections under it, each placed where history had it. The
// zero value is correct. Beside each stands its name in [Bugs].
type Quirks struct {
	Pred1419         bool // fle-pred-1419
	NoLookingReport  bool // fle-no-looking-report
	NoVoteUpdate     bool // no-update-election-vote
	WholeVotes       bool // fle-whole-votes
	IgnoresRound     bool // fle-ignores-round
	WrongMap         bool // check-leader-wrong-map
	NoResend         bool // fle-no-resend
	BlockingConnect  bool // fle-blocking-connect
	AwaitsLostConfig bool // fle-awaits-lost-config
}

// Bug is a quirk with its history.
type Bug struct {
	Name   string // in kebab-case
	Source string // the ticket
	What   string // what the program does wrong, in one sentence
	Breaks string // the property that it breaks
	Set    func(*Quirks)

	// Reconfigures says that it shows only where members come and go.
	Reconfigures bool
}

// Bugs returns all known defects of elections, by ticket.
func Bugs() []Bug { return bugs }

var bugs = []Bug{
	{"fle-no-resend", "ZOOKEEPER-481",
		"what was handed to a connection that then breaks is not sent again on the next one, so that a vote is lost until the next notification timeout",
		"a leader is found in time", func(q *Quirks) { q.NoResend = true }, false},
	{"fle-pred-1419", "ZOOKEEPER-1419",
		"the order of votes lacks parentheses, so that zxids and numbers are compared across epochs and the order has cycles",
		"no vote for an older history", func(q *Quirks) { q.Pred1419 = true }, false},
	{"fle-ignores-round", "ZOOKEEPER-1514",
		"a server that others still follow takes itself for their leader whatever round they speak of",
		"leads in its own round", func(q *Quirks) { q.IgnoresRound = true }, false},
	{"no-update-election-vote", "ZOOKEEPER-1732",
		"members keep the epoch in their votes that was current when they were elected, so that who comes late finds no quorum of equal votes",
		"a leader is found in time", func(q *Quirks) { q.NoVoteUpdate = true }, false},
	{"fle-whole-votes", "ZOOKEEPER-1805",
		"the votes of members that follow must be equal in zxid and round too, so that who comes late finds no quorum of equal votes",
		"a leader is found in time", func(q *Quirks) { q.WholeVotes = true }, false},
	{"fle-blocking-connect", "ZOOKEEPER-2164",
		"connections are set up one after another, so that a server that does not answer keeps the votes for the others waiting",
		"a leader is found in time", func(q *Quirks) { q.BlockingConnect = true }, false},
	{"fle-no-looking-report", "ZOOKEEPER-3109",
		"a leader that waits for its followers is not told that one of them looks for a leader again",
		"a leader whose voters have left is told", func(q *Quirks) { q.NoLookingReport = true }, false},
	{"check-leader-wrong-map", "ZOOKEEPER-3537",
		"whether the leader of the own round says that it leads is looked up among the votes of other rounds",
		"a leader's word counts when it is heard", func(q *Quirks) { q.WrongMap = true }, false},
	{"fle-awaits-lost-config", "ZooKeeper 3.8 and 3.9 (FastLeaderElection.getVoteTracker); found by zookeeper-reconfig",
		"whoever has logged a reconfiguration that was lost does not follow an elected leader unless a quorum of that one does, too",
		"who is followed by a quorum is followed", func(q *Quirks) { q.AwaitsLostConfig = true }, true},
}
