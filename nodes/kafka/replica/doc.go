// Package replica is a Kafka broker's ReplicaManager: it leads and follows partitions, keeps their ISRs, and answers what
// reads and writes them.
package replica
