// Package timestamps is a protocol of a user's own, small enough to be read at a glance: a
// timestamp oracle as Percolator has it ("Large-scale Incremental Processing Using Distributed
// Transactions and Notifications", OSDI 2010, section 2.3), once as handlers ([Server]) and
// once as straight-line code ([NewTask]).
//
// Clients ask, and each answer is a number greater than every answer that anyone had before
// the question was put. The oracle takes its numbers from windows. A window is begun by making an
// empty file of its name, and may be used when that name is durable; within it an answer costs
// no write. An oracle that starts again begins behind every window that it finds.
//
// Two mistakes are easily made, and [Quirks] makes them: to use a window before its sync has
// ended, and to sync the file instead of the directory that names it.
//
// What holds: no number is given twice, and numbers increase in real time, through any loss
// of power, lost, doubled and late messages, and syncs that fail.
package timestamps
