// Package lockstep searches all executions of a protocol in synchronous rounds, with messages lost and machines stopped.
//
// It is the world of lineage-driven fault injection (Alvaro, Rosen and Hellerstein, SIGMOD 2015): what is sent in one round
// arrives in the next or never, a disk takes no time, and a machine that stops does so between two rounds and for good. The
// [Bounds] say how many rounds there are, until when messages can be lost, and how many machines can stop. Within them
// [World.Search] tries everything: each set of the messages that are really sent, with each choice of who stops when. The nodes are those
// that run everywhere else.
//
// Invariants: a counterexample is minimal in that every loss and every stop in it is needed; Exhausted is true only if nothing was left out.
package lockstep
