// Command orrery runs universes: simulated clusters of real protocol code, with faults, in
// which one seed decides everything that chance would decide.
//
//	orrery run paxos                          # hundreds of universes, on all cores
//	orrery run paxos --bug NAME               # the same with a historical defect planted
//	orrery replay artifacts/paxos-seed-14     # that universe again, event by event
//	orrery show artifacts/paxos-seed-14       # and what happened in it
//
// Every command says more under --help. What they have in common:
//
//   - The exit status is 0 if all held, 1 if a violation was found, 2 if the command could not
//     run (usage, a bad file), and 3 if nothing can be said: a check ran out of its budget, or
//     what was checked proves nothing.
//   - With --json there is one JSON object a line on standard output, and nothing else.
//   - Bad input gets one line that says what was wrong and what would be right.
//   - Ctrl-C ends with what was found so far; a second one ends at once.
//
// The commands are thin: what a universe is comes from package scenarios, which of them are run
// from package explore, and how they look from package trace.
package main
