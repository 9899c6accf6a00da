// Package sim is the simulator: one deterministic universe of machines, with their
// clocks, disks and processes, and the network between them.
//
// A [Universe] runs on one goroutine and has no globals, so universes run side by
// side. It takes one event after another from its queue: a datagram arrives, a
// timer fires, a sync ends. Each is handled by the [nodes.Node] of one machine,
// to the end, and what that asks for becomes new events.
//
// What is decided by chance is a draw ([Point]): a function of the seed, of a named
// stream, and of the identity of what is decided, and of nothing else. An event is
// identified by what caused it, not by its place in the run. So a run in which one
// message is missing is the same run otherwise, and a run can be shrunk. The value
// 0 of every draw is the harmless one; single draws can be pinned ([Override]),
// and a [Source] can answer them instead of the seed.
//
// # Fault model
//
// Messages. A datagram may be late, lost, doubled, overtaken, held back for long, and
// arrive after its sender has died. What is decided about it is decided when it arrives, so a
// partition catches what is already on its way. Flipped bits are noticed by the
// transport's checksum, and the datagram is lost; a fault can let them through, and then
// nothing is promised. A connection keeps its bytes in order; it may stall, break
// on one side or on both, be refused, or never be answered.
//
// Disks. See package vdisk. A kill of a process loses nothing that was written; a
// loss of power loses any part of what was not synced, and names whose directory was
// not synced. A sync may fail, and then its pages are gone.
//
// Clocks. Every machine has a monotonic clock with a rate of its own, and a wall
// clock that may be off, step, stand still and run backwards. Timers follow the
// monotonic clock; they are late at will, and never early.
//
// Processes. One may be killed between two handlers or at any effect inside one, paused,
// slow, and started again, with only its disk left.
//
// Not simulated: threads within a process other than stages, the cost of computation
// (unless a machine is made slow), TCP's congestion control and half-closed
// connections, file permissions, memory pressure, and time zones.
package sim
