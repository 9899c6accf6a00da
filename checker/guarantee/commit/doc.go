// Package commit judges atomic commitment: what participants voted, decided, made durable and acted upon.
//
// The properties are AC1 to AC5 of Bernstein, Hadzilacos and Goodman, "Concurrency Control and Recovery in Database Systems"
// (1987), chapter 7. AC1, AC2 and AC3 are safety and judged of every run. AC4 asks that a transaction without failures to which
// all said yes commits, and AC5 that everybody decides once failures are repaired for long enough: they are judged where the run
// says that this was so, because only its author knows the fault model. A protocol that blocks, as two-phase commit does while
// its coordinator is down, keeps AC5 as long as the coordinator comes back.
//
// What holds throughout:
//
//   - A decision counts from the moment at which it is told to anyone, or acted upon; a restart does not undo it.
//   - Time and memory are linear in the events.
//   - Nothing is ok about nothing: it takes a transaction that two participants decided, and one to which all said yes.
package commit
