package broker

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// The leaders that UpdateMetadata names where there is none.
const (
	noLeader       int32 = -1
	leaderDeletion int32 = -2 // the partition is being deleted
)

// cache is what the controller has told of the cluster (MetadataCache). Every broker answers clients from it.
type cache struct {
	controller int32  // -1 if none is known
	epoch      int32  // of the controller that spoke last
	from       uint64 // the channel by which it spoke
	brokers    []peerBroker
	racks      map[int32]string // of all brokers that were ever told of: who is gone still stands where it stood
	topics     map[string]*topicState
	names      []string // of topics, ascending
}

// peerBroker is a broker that lives.
type peerBroker struct {
	id        int32
	rack      string
	endpoints []endpoint
}

type endpoint struct {
	listener string
	host     string
	port     int32
}

type topicState struct {
	partitions []PartitionState // by number
}

// PartitionState is what a broker has been told of a partition.
type PartitionState struct {
	Partition       int32
	Leader          int32
	LeaderEpoch     int32
	ControllerEpoch int32
	ISR             []int32
	Replicas        []int32
	Offline         []int32
	Version         int32
}

func newCache() cache {
	return cache{controller: -1, racks: map[int32]string{}, topics: map[string]*topicState{}}
}

// told says whether a controller has told this broker what there is, since it started.
func (c *cache) told() bool { return c.controller >= 0 }

// broker finds a broker that lives.
func (c *cache) broker(id int32) (*peerBroker, bool) {
	i, ok := slices.BinarySearchFunc(c.brokers, id, func(b peerBroker, id int32) int { return cmp.Compare(b.id, id) })
	if !ok {
		return nil, false
	}
	return &c.brokers[i], true
}

// at is a broker's address at a listener.
func (p *peerBroker) at(listener string) (endpoint, bool) {
	for _, e := range p.endpoints {
		if e.listener == listener {
			return e, true
		}
	}
	return endpoint{}, false
}

// partition finds a partition's state.
func (c *cache) partition(topic string, p int32) (*PartitionState, bool) {
	t := c.topics[topic]
	if t == nil {
		return nil, false
	}
	i, ok := slices.BinarySearchFunc(t.partitions, p, func(s PartitionState, p int32) int { return cmp.Compare(s.Partition, p) })
	if !ok {
		return nil, false
	}
	return &t.partitions[i], true
}

// set takes a partition's state.
func (c *cache) set(topic string, s PartitionState) {
	t := c.topics[topic]
	if t == nil {
		t = &topicState{}
		c.topics[topic] = t
		i, _ := slices.BinarySearch(c.names, topic)
		c.names = slices.Insert(c.names, i, topic)
	}
	i, ok := slices.BinarySearchFunc(t.partitions, s.Partition, func(s PartitionState, p int32) int { return cmp.Compare(s.Partition, p) })
	if ok {
		t.partitions[i] = s
	} else {
		t.partitions = slices.Insert(t.partitions, i, s)
	}
}

// remove forgets a partition; it tells whether it was known.
func (c *cache) remove(topic string, p int32) bool {
	t := c.topics[topic]
	if t == nil {
		return false
	}
	n := len(t.partitions)
	t.partitions = slices.DeleteFunc(t.partitions, func(s PartitionState) bool { return s.Partition == p })
	gone := len(t.partitions) < n
	if len(t.partitions) == 0 {
		delete(c.topics, topic)
		if i, ok := slices.BinarySearch(c.names, topic); ok {
			c.names = slices.Delete(c.names, i, i+1)
		}
	}
	return gone
}

// updateMetadata takes what the controller tells of the cluster. A controller speaks over one connection at a time, and says anew over the next
// what had no answer when it gave one up: what comes over an earlier one has been on its way for long. In Kafka it is believed, for nothing in it
// tells how old it is, and clients are sent to who led then until that partition changes again. (What LeaderAndIsr and StopReplica tell of a replica has
// its leader epoch.)
func (b *Broker) updateMetadata(env nodes.Env, call uint64, ch *channel, r *kmsg.UpdateMetadataRequest) {
	resp := r.ResponseKind().(*kmsg.UpdateMetadataResponse)
	switch {
	case r.Version >= 5 && controller.StaleBrokerEpoch(b.ctrl.BrokerEpoch(), r.BrokerEpoch, b.opts.Quirks.Controller):
		resp.ErrorCode = int16(proto.StaleBrokerEpoch)
	case r.ControllerEpoch < b.cache.epoch && !b.opts.Quirks.Broker.MetadataFromOldController:
		nodes.Reachable(env, markStaleController)
		resp.ErrorCode = int16(proto.StaleControllerEpoch)
	case r.ControllerEpoch == b.cache.epoch && ch.id < b.cache.from:
		nodes.Reachable(env, markGivenUp)
		resp.ErrorCode = int16(proto.StaleControllerEpoch)
	default:
		b.cache.from = ch.id
		b.learn(env, r)
	}
	b.done(env, call, resp)
}

// learn believes an UpdateMetadata.
func (b *Broker) learn(env nodes.Env, r *kmsg.UpdateMetadataRequest) {
	c := &b.cache
	c.controller, c.epoch = r.ControllerID, r.ControllerEpoch
	c.live(r)
	var gone []log.TopicPartition
	for _, t := range r.TopicStates {
		for _, p := range t.PartitionStates {
			gone = c.learn(strings.Clone(t.Topic), p, gone)
		}
	}
	for _, p := range r.PartitionStates {
		gone = c.learn(strings.Clone(p.Topic), p, gone)
	}
	for _, tp := range gone {
		if c.topics[tp.Topic] == nil {
			b.unsettle(tp.Topic)
		}
	}
	if len(gone) > 0 {
		b.groups.PartitionsDeleted(env, gone)
	}
	b.txns.MetadataChanged(env)
}

// live takes the brokers that live.
func (c *cache) live(r *kmsg.UpdateMetadataRequest) {
	c.brokers = c.brokers[:0:0]
	for _, l := range r.LiveBrokers {
		p := liveBroker(l, r.Version)
		c.brokers = append(c.brokers, p)
		c.racks[p.id] = p.rack
	}
	slices.SortFunc(c.brokers, func(x, y peerBroker) int { return cmp.Compare(x.id, y.id) })
}

func liveBroker(l kmsg.UpdateMetadataRequestLiveBroker, version int16) peerBroker {
	p := peerBroker{id: l.ID}
	if l.Rack != nil {
		p.rack = strings.Clone(*l.Rack)
	}
	if version == 0 {
		p.endpoints = []endpoint{{"PLAINTEXT", strings.Clone(l.Host), l.Port}}
	}
	for _, e := range l.Endpoints {
		name := e.ListenerName
		if version < 3 {
			name = "PLAINTEXT"
		}
		p.endpoints = append(p.endpoints, endpoint{strings.Clone(name), strings.Clone(e.Host), e.Port})
	}
	return p
}

// learn takes a partition's state; one that is being deleted is added to gone.
func (c *cache) learn(topic string, p kmsg.UpdateMetadataRequestTopicPartition, gone []log.TopicPartition) []log.TopicPartition {
	if p.Leader == leaderDeletion {
		if c.remove(topic, p.Partition) {
			gone = append(gone, log.TopicPartition{Topic: topic, Partition: p.Partition})
		}
		return gone
	}
	c.set(topic, PartitionState{Partition: p.Partition, Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, ControllerEpoch: p.ControllerEpoch,
		ISR: slices.Clone(p.ISR), Replicas: slices.Clone(p.Replicas), Offline: slices.Clone(p.OfflineReplicas), Version: p.ZKVersion})
	return gone
}

// address is where brokers connect to a broker; zero if that is not known.
func (b *Broker) address(id int32) nodes.Addr {
	if p, ok := b.cache.broker(id); ok {
		if e, ok := p.at(b.cfg.InterBroker); ok {
			return nodes.Addr{ID: nodes.ID(e.host), Port: int(e.port)}
		}
	}
	return b.leaders[id]
}

// clusterView is what the modules may ask of the metadata.
type clusterView struct{ b *Broker }

// Alive implements [replica.Cluster].
func (v clusterView) Alive(id int32) bool {
	_, ok := v.b.cache.broker(id)
	return ok
}

// Rack implements [replica.Cluster]: also of a broker that is gone, as where a registration outlives its session (KRaft's fenced ones). Whether it is
// alive is another question.
func (v clusterView) Rack(id int32) string { return v.b.cache.racks[id] }

// Epoch implements [replica.Cluster]. A broker of ZooKeeper's days knows its own alone.
func (v clusterView) Epoch(id int32) int64 {
	if id == v.b.id {
		return v.b.ctrl.BrokerEpoch()
	}
	return -1
}

// Known tells whether there is a partition, whoever has it, for all that this broker knows: who asks the wrong broker for it is sent
// to find the right one.
func (v clusterView) Known(tp log.TopicPartition) bool {
	_, ok := v.b.cache.partition(tp.Topic, tp.Partition)
	return ok || !v.b.cache.told()
}

// Leader implements [txn.Cluster].
func (v clusterView) Leader(topic string, p int32) (int32, bool) {
	s, ok := v.b.cache.partition(topic, p)
	if !ok {
		return noLeader, false
	}
	if _, lives := v.b.cache.broker(s.Leader); !lives {
		return noLeader, true
	}
	return s.Leader, true
}

// Note how the cluster looks from here, for the story of a run.
func (c *cache) String() string {
	ids := make([]string, len(c.brokers))
	for i, p := range c.brokers {
		ids[i] = fmt.Sprint(p.id)
	}
	return fmt.Sprintf("controller %d, brokers {%s}, %d topics", c.controller, strings.Join(ids, ","), len(c.names))
}
