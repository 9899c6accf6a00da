package broker

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/txn"
)

// metadata answers Metadata from the cache, as who asks at that listener may know it.
func (b *Broker) metadata(env nodes.Env, call uint64, listener string, r *kmsg.MetadataRequest) {
	resp := r.ResponseKind().(*kmsg.MetadataResponse)
	for i := range b.cache.brokers {
		p := &b.cache.brokers[i]
		if e, ok := p.at(listener); ok {
			n := kmsg.NewMetadataResponseBroker()
			n.NodeID, n.Host, n.Port = p.id, e.host, e.port
			if p.rack != "" {
				n.Rack = &p.rack
			}
			resp.Brokers = append(resp.Brokers, n)
		}
	}
	if id := string(b.store.Cluster()); id != "" {
		resp.ClusterID = &id
	}
	resp.ControllerID = b.cache.controller
	if _, lives := b.cache.broker(resp.ControllerID); !lives {
		resp.ControllerID = -1
	}
	if r.Topics == nil || r.Version == 0 && len(r.Topics) == 0 {
		for _, name := range b.cache.names {
			resp.Topics = append(resp.Topics, b.topicMetadata(name, listener, r.Version))
		}
	}
	create := b.cfg.AutoCreateTopics && (r.Version < 4 || r.AllowAutoTopicCreation)
	var seen []string
	for _, t := range r.Topics {
		if t.Topic == nil || slices.Contains(seen, *t.Topic) {
			continue
		}
		seen = append(seen, *t.Topic)
		if _, known := b.cache.topics[*t.Topic]; known {
			resp.Topics = append(resp.Topics, b.topicMetadata(*t.Topic, listener, r.Version))
			continue
		}
		m := kmsg.NewMetadataResponseTopic()
		m.Topic = t.Topic
		m.IsInternal = internal(*t.Topic)
		m.ErrorCode = int16(b.absent(env, *t.Topic, create))
		resp.Topics = append(resp.Topics, m)
	}
	b.done(env, call, resp)
}

// absent is what is said of a topic that nobody knows; it may be made at once.
func (b *Broker) absent(env nodes.Env, topic string, create bool) proto.Code {
	switch {
	case !validTopic(topic):
		return proto.InvalidTopicException
	case !b.cache.told():
		return proto.LeaderNotAvailable // it may well be there: a client that was told otherwise would give up what it has to write
	case internal(topic) && create:
		return b.createInternal(env, topic)
	case create:
		b.create(env, topic, b.cfg.NumPartitions, b.cfg.ReplicationFactor, nil)
		return proto.LeaderNotAvailable
	}
	return proto.UnknownTopicOrPartition
}

// internal tells whether a topic is one of the coordinators'.
func internal(topic string) bool { return topic == group.OffsetsTopic || topic == txn.StateTopic }

// validTopic tells whether a topic may be called so.
func validTopic(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 249 {
		return false
	}
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// topicMetadata is what the cache has of a topic.
func (b *Broker) topicMetadata(topic, listener string, version int16) kmsg.MetadataResponseTopic {
	m := kmsg.NewMetadataResponseTopic()
	m.Topic, m.IsInternal = &topic, internal(topic)
	t := b.cache.topics[topic]
	m.Partitions = make([]kmsg.MetadataResponseTopicPartition, 0, len(t.partitions))
	for i := range t.partitions {
		m.Partitions = append(m.Partitions, b.partitionMetadata(&t.partitions[i], listener, version))
	}
	return m
}

func (b *Broker) partitionMetadata(s *PartitionState, listener string, version int16) kmsg.MetadataResponseTopicPartition {
	p := kmsg.NewMetadataResponseTopicPartition()
	p.Partition, p.Leader, p.LeaderEpoch = s.Partition, s.Leader, s.LeaderEpoch
	reachable := func(id int32) bool {
		live, ok := b.cache.broker(id)
		if ok {
			_, ok = live.at(listener)
		}
		return ok
	}
	p.Replicas, p.ISR = s.Replicas, s.ISR
	for _, id := range s.Replicas {
		if !reachable(id) || slices.Contains(s.Offline, id) {
			p.OfflineReplicas = append(p.OfflineReplicas, id)
		}
	}
	if version == 0 { // the oldest clients are told of nobody whom they could not reach
		p.Replicas, p.ISR = keep(s.Replicas, reachable), keep(s.ISR, reachable)
		if len(p.Replicas) < len(s.Replicas) || len(p.ISR) < len(s.ISR) {
			p.ErrorCode = int16(proto.ReplicaNotAvailable)
		}
	}
	if _, lives := b.cache.broker(s.Leader); !lives || !reachable(s.Leader) {
		p.Leader = noLeader
		p.ErrorCode = int16(proto.LeaderNotAvailable)
		if lives && version >= 6 {
			p.ErrorCode = int16(proto.ListenerNotFound)
		}
	}
	return p
}

func keep(ids []int32, ok func(int32) bool) []int32 {
	var out []int32
	for _, id := range ids {
		if ok(id) {
			out = append(out, id)
		}
	}
	return out
}

// versions answers ApiVersions.
func (b *Broker) versions(env nodes.Env, call uint64, r *kmsg.ApiVersionsRequest) {
	resp := r.ResponseKind().(*kmsg.ApiVersionsResponse)
	if r.Version >= 3 && (!namesSoftware(r.ClientSoftwareName) || !namesSoftware(r.ClientSoftwareVersion)) {
		resp.ErrorCode = int16(proto.InvalidRequest)
	} else {
		resp.ApiKeys = proto.ApiVersions()
		if b.opts.TellLater {
			resp.ApiKeys = append(resp.ApiKeys, proto.LaterApiVersions()...)
		}
	}
	b.done(env, call, resp)
}

// namesSoftware tells whether a client's name or version is one (KIP-511): letters, digits, dots and dashes, with
// a letter or a digit at either end.
func namesSoftware(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (c != '.' && c != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != ""
}
