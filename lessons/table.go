package lessons

// table is the course. A row's seeds are what its test has measured, with room to spare.
var table = []Lesson{
	{Number: 9, Dir: "09-forgotten-promise", Title: "The forgotten promise", Track: Paxos, Minutes: 20, Badge: "keeper of promises",
		Museum: "paxos promise-not-durable", Faults: []string{"crash"}, Pinned: 42, Within: 400, Proof: 1000},
}
