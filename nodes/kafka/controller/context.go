package controller

import (
	"cmp"
	"slices"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// PartitionPhase is where a partition is in its life (PartitionStateMachine).
type PartitionPhase uint8

// The phases of a partition.
const (
	NonExistentPartition PartitionPhase = iota
	NewPartition                        // assigned, without a leader yet
	OnlinePartition                     // has a leader
	OfflinePartition                    // had one
)

// String is the phase in a word.
func (p PartitionPhase) String() string {
	return [...]string{"NonExistent", "New", "Online", "Offline"}[p]
}

// ReplicaPhase is where a replica is in its life (ReplicaStateMachine).
type ReplicaPhase uint8

// The phases of a replica.
const (
	NonExistentReplica ReplicaPhase = iota
	NewReplica
	OnlineReplica
	OfflineReplica
	DeletionStarted
	DeletionSuccessful
	DeletionIneligible // its broker is down, or could not delete it
)

// String is the phase in a word.
func (p ReplicaPhase) String() string {
	return [...]string{"NonExistent", "New", "Online", "Offline", "DeletionStarted", "DeletionSuccessful", "DeletionIneligible"}[p]
}

// partition is what the controller knows of one.
type partition struct {
	tp        log.TopicPartition
	assigned  zk.Assignment
	phase     PartitionPhase
	state     zk.PartitionState
	version   int32 // of the state's record
	known     bool  // there is such a record
	replicas  []replica
	reassigns bool    // a reassignment is under way
	unwritten []int32 // replicas of a new target that the topic's record does not name yet, see named
	bounced   bool    // when this controller took over the leader had registered anew since it was elected; nobody is told of that state
}

// named are those of a list that brokers may be told of: all but the replicas that the topic's record does not name yet.
func (p *partition) named(list []int32) []int32 { return without(list, p.unwritten) }

// replica is one of a partition's replicas.
type replica struct {
	broker  int32
	phase   ReplicaPhase
	offline bool // the broker lives and its log directory does not
}

// placed names a replica.
type placed struct {
	tp     log.TopicPartition
	broker int32
}

func compareTP(a, b log.TopicPartition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

func (p *partition) replica(broker int32) *replica {
	if i := slices.IndexFunc(p.replicas, func(r replica) bool { return r.broker == broker }); i >= 0 {
		return &p.replicas[i]
	}
	return nil
}

// enter puts a replica into a phase.
func (p *partition) enter(broker int32, phase ReplicaPhase) {
	r := p.replica(broker)
	switch {
	case phase == NonExistentReplica:
		p.replicas = slices.DeleteFunc(p.replicas, func(r replica) bool { return r.broker == broker })
	case r == nil:
		p.replicas = append(p.replicas, replica{broker: broker, phase: phase})
	default:
		r.phase = phase
	}
}

// original is the assignment before the reassignment that is under way.
func original(a zk.Assignment) []int32 { return without(a.Replicas, a.Adding) }

// target is the assignment after it.
func target(a zk.Assignment) []int32 { return without(a.Replicas, a.Removing) }

// reassign is the assignment while a partition is moved to a target.
func reassign(a zk.Assignment, to []int32) zk.Assignment {
	was := original(a)
	all := append(slices.Clone(to), without(was, to)...)
	return zk.Assignment{Partition: a.Partition, Replicas: all, Adding: without(all, was), Removing: without(all, to)}
}

func equalAssignment(a, b zk.Assignment) bool {
	return slices.Equal(a.Replicas, b.Replicas) && slices.Equal(a.Adding, b.Adding) && slices.Equal(a.Removing, b.Removing)
}

// broker is one that lives.
type broker struct {
	zk.Broker
	epoch        int64 // Czxid of its registration
	shuttingDown bool
}

// clusterContext is what the active controller knows (ControllerContext).
type clusterContext struct {
	brokers    []broker     // by id
	partitions []*partition // by name
	topics     []string     // ascending
	deleting   []string     // topics that are to be deleted, ascending
	begun      []string     // of these, those whose deletion has begun
	ineligible []string     // of these, those that cannot be deleted for the moment
	handing    *letGo       // that is under way, nil if none is
}

func (x *clusterContext) find(tp log.TopicPartition) *partition {
	i, found := slices.BinarySearchFunc(x.partitions, tp, func(p *partition, tp log.TopicPartition) int { return compareTP(p.tp, tp) })
	if !found {
		return nil
	}
	return x.partitions[i]
}

// assign notes an assignment, and makes the partition known.
func (x *clusterContext) assign(tp log.TopicPartition, a zk.Assignment) *partition {
	i, found := slices.BinarySearchFunc(x.partitions, tp, func(p *partition, tp log.TopicPartition) int { return compareTP(p.tp, tp) })
	if !found {
		x.partitions = slices.Insert(x.partitions, i, &partition{tp: tp})
	}
	x.partitions[i].assigned = a
	addName(&x.topics, tp.Topic)
	return x.partitions[i]
}

// of are the partitions of a topic, by number.
func (x *clusterContext) of(topic string) []*partition {
	i, _ := slices.BinarySearchFunc(x.partitions, topic, func(p *partition, topic string) int { return cmp.Compare(p.tp.Topic, topic) })
	j := i
	for j < len(x.partitions) && x.partitions[j].tp.Topic == topic {
		j++
	}
	return x.partitions[i:j]
}

func (x *clusterContext) forget(topic string) {
	x.partitions = slices.DeleteFunc(x.partitions, func(p *partition) bool { return p.tp.Topic == topic })
	for _, list := range []*[]string{&x.topics, &x.deleting, &x.begun, &x.ineligible} {
		removeName(list, topic)
	}
}

// assignment is a topic's assignment, as it is written.
func (x *clusterContext) assignment(topic string) zk.Topic {
	var t zk.Topic
	for _, p := range x.of(topic) {
		t.Partitions = append(t.Partitions, p.assigned)
	}
	return t
}

func (x *clusterContext) broker(id int32) *broker {
	if i := slices.IndexFunc(x.brokers, func(b broker) bool { return b.ID == id }); i >= 0 {
		return &x.brokers[i]
	}
	return nil
}

// bounced tells whether a broker has registered after a state was written that it is part of. It has been gone then, and the controller
// of that time did not live to see it. If it leads, it must not go on in a leader epoch in which it may have had another log.
func (x *clusterContext) bounced(id int32, written int64) bool {
	b := x.broker(id)
	return b != nil && written > 0 && b.epoch > written
}

func (x *clusterContext) addBroker(b broker) {
	x.removeBroker(b.ID)
	x.brokers = append(x.brokers, b)
	slices.SortFunc(x.brokers, func(a, b broker) int { return cmp.Compare(a.ID, b.ID) })
}

func (x *clusterContext) removeBroker(id int32) {
	x.brokers = slices.DeleteFunc(x.brokers, func(b broker) bool { return b.ID == id })
}

// ids are the brokers that live, those that shut down among them.
func (x *clusterContext) ids() []int32 {
	var out []int32
	for _, b := range x.brokers {
		out = append(out, b.ID)
	}
	return out
}

func (x *clusterContext) shuttingDown() []int32 {
	var out []int32
	for _, b := range x.brokers {
		if b.shuttingDown {
			out = append(out, b.ID)
		}
	}
	return out
}

// online tells whether a replica's broker lives and its log directory does. With leaving, a broker that shuts down counts as living.
func (x *clusterContext) online(p *partition, id int32, leaving bool) bool {
	b := x.broker(id)
	r := p.replica(id)
	return b != nil && (leaving || !b.shuttingDown) && (r == nil || !r.offline)
}

// live are the replicas of the partition that are online.
func (x *clusterContext) live(p *partition, leaving bool) []int32 {
	var out []int32
	for _, r := range p.assigned.Replicas {
		if x.online(p, r, leaving) {
			out = append(out, r)
		}
	}
	return out
}

// on are the replicas on a broker.
func (x *clusterContext) on(id int32) []placed {
	var out []placed
	for _, p := range x.partitions {
		if slices.Contains(p.assigned.Replicas, id) {
			out = append(out, placed{p.tp, id})
		}
	}
	return out
}

// placedOf are all replicas of partitions.
func (x *clusterContext) placedOf(list []*partition) []placed {
	var out []placed
	for _, p := range list {
		for _, r := range p.assigned.Replicas {
			out = append(out, placed{p.tp, r})
		}
	}
	return out
}

func (x *clusterContext) isDeleting(topic string) bool { return hasName(x.deleting, topic) }

// isGoing tells whether a topic is to be deleted and waits for no reassignment of its own. While it does it is a topic like any other: for the
// reassignment to end, its brokers must be told to lead and to follow when they come back.
func (x *clusterContext) isGoing(topic string) bool {
	return x.isDeleting(topic) && !slices.ContainsFunc(x.of(topic), func(p *partition) bool { return p.reassigns })
}

func names(list []*partition) []log.TopicPartition {
	out := make([]log.TopicPartition, len(list))
	for i, p := range list {
		out[i] = p.tp
	}
	return out
}

func addName(list *[]string, name string) {
	if i, found := slices.BinarySearch(*list, name); !found {
		*list = slices.Insert(*list, i, name)
	}
}

func removeName(list *[]string, name string) {
	if i, found := slices.BinarySearch(*list, name); found {
		*list = slices.Delete(*list, i, i+1)
	}
}

func hasName(list []string, name string) bool {
	_, found := slices.BinarySearch(list, name)
	return found
}
