// Package trace is the record of a run: what happened, in which order, and why.
//
// An [Event] is one thing that happened: a message was delivered, a timer fired,
// a fault struck, a file was written. The simulator makes events as it runs;
// everything that shows a run to a person or to a tool reads them. The package
// knows no simulator and no protocol: whoever records can name each event's
// message in words, and everything else is numbers, names and bytes.
//
// The package's own promises: a trace that is written as JSONL reads back as
// it was; a reader accepts every version up to its own and refuses a newer one
// by name; and the hash of a run ([Hash]) is the same on every architecture.
package trace
