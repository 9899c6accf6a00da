// Package wal is a checksummed, append-only log of records on [nodes.Disk]: what
// a protocol writes before it tells.
//
// # Fault model
//
// A crash may lose anything that was written since the last sync that succeeded: any
// sectors of it, in any combination; a sector may be torn or hold garbage; a file may
// be longer than what reached it, with zeros; a name may be missing. None of this
// may ever keep a machine from starting. What was synced is lost or changed only by a
// defect of the disk; that must never be taken for the trace of a crash, because
// then an acceptor would forget a vote without knowing it.
//
// # How the two are told apart
//
// Three rules of writing make the difference visible to a reader:
//
//  1. A batch begins on a sector of its own. No write touches a sector that
//     already holds synced bytes, so a torn write cannot damage them.
//  2. A batch is written only after the one before it has been synced. At any
//     moment at most one batch, the last, is at the mercy of a crash. So whatever
//     is damaged and has a sound batch behind it had been durable: it is
//     corruption ([CorruptError]), and damage with nothing sound behind it is a
//     torn tail, of which nobody was told.
//  3. A file is never written again by a later incarnation. [Open] reads, and
//     [Log.Roll] begins the next generation with everything that is still needed (a
//     checkpoint); the older generation is removed once the new one is durable.
//     So nothing of a torn tail can come back to life behind newer batches, and what
//     was only in the page cache when the process died is synced before it counts.
//
// The reader goes by the newest generation whose checkpoint is whole. One whose
// checkpoint is damaged and that has nothing behind it never became durable: its
// predecessor is still there, and is read instead.
//
// # What cannot be told apart
//
// Damage of the very last batch looks like a torn tail. [Log.Seal] narrows the
// window: it puts an empty batch behind the last one when the log is idle,
// and then damage of the last records has a sound batch behind it. This is the
// problem of "Protocol-Aware Recovery for Consensus-Based Storage" (FAST'18),
// whose answer also keeps the identity of a record apart from it.
// A disk that as a whole goes back to an older, consistent state cannot be
// noticed by one machine.
package wal
