package zk

import (
	"time"

	"orrery/nodes/kafka/log"
)

// Value is what a record holds: one of the types of this file. Nil is a record without content (KindDeleteTopic).
type Value interface {
	// Append appends the bytes that Kafka 2.4 writes.
	Append(b []byte) []byte
}

// Endpoint is an address that a broker listens on.
type Endpoint struct {
	Listener string // its name: "PLAINTEXT"
	Protocol string // "PLAINTEXT"; "" means the listener's name
	Host     string
	Port     int32
}

// Broker is a broker's registration, version 4 (since 0.10.3). Its record's Czxid is the broker epoch (KIP-380).
type Broker struct {
	ID        int32 // not in the bytes but in the path
	Endpoints []Endpoint
	Rack      string    // "" if none
	Timestamp time.Time // of the registration, by the broker's clock; in milliseconds
	JMXPort   int32     // -1 if none
}

// Endpoint is the endpoint of a listener; with "" the first.
func (b Broker) Endpoint(listener string) (Endpoint, bool) {
	for _, e := range b.Endpoints {
		if listener == "" || e.Listener == listener {
			return e, true
		}
	}
	return Endpoint{}, false
}

// Topic is a topic's assignment, version 2 (since 2.4, KIP-455).
type Topic struct {
	Partitions []Assignment // by number, ascending
}

// Assignment is which brokers hold a partition.
type Assignment struct {
	Partition int32
	Replicas  []int32 // the preferred leader first; while a reassignment is under way, all that hold it or are to
	Adding    []int32 // of Replicas, those that a reassignment adds
	Removing  []int32 // of Replicas, those that it removes
}

// PartitionState is what is agreed upon of a partition: who leads it, and who is in sync with the leader. Its record's version
// is what the ISR is changed under.
type PartitionState struct {
	Leader          int32 // NoLeader if there is none
	LeaderEpoch     int32 // rises with each election
	ISR             []int32
	ControllerEpoch int32 // of the controller that wrote it last
}

// NoLeader is the leader of a partition that has none.
const NoLeader int32 = -1

// Controller is which broker is the controller.
type Controller struct {
	Broker    int32
	Timestamp time.Time // in milliseconds
}

// ControllerEpoch is the number of the last controller's term of office, from 1. Its record's version guards what the controller writes.
type ControllerEpoch int32

// ConfigEntry is one setting.
type ConfigEntry struct{ Name, Value string }

// Settings are what is set for an entity, by name, ascending.
type Settings []ConfigEntry

// Get is a setting, and whether it is set.
func (c Settings) Get(name string) (string, bool) {
	for _, e := range c {
		if e.Name == name {
			return e.Value, true
		}
	}
	return "", false
}

// ConfigChange tells which entity's settings have changed: "topics/orders", "brokers/<default>". It is version 2.
type ConfigChange string

// Reassignments are the reassignments that are asked for, or under way, in /admin/reassign_partitions: the targets.
type Reassignments []Reassignment

// Reassignment is the target of one partition.
type Reassignment struct {
	Partition log.TopicPartition
	Replicas  []int32
}

// Partitions names partitions: those for which a preferred election is asked, or whose ISR has changed.
type Partitions []log.TopicPartition

// LogDirEvent tells that a broker has lost a log directory.
type LogDirEvent struct{ Broker int32 }

// ProducerIDBlock is the last block of producer ids that a broker took.
type ProducerIDBlock struct {
	Broker     int32
	Start, End int64 // both inclusive
}

// ClusterID names the cluster, for ever.
type ClusterID string
