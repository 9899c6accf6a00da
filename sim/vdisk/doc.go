// Package vdisk is the disk of one simulated machine: a pure data structure, whose
// every failure is a function of the disk and of the numbers that its caller draws.
//
// # Fault model
//
// The disk injects what a correct protocol must be able to live with, and a few
// things that it must at least notice. A file has two images. The cache is what
// the machine reads back; the durable image is what a crash cannot take. Between
// the two stands the list of writes that no sync has covered yet, in their order,
// each with the sectors as the write left them. Everything below happens in that list.
//
// What may break in a crash ([Disk.Crash]):
//   - a write that no completed sync covers: it is kept, lost, kept in part, or an
//     older version of its sector is what is found, each sector by itself;
//   - the size of a file, independently of its content: a longer file reads as zeros
//     where its data did not arrive, a shorter one hides data that did;
//   - a sector in flight: its first bytes new, the rest old, zero or garbage ([Torn]);
//   - a name that was given, moved or removed since the last sync of its directory.
//
// What may break without a crash:
//   - a sync may fail, and then its pages count as clean: they stay readable, and will
//     never become durable unless they are written again ([Disk.FailSync]; the finding
//     that PostgreSQL made on Linux in 2018, known as fsyncgate);
//   - bytes at rest may rot, and stay rotten until they are overwritten ([Disk.Corrupt]);
//   - a write may arrive at another sector of its file ([Disk.Misdirect]), or not
//     arrive although its sync succeeded ([Disk.LoseWrite]);
//   - the disk may fill up, be emptied, or be set back to an older state.
//
// What never breaks, so that recovery remains possible:
//   - what a completed sync has covered survives every crash, until it is overwritten;
//   - a sync covers the file as it was when the sync began, nothing later;
//   - a write, a lost write and a torn write alike leave the bytes that the write did
//     not change as they are, even in the same sector: what SQLite calls powersafe
//     overwrite, and what every log that appends without padding to sectors relies on;
//   - a rename is atomic: the file is found under its old name or under its new one,
//     never under neither, and a file that was replaced is there or is not;
//   - operations on one name survive in their order: never the later without the earlier;
//   - a sync follows the file, not the name, through renames and removal.
//
// The faults at rest are the ones that no single machine can repair. Whoever injects
// them must leave enough replicas untouched; the disk only counts what it did ([Harm]).
//
// # Choices
//
// Where chance decides, the caller passes draw, and draw(n) gives a number below n.
// The value 0 is the benign outcome of every decision in a crash: a crash that draws
// only zeros loses nothing but what a failed sync had already given up. How many
// numbers are drawn depends on what is pending alone, not on the numbers drawn.
package vdisk
