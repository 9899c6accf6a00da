// Package proto is what ZooKeeper says on the wire and writes on disk: the records of
// its client protocol, of its quorum and election protocols, and of its files.
//
// The records that are plain sequences of fields are generated from the *.jute files beside this
// one. What has a shape of its own is written by hand: a multi and a
// multiRead, whose end is marked ([MultiRequest], [MultiResponse]); a transaction, whose header
// names the record that follows ([Transaction]); the data of a PING ([SessionTouches]); a
// learner's REQUEST ([LearnerRequest]); and the bytes of an election, which are not jute at
// all ([Notification], [Hello]).
//
// Every record has Append, which adds its encoding to a slice, and Decode, which
// reads it from a [jute.Decoder]. Numbers that stand for something have types of their own,
// whose String is the name that ZooKeeper gives them.
//
// # Invariants
//
// Decode never panics, and allocates no more than a constant times what it was given. What
// Append writes, Decode reads as the same record, but for three things that are equal to the protocol:
// a null string or vector is read as empty where the schema does not mark it with "?"; text that is not
// text is read as U+FFFD; and a byte for a bool may be any but 0.
package proto

//go:generate go run orrery/internal/jutegen/cmd proto
