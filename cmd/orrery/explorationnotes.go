package main

// strategyNotes is what docs/exploration.md says of each strategy besides its own words: what is ours
// in it, what is guaranteed, and what to use it for.
var strategyNotes = map[string]string{
	"portfolio": "Each execution belongs to one member, by a fixed rotation of twenty: the member is a function of the number of the execution, " +
		"not of the clock or of how it fared. It costs at worst a few times what the best member alone would, and saves from the worst. " +
		"A campaign reports which member found what.",
	"pctcp": "An event goes on with the chain whose last event caused it, else it begins a chain of its own; a new chain's priority is drawn. " +
		"The decomposition is the greedy one: it opens more chains than Agarwal and Garg's, so that the bound of the paper, one in w²·n^(d−1) for " +
		"w chains and n events, holds with the greater w. It orders over the fault plans of swarm, which the paper does not have.",
	"tapct": "Two pending events race if they happen on one machine. The paper takes commuting messages out as well, which asks for a specification of " +
		"the protocol that we do not require.",
	"pct": "Machines stand for threads. Messages to one machine keep their order in time, which is why pctcp exists.",
	"pos": "It needs no depth and no estimate of the length. After each event, those that happen on the same machine draw anew.",
	"delay-bounded": "A delay is sticky: the message comes when nothing else is left within the window. A delay of one step would be none, since the message " +
		"would come first again at the next one; such delays have been measured to find nothing.",
	"isoswarm": "The machine that is cut off is any, or the leader; in a third of the runs what is sent to it comes late instead of never.",
	"isolate": "Rounds of the protocol are counted in time: a universe has a clock, and what separates rounds is the time-out. The paper's " +
		"sample of (n·r)^d isolations is not enumerated but drawn.",
	"swarm": "What matters is what is left out: each family with one half, all of them in one plan of ten. Crashes are few and long, or many and short, " +
		"by a draw for each plan.",
	"crash-points": "A crash point is a time and a number of effects from then. The first effect after a sync is where a server has persisted and has not told. " +
		"With points=0, pairs=0, runs=1 it enumerates one run to its end and says so. A crashed server comes back so soon that the cluster's budget of faults is not touched, " +
		"so that nearly every crash really comes.",
	"coverage": "New is: a coverage mark, how often to a power of two, which mark follows which, which kinds of faults bit and how much, operations without an answer. " +
		"States of the nodes are left out on purpose. An entry's energy is the rarity of what it shows, less for each execution made out of it.",
	"random": "It has the common faults of nearly every family, each as often as the others, and aims at nobody: that is the difference to be measured. With faults=0 it is the random walk over orders alone.",
}
