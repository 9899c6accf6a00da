// Package trial runs one universe from its seed to its verdict.
//
// Whoever has a protocol describes a [World]: machines, clients, and what must
// hold. [Run] does the rest, and always in the same order:
//
//  1. Safety. The clients work and the nemesis breaks things, until the horizon. The
//     invariants of the world run after every event.
//  2. Liveness, unless the faults were more than the protocol claims to survive: a
//     quorum of the servers is chosen and healed, the rest stays broken for good. Then the
//     cluster must converge, serve new operations, and hold what it had acknowledged.
//  3. Judgement. The history of the clients is checked, and so is whether all this
//     could have failed at all: an operation that never once succeeded, or a nemesis
//     that never bit, makes the verdict vacuous and not ok.
//
// A trial is a function of its [Options]: the same options have the same trace hash, in any
// process, on any number of cores, recorded or not.
package trial
