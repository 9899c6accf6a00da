// Package config reads the configuration of a Kafka broker: a real server.properties, and the configurations of
// topics that are kept beside it.
//
// A table ([keys.go]) says of each key its type, its range, its default and where it goes, so that what is read, what
// is refused and what DescribeConfigs shows cannot differ. Units are Kafka's own: bytes, and milliseconds where a key ends in .ms.
//
// # What is said of a key
//
//   - one with a malformed value, or one of a feature that is not there and cannot be left out silently (TLS, SASL):
//     an [Error] that names file, line and key, and what would be right;
//   - one that Kafka knows and that has no effect here: a note;
//   - one that nobody knows: a note too, because Kafka hands such keys to plug-ins and goes on.
//
// # Invariants
//
//   - What Parse accepts has every field in its range; a Config that was not parsed is made by [Default].
//   - A topic's configuration is the broker's wherever the topic says nothing.
package config
