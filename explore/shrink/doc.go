// Package shrink makes a violation smaller: from a run of thousands of events to the few that matter.
//
// It never looks inside a run. It changes what the run depends on, and runs it again: a candidate
// is taken if it violates the same property and has no more events. That works because draws are
// functions of what they decide, and events are named by what caused them: a plan without one of its
// faults, or a list of events without one of them, leaves everything else as it was, and is not
// another run altogether.
//
// The order of the work:
//
//  1. A contradictory history is cut off where it becomes contradictory.
//  2. Sooner. The neighbourhood of the run is searched for one in which the same happens after
//     fewer events: faults earlier or left out, fewer nodes, clients and operations, a calmer world, other
//     choices. What comes late stands at the end of a long chain of causes, and no part of a
//     chain can be left out.
//  3. Nodes, clients, operations, faults (Zeller's ddmin), their lengths; the world and the network set to
//     their harmless values.
//  4. Single events, DEMi's way: what may happen becomes a list of causal identities, from which go the
//     events that are not in the past of the violation, machines and faults, whatever is alike (the
//     heartbeats of a machine, of a link), chunks from the end, single events, and at last pairs.
//  5. What the options still say in vain goes.
//
// What an execution costs decides how far that goes: of the time, as of the executions, one half to three quarters are
// for the second step, so that there is time for the others where a universe takes a tenth of a second.
//
// If what is left is long, the way is gone again with other luck, and the shortest of what it comes to is taken.
//
// What is left is minimal in this sense: no single fault and no single event can be left out without
// losing the violation, as far as the budget went. A property that says that something must happen
// is shrunk by the first three only: whoever may keep events back can have any of them violated.
package shrink
