// Package jute is ZooKeeper's serialization: the primitives from which every record
// of its client protocol, its quorum protocol and its files is made.
//
// Integers are big-endian. A string, a buffer or a vector is a count as an int and then
// its content; the count -1 stands for null. A record is its fields in their order, with
// nothing between them, so that what is not described cannot be skipped.
//
// # Text
//
// Java writes a string by its UTF-16 units: a character beyond U+FFFF becomes the
// two halves of a surrogate pair, of three bytes each (CESU-8). [AppendString] writes the same
// bytes. [Decoder.String] reads both forms. What is not text at all becomes U+FFFD, as many of
// them as Java's decoder makes, so that a damaged path has one name on all servers.
//
// One difference is deliberate: Java writes pairs and cannot read them (it makes two U+FFFD of
// each), so that an Apache server changes such an ACL the first time it restarts. Here they
// stay what the client wrote.
//
// # Invariants
//
// A Decoder never panics, never reads beyond its bytes, and allocates no more than a
// constant times their number, whatever they claim. Its first error is its last: from
// then on every read returns the zero value, so that a record is decoded field by field and
// asked once. Encoding and then decoding valid text gives the same text.
package jute
