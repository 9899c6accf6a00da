// Package trace is the record of a run: what happened, in which order, and why.
//
// An [Event] is one thing that happened: a message was delivered, a timer fired,
// a fault struck, a file was written. The simulator makes events as it runs and
// hands them to a [Recorder]; everything that shows a run to a person or to a tool
// reads them:
//
//   - [Writer] and [Reader] are the JSONL form, the file of a run (see jsonl.go);
//   - [Lanes] draws a run in the terminal, a lane for each machine;
//   - [Story] tells in at most 15 lines how a run came to its violation;
//   - [Slice] and [Past] are what an event followed from;
//   - [Mermaid] is a sequence diagram of a short run;
//   - [Diff] is the first difference of two runs that should be the same.
//
// The package knows no simulator and no protocol: whoever records can name each
// event's message in words, and everything else is numbers, names and bytes. What
// it does know is how the simulator writes down two things: a Drop happens at the
// machine where the message should have arrived (Peer is its sender), and a fault's
// Name is the fault as it is written, in which machines are named as whole words and
// the sides of a partition stand between bars.
//
// The package's own promises: a trace that is written as JSONL reads back as
// it was; a reader accepts every version up to its own and refuses a newer one
// by name; and the hash of a run ([Hash]) is the same on every architecture.
package trace
