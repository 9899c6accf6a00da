package controller

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
)

// What brokers are told of a partition whose topic is being deleted (LeaderAndIsr.LeaderDuringDelete, EpochDuringDelete).
const (
	leaderDuringDelete int32 = -2
	epochDuringDelete  int32 = -2
)

// requestBatch is what the brokers are to be told when the present step is done (ControllerBrokerRequestBatch).
type requestBatch struct {
	leads   []leadEntry
	stops   []stopEntry
	updates []int32 // the brokers to which UpdateMetadata goes
	changed []log.TopicPartition
}

type leadEntry struct {
	placed
	isNew bool
	state *zk.PartitionState // instead of what the context knows
}

type stopEntry struct {
	placed
	delete bool
}

// tellLead has brokers told of a partition's state, and all of them of who leads it.
func (c *Controller) tellLead(to []int32, tp log.TopicPartition, isNew bool, state *zk.PartitionState) {
	if p := c.ctx.find(tp); p != nil {
		to = p.named(to)
	}
	for _, b := range to {
		if b >= 0 {
			c.batch.leads = append(c.batch.leads, leadEntry{placed{tp, b}, isNew, state})
		}
	}
	c.tellBrokers(c.ctx.ids(), []log.TopicPartition{tp})
}

func (c *Controller) tellStop(r placed, remove bool) {
	c.batch.stops = append(c.batch.stops, stopEntry{r, remove})
}

// tellBrokers has brokers told which brokers live, and of who leads the partitions.
func (c *Controller) tellBrokers(to []int32, changed []log.TopicPartition) {
	c.batch.updates = append(c.batch.updates, to...)
	c.batch.changed = append(c.batch.changed, changed...)
}

// sendBatch makes requests of the batch, and queues them: LeaderAndIsr, UpdateMetadata, StopReplica.
func (c *Controller) sendBatch(env nodes.Env) {
	b := c.batch
	c.batch = requestBatch{}
	if !c.active {
		return
	}
	slices.SortStableFunc(b.leads, func(x, y leadEntry) int { return cmp.Or(cmp.Compare(x.broker, y.broker), compareTP(x.tp, y.tp)) })
	for list := b.leads; len(list) > 0; {
		n := slices.IndexFunc(list, func(e leadEntry) bool { return e.broker != list[0].broker })
		if n < 0 {
			n = len(list)
		}
		c.send(env, list[0].broker, c.leaderAndISR(list[:n]))
		list = list[n:]
	}
	slices.Sort(b.updates)
	slices.SortFunc(b.changed, compareTP)
	b.changed = slices.Compact(b.changed)
	for _, to := range slices.Compact(b.updates) {
		c.send(env, to, c.updateMetadata(b.changed))
	}
	slices.SortStableFunc(b.stops, func(x, y stopEntry) int { return cmp.Or(cmp.Compare(x.broker, y.broker), compareTP(x.tp, y.tp)) })
	for list := b.stops; len(list) > 0; {
		n := slices.IndexFunc(list, func(e stopEntry) bool { return e.broker != list[0].broker })
		if n < 0 {
			n = len(list)
		}
		c.send(env, list[0].broker, c.stopReplica(list[:n]))
		list = list[n:]
	}
}

func (c *Controller) leaderAndISR(list []leadEntry) *kmsg.LeaderAndISRRequest {
	r := kmsg.NewPtrLeaderAndISRRequest()
	r.Version, r.ControllerID, r.ControllerEpoch = 4, c.cfg.Broker, c.epoch
	var leaders []int32
	for i, e := range list {
		p := c.ctx.find(e.tp)
		if p == nil || i+1 < len(list) && list[i+1].tp == e.tp && !e.isNew {
			continue // gone, or said again by the next one
		}
		s := p.state
		if e.state != nil {
			s = *e.state
		}
		if len(r.TopicStates) == 0 || r.TopicStates[len(r.TopicStates)-1].Topic != e.tp.Topic {
			t := kmsg.NewLeaderAndISRRequestTopicState()
			t.Topic = e.tp.Topic
			r.TopicStates = append(r.TopicStates, t)
		}
		t := &r.TopicStates[len(r.TopicStates)-1]
		if n := len(t.PartitionStates); n > 0 && t.PartitionStates[n-1].Partition == e.tp.Partition {
			continue
		}
		o := kmsg.NewLeaderAndISRRequestTopicPartition()
		o.Partition, o.ControllerEpoch, o.Leader, o.LeaderEpoch = e.tp.Partition, s.ControllerEpoch, s.Leader, s.LeaderEpoch
		o.ISR, o.ZKVersion, o.IsNew = slices.Clone(s.ISR), p.version, e.isNew
		o.Replicas, o.AddingReplicas, o.RemovingReplicas = p.named(p.assigned.Replicas), p.named(p.assigned.Adding), slices.Clone(p.assigned.Removing)
		t.PartitionStates = append(t.PartitionStates, o)
		leaders = append(leaders, s.Leader)
	}
	for _, b := range c.ctx.brokers {
		if e, ok := b.Endpoint(c.listener()); ok && slices.Contains(leaders, b.ID) {
			l := kmsg.NewLeaderAndISRRequestLiveLeader()
			l.BrokerID, l.Host, l.Port = b.ID, e.Host, e.Port
			r.LiveLeaders = append(r.LiveLeaders, l)
		}
	}
	return r
}

func (c *Controller) updateMetadata(changed []log.TopicPartition) *kmsg.UpdateMetadataRequest {
	r := kmsg.NewPtrUpdateMetadataRequest()
	r.Version, r.ControllerID, r.ControllerEpoch = 6, c.cfg.Broker, c.epoch
	for _, tp := range changed {
		p := c.ctx.find(tp)
		if p == nil || !p.known {
			continue
		}
		if len(r.TopicStates) == 0 || r.TopicStates[len(r.TopicStates)-1].Topic != tp.Topic {
			t := kmsg.NewUpdateMetadataRequestTopicState()
			t.Topic = tp.Topic
			r.TopicStates = append(r.TopicStates, t)
		}
		o := kmsg.NewUpdateMetadataRequestTopicPartition()
		o.Partition, o.ControllerEpoch, o.Leader, o.LeaderEpoch = tp.Partition, p.state.ControllerEpoch, p.state.Leader, p.state.LeaderEpoch
		if c.ctx.isDeleting(tp.Topic) && hasName(c.ctx.begun, tp.Topic) {
			o.Leader = leaderDuringDelete
		}
		o.ISR, o.ZKVersion, o.Replicas = slices.Clone(p.state.ISR), p.version, p.named(p.assigned.Replicas)
		o.OfflineReplicas = without(o.Replicas, c.ctx.live(p, true))
		t := &r.TopicStates[len(r.TopicStates)-1]
		t.PartitionStates = append(t.PartitionStates, o)
	}
	for _, b := range c.ctx.brokers {
		l := kmsg.NewUpdateMetadataRequestLiveBroker()
		l.ID = b.ID
		if b.Rack != "" {
			l.Rack = kmsg.StringPtr(b.Rack)
		}
		for _, e := range b.Endpoints {
			o := kmsg.NewUpdateMetadataRequestLiveBrokerEndpoint()
			o.Host, o.Port, o.ListenerName = e.Host, e.Port, e.Listener
			o.SecurityProtocol = int16(max(0, slices.Index([]string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}, cmp.Or(e.Protocol, e.Listener))))
			l.Endpoints = append(l.Endpoints, o)
		}
		r.LiveBrokers = append(r.LiveBrokers, l)
	}
	return r
}

func (c *Controller) stopReplica(list []stopEntry) *kmsg.StopReplicaRequest {
	r := kmsg.NewPtrStopReplicaRequest()
	r.Version, r.ControllerID, r.ControllerEpoch = 3, c.cfg.Broker, c.epoch
	for i, e := range list {
		if i+1 < len(list) && list[i+1].tp == e.tp {
			list[i+1].delete = list[i+1].delete || e.delete
			continue
		}
		if len(r.Topics) == 0 || r.Topics[len(r.Topics)-1].Topic != e.tp.Topic {
			t := kmsg.NewStopReplicaRequestTopic()
			t.Topic = e.tp.Topic
			r.Topics = append(r.Topics, t)
		}
		o := kmsg.NewStopReplicaRequestTopicPartitionState()
		o.Partition, o.Delete, o.LeaderEpoch = e.tp.Partition, e.delete, -1
		p := c.ctx.find(e.tp)
		switch {
		case c.cfg.Quirks.StopReplicaWithoutEpoch:
		case c.ctx.isDeleting(e.tp.Topic):
			o.LeaderEpoch = epochDuringDelete
		case p != nil && p.known:
			o.LeaderEpoch = p.state.LeaderEpoch
		}
		t := &r.Topics[len(r.Topics)-1]
		t.PartitionStates = append(t.PartitionStates, o)
	}
	return r
}

// listener is the one that brokers use among themselves.
func (c *Controller) listener() string { return c.cfg.Endpoints[0].Listener }
