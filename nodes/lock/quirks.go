package lock

// Quirks are defects that programs with locks have had, to be switched on one by one, and found. The zero value has none.
type Quirks struct {
	ReleasesAnyones    bool // gives the lock back without looking whose it is
	ExtendsAfterExpiry bool // extends without looking whether it is still there: what is gone is set anew, what is another's overwritten
	LeaseByWallClock   bool // the holder measures its lease by a clock that can be set
	NeverChecks        bool // the holder does not look at its lease once it has it
	NoMargin           bool // the lease counts from the answer, with nothing taken off for the time of asking and for drift
	SmallMajority      bool // half of the nodes count as a majority
	CountsDuplicates   bool // counts answers, not nodes
	CountsStaleAnswers bool // counts the answers to earlier attempts too
	AnswersUnsynced    bool // the row is granted before it is durable
	TokenStays         bool // the token does not grow when the lock is handed on
	Barges             bool // who comes last is served first
	IgnoresBeats       bool // who waits counts the time since the holder got the lock, not since its last renewal
	BlindTakeover      bool // takes the lock over without comparing what has become of it meanwhile
	StaleRenewal       bool // the end of a renewal for an earlier acquisition counts for the present one
	NoToken            bool // the resource does not look at tokens
	FenceForgotten     bool // the resource keeps the largest token in memory only
	NoSilence          bool // a cache that has lost its keys serves at once
}

// Bug is a quirk with its history.
type Bug struct {
	Name   string // in kebab-case
	Source string // paper section, ticket or project
	What   string // what the program does wrong, in one sentence
	Quirks Quirks
}

const (
	redisDoc  = "Sanfilippo, Distributed Locks with Redis"
	kleppmann = "Kleppmann, How to do distributed locking (2016)"
	chubby    = "Burrows, The Chubby lock service (OSDI 2006)"
)

// Bugs are the defects, in the order in which a section meets them.
func Bugs() []Bug {
	return []Bug{
		{"lock-releases-anothers", redisDoc + ", why failover-based implementations are not enough", "the lock is given back by a plain DEL, whoever has it by now", Quirks{ReleasesAnyones: true}},
		{"lock-extends-after-expiry", redisDoc + ", extending the lock", "a lease that has run out is extended, without comparing: the lock is taken away from whoever has it by now", Quirks{ExtendsAfterExpiry: true}},
		{"lock-lease-by-wall-clock", kleppmann + "", "the holder reckons its lease by the wall clock, and the clock is set back", Quirks{LeaseByWallClock: true}},
		{"lock-never-checks", kleppmann, "the holder goes on writing without another look at its lease", Quirks{NeverChecks: true}},
		{"redlock-no-margin", redisDoc + ", the Redlock algorithm, step 3", "the whole ttl counts from the last answer: the time of asking and the drift are not taken off", Quirks{NoMargin: true}},
		{"redlock-small-majority", redisDoc + ", the Redlock algorithm, step 4", "N/2 nodes count as a majority, instead of N/2+1", Quirks{SmallMajority: true}},
		{"redlock-counts-duplicates", "akka-raft raft-45, as a lock", "answers are counted, not nodes, and an answer comes twice", Quirks{CountsDuplicates: true}},
		{"redlock-counts-stale-answers", "akka-raft raft-46, as a lock", "the answers to an attempt that failed count for the next one as well", Quirks{CountsStaleAnswers: true}},
		{"redlock-restarts-at-once", kleppmann + "; " + redisDoc + ", performance, crash recovery and fsync", "a node that has lost its keys in a crash serves at once", Quirks{NoSilence: true}},
		{"row-answers-unsynced", "fsync=off", "the database tells of a grant before its log is synced", Quirks{AnswersUnsynced: true}},
		{"lock-token-stays", chubby + ", section 2.4", "the lock changes hands and the token does not grow", Quirks{TokenStays: true}},
		{"lock-barges", "non-fair locks, as java.util.concurrent's", "who comes last is served first", Quirks{Barges: true}},
		{"paxos-lock-ignores-beats", "the lease key of many CAS-based locks", "who waits counts from the moment at which the holder got the lock, not from its last renewal", Quirks{IgnoresBeats: true}},
		{"paxos-lock-blind-takeover", "check-then-set, as in many CAS-based locks", "an expired lock is taken over by a put instead of a compare-and-set", Quirks{BlindTakeover: true}},
		{"paxos-lock-stale-renewal", "this package, before its first release; akka-raft raft-46, as a lock", "a renewal that was begun for an acquisition that is over ends as the next one's grant, with the old token", Quirks{StaleRenewal: true}},
		{"store-ignores-tokens", kleppmann, "tokens are handed out, and the resource does not look at them", Quirks{NoToken: true}},
		{"store-forgets-tokens", kleppmann, "the resource keeps the largest token in memory, and is restarted", Quirks{FenceForgotten: true}},
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
