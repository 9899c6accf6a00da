// Package stage is where lessons happen: a small cluster of real nodes that is played by hand, step by
// step, or left to the seed.
//
// A [Scene] is what one lesson looks at; its variants are the same cluster with a different piece of
// code in it: the wrong one, the right one, a learner's. A [Session] plays a variant. Its steps are text,
// a step a line:
//
//	until 52ms          let happen what is due by then, in the order of time
//	next                let happen what is due next
//	take … #id          let this event happen now, before whatever else is under way
//	lose … #id          this message is lost, when it would arrive
//	double … #id        a second copy of this message is under way
//	break … #id         these bytes of a connection do not come: the connection is reset
//	delay 80ms … #id    this event comes later than it would by itself
//	crash n1            its power fails: what was not synced is gone. kill n1 ends the process alone
//	start n1            its process starts again, with nothing but its disk
//	pause n1, resume n1 as SIGSTOP and SIGCONT do
//	skew n1 -200ms      its wall clock jumps
//	cut n1 n2, heal n1 n2
//	fail-sync n1        the next sync of its disk fails, and the pages are gone
//
// What stands between the verb and the # is for the reader. An id is the identity of an event by its
// causes, so a list of steps stays valid where something else is left out of it. Without a # the words say which
// event is meant, "take P2a 1.p1 x by a1 from p1": the first of those that are listed so.
//
// Datagrams can be lost and doubled; what a connection carries comes once and in order, or the connection breaks. It comes as it
// was written: in a session no stream is cut, so that its pieces say something to who looks on.
//
// Nothing is remembered but the steps. To go back is to play a shorter list again, from the start; that the
// same list comes to the same state, to the last bit of its hash, is the simulator's promise. It holds
// between machines and between a browser and a terminal.
//
// The package is small on purpose: it is compiled into the page of each lesson.
package stage
