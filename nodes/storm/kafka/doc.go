// Package kafka lets a topology read a topic: a [storm.Source] that speaks Kafka's wire protocol to the brokers and keeps its
// offsets in ZooKeeper, as Storm's first Kafka spout did (storm-kafka, below /<id>/partition_N).
//
// It finds the leader of a partition by Metadata and reads by Fetch. An answer that says that the leader is another, or none,
// has it ask for Metadata again; so does no answer. What it has read may be read again from any offset that the topic still holds.
//
// Topics that are written by transactions are not for it: markers alone at the end of what it has read would be read again and again.
//
// Invariants: records come in the order of their offsets, and none is left out; an offset is committed only as the spout asks for it.
package kafka
