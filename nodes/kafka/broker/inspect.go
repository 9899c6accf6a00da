package broker

import (
	"maps"
	"slices"
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
	Partitions []partitionState
}

// Inspect implements [nodes.Inspector].
func (b *Broker) Inspect() any {
	v := View{Broker: b.id, Stage: b.stage.String(), Epoch: -1, Controller: b.cache.controller, Active: -1, Connections: len(b.channels),
		InProcess: len(b.pending), QueuedBytes: b.queuedBytes, Stats: b.stats}
	if b.store == nil {
		return v
	}
	v.Cluster, v.Epoch = string(b.store.Cluster()), b.ctrl.BrokerEpoch()
	if epoch, ok := b.ctrl.Active(); ok {
		v.Active = epoch
	}
	for _, p := range b.cache.brokers {
		v.Brokers = append(v.Brokers, p.id)
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
