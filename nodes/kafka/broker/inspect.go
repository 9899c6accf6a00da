package broker

import (
	"maps"
	"slices"

	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
)

// Stats counts what has come over connections since the start.
type Stats struct {
	Requests    uint64
	Garbage     uint64 // frames that were no requests, or answers to none: their connections were closed
	Unsupported uint64 // requests of a kind or version that is not served
	Refused     uint64 // connections beyond max.connections and max.connections.per.ip
	BadSettings uint64 // topics' settings that could not be read
}

// View is what a broker shows of itself.
type View struct {
	Broker      int32
	Stage       string
	Epoch       int64  // broker epoch; -1 if it is not registered
	Cluster     string // id
	Controller  int32  // as the metadata says
	Active      int32  // the controller epoch under which this broker is the controller; -1 if it is not
	Connections int
	InProcess   int   // requests
	QueuedBytes int64 // of requests that wait for their turn
	Stats       Stats
	Brokers     []int32 // that live, as the metadata says
	Topics      []TopicView
	ZooKeeper   any
	Replicas    any
	Metadata    any // the controller's
	Groups      any
	Txns        any
}

// TopicView is what the metadata cache has of a topic.
type TopicView struct {
	Topic      string
	Settings   map[string]string `json:",omitempty"`
	Partitions []PartitionState
}

// Inspect implements [nodes.Inspector].
func (b *Broker) Inspect() any {
	v := View{Broker: b.id, Stage: b.stage.String(), Epoch: -1, Controller: b.cache.controller, Active: -1, Connections: len(b.channels),
		InProcess: len(b.pending), QueuedBytes: b.queuedBytes, Stats: b.stats}
	if b.store == nil {
		return v
	}
	v.Brokers = b.Lives()
	v.Cluster, v.Epoch = string(b.store.Cluster()), b.ctrl.BrokerEpoch()
	if epoch, ok := b.ctrl.Active(); ok {
		v.Active = epoch
	}
	for _, name := range b.cache.names {
		v.Topics = append(v.Topics, TopicView{Topic: name, Settings: maps.Clone(b.topicSettings[name]),
			Partitions: slices.Clone(b.cache.topics[name].partitions)})
	}
	v.ZooKeeper, v.Groups, v.Txns = b.store.Inspect(), b.groups.Inspect(), b.txns.Inspect()
	v.Replicas, v.Metadata = inspect(b.replicas), inspect(b.ctrl)
	return v
}

// inspect is a module's view of itself, if it has one.
func inspect(module any) any {
	if i, ok := module.(interface{ Inspect() any }); ok {
		return i.Inspect()
	}
	return nil
}

// The parts of a broker, for checkers that look from outside and change nothing. They are nil until it has booted.

// Replicas is the broker's replica manager.
func (b *Broker) Replicas() *replica.Manager { return b.replicas }

// Controller is the broker's part in the cluster's metadata.
func (b *Broker) Controller() *controller.Controller { return b.ctrl }

// Groups is the broker's group coordinator.
func (b *Broker) Groups() *group.Coordinator { return b.groups }

// Txns is the broker's transaction coordinator.
func (b *Broker) Txns() *txn.Coordinator { return b.txns }

// ID is broker.id.
func (b *Broker) ID() int32 { return b.id }

// Serves tells whether the broker takes requests: it has been registered once, and does not shut down.
func (b *Broker) Serves() bool { return b.ready() && !b.frozen }

// Stats counts what has come over connections.
func (b *Broker) Stats() Stats { return b.stats }

// Lives are the brokers that live, as far as this one has been told.
func (b *Broker) Lives() []int32 {
	ids := make([]int32, len(b.cache.brokers))
	for i, p := range b.cache.brokers {
		ids[i] = p.id
	}
	return ids
}

// Partition is what the broker has been told of a partition; ok is false if that is nothing.
func (b *Broker) Partition(topic string, partition int32) (s PartitionState, ok bool) {
	if p, known := b.cache.partition(topic, partition); known {
		return *p, true
	}
	return PartitionState{}, false
}

// MetadataEpoch is the controller epoch of the last UpdateMetadata that was believed, -1 before the first.
func (b *Broker) MetadataEpoch() int32 { return b.cache.epoch }
