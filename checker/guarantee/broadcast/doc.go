// Package broadcast judges total order broadcast by what processes sent and delivered, and, of messages that carry the epoch of
// a primary, what Zab promises beyond it.
//
// A run is a sequence of events in the order in which they happened: broadcasts, deliveries, and restarts, after which a
// process delivers again from where its disk had been. The properties are those of Hadzilacos and Toueg (1994) for total order
// broadcast, and of Junqueira, Reed and Serafini, "Zab: High-performance broadcast for primary-backup systems" (DSN 2011), for
// the order of primaries.
//
// What holds throughout:
//
//   - Integrity and order are safety, and are judged of every run; validity and agreement say that something happens at last,
//     and are judged only if the run says that it had come to rest, and of the processes that it names as correct.
//   - Time and memory are linear in the events.
//   - Nothing is ok about nothing: it takes two processes that delivered.
package broadcast
