package lessons

// table is the course. A row's seeds are what its test has measured, with room to spare.
var table = []Lesson{
	{Number: 1, Dir: "01-lost-acknowledgement", Title: "The lost acknowledgement", Track: Messages, Minutes: 10, Badge: "counter of copies",
		Faults: []string{"loss", "duplicate", "delay"}, Pinned: 1, Within: 20, Proof: 1000},
	{Number: 4, Dir: "04-failure-detector", Title: "The failure detector's dilemma", Track: Messages, Minutes: 20, Badge: "careful heir",
		Faults: []string{"pause", "partition"}, Pinned: 4, Within: 20, Proof: 1000},
	{Number: 10, Dir: "10-holes", Title: "Holes in the log", Track: Paxos, Minutes: 15, Badge: "filler of holes",
		Museum: "paxos skips-gaps", Faults: []string{"loss", "duplicate", "delay"}, Pinned: 1, Within: 20, Proof: 500},
	{Number: 12, Dir: "12-lease-reads", Title: "Lease reads and a paused leader", Track: Paxos, Minutes: 20, Badge: "keeper of time",
		Museum: "paxos reads-without-quorum", Faults: []string{"pause", "partition"}, Pinned: 1, Within: 20, Proof: 300},
	{Number: 16, Dir: "16-stale-read", Title: "The stale read", Track: ZooKeeper, Minutes: 15, Badge: "catcher-up",
		Museum: "zookeeper-recipes discovery-stale-reads", Faults: []string{"delay", "clog", "crash"}, Pinned: 6, Within: 60, Proof: 120},
	{Number: 25, Dir: "25-two-and-three-phases", Title: "Two phases block, three phases split", Track: Transactions, Minutes: 25, Badge: "honest doubter",
		Museum: "commit 3pc-under-partition", Faults: []string{"partition", "pause"}, Pinned: 58, Within: 400, Proof: 1000},
	{Number: 26, Dir: "26-fsyncgate", Title: "fsyncgate: the sync that failed once", Track: Messages, Minutes: 15, Badge: "doubter of disks",
		Faults: []string{"disk", "crash"}, Pinned: 1, Within: 200, Proof: 1000},
	{Number: 27, Dir: "27-fencing", Title: "Redlock, a pause, and a fencing token", Track: Transactions, Minutes: 15, Badge: "builder of fences", Museum: "lock store-ignores-tokens",
		Faults: []string{"pause", "delay"}, Pinned: 9, Within: 200, Proof: 1000},
	{Number: 6, Dir: "06-any-two-majorities", Title: "Any two majorities meet", Track: Paxos, Minutes: 10, Badge: "counter of heads",
		Museum: "paxos small-quorum", Pinned: 35, Within: 300, Proof: 1000},
	{Number: 7, Dir: "07-dueling-proposers", Title: "Dueling proposers", Track: Paxos, Minutes: 15, Badge: "peacemaker",
		Pinned: 1, Within: 20, Proof: 1000},
	{Number: 8, Dir: "08-chosen-for-ever", Title: "Chosen is for ever", Track: Paxos, Minutes: 15, Badge: "adopter",
		Museum: "paxos adopts-last-answer", Faults: []string{"crash"}, Pinned: 1, Within: 10, Proof: 1200},
	{Number: 9, Dir: "09-forgotten-promise", Title: "The forgotten promise", Track: Paxos, Minutes: 20, Badge: "keeper of promises",
		Museum: "paxos promise-not-durable", Faults: []string{"crash"}, Pinned: 75, Within: 600, Proof: 2000},
}
