package controller

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// deleteTopics marks topics as to be deleted (AdminManager.deleteTopics). The controller finds the marks by its watch.
type deleteTopics struct {
	call  uint64
	req   *kmsg.DeleteTopicsRequest
	begun bool
	codes []proto.Code
	asked []int // which of the topics each operation is for
}

func (o *deleteTopics) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *deleteTopics) step(c *Controller, t *thread, env nodes.Env) bool {
	if !o.begun {
		o.begun = true
		var ops []zk.Op
		for i, topic := range o.req.TopicNames {
			code := proto.None
			switch {
			case c.cfg.NoTopicDeletion && o.req.Version < 3:
				code = proto.InvalidRequest
			case c.cfg.NoTopicDeletion:
				code = proto.TopicDeletionDisabled
			case !hasName(c.ctx.topics, topic):
				code = proto.UnknownTopicOrPartition
			default:
				o.asked = append(o.asked, i)
				ops = append(ops, zk.Op{Verb: zk.Create, Key: zk.Key{Kind: zk.KindDeleteTopic, Name: topic}})
			}
			o.codes = append(o.codes, code)
		}
		if len(ops) > 0 {
			return t.ask(c, env, ops...)
		}
		t.results = nil
	}
	for n, r := range t.results {
		switch {
		case r.Err == nil, errors.Is(r.Err, zk.ErrNodeExists): // it is marked already
		case errors.Is(r.Err, zk.ErrUncertain), errors.Is(r.Err, zk.ErrExpired):
			o.codes[o.asked[n]] = proto.RequestTimedOut
		default:
			o.codes[o.asked[n]] = proto.UnknownServerError
		}
	}
	resp := kmsg.NewPtrDeleteTopicsResponse()
	resp.Version = o.req.Version
	w := wait{call: o.call, what: awaitGone, resp: resp}
	for i, topic := range o.req.TopicNames {
		r := kmsg.NewDeleteTopicsResponseTopic()
		r.Topic, r.ErrorCode = kmsg.StringPtr(topic), int16(o.codes[i])
		if o.codes[i] == proto.None {
			w.topics = append(w.topics, topic)
		}
		resp.Topics = append(resp.Topics, r)
	}
	c.await(env, w, o.req.TimeoutMillis)
	return true
}

// createPartitions lets topics grow (AdminManager.createPartitions). It is done by the event thread, so that no reassignment
// writes over it.
type createPartitions struct {
	call  uint64
	req   *kmsg.CreatePartitionsRequest
	begun bool
	bad   []*complaint
	asked []int
}

func (o *createPartitions) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *createPartitions) step(c *Controller, t *thread, env nodes.Env) bool {
	if !o.begun {
		o.begun = true
		var ops []zk.Op
		for i, q := range o.req.Topics {
			v, bad := o.grow(c, q)
			if o.bad = append(o.bad, bad); bad == nil && !o.req.ValidateOnly {
				o.asked = append(o.asked, i)
				ops = append(ops, zk.Op{Verb: zk.Set, Key: zk.TopicKey(q.Topic), Value: v, Version: -1})
			}
		}
		if t.results = nil; len(ops) > 0 {
			return t.ask(c, env, ops...)
		}
	}
	if anyFenced(t.results) {
		o.refuse(c)
		t.stack = t.stack[:0]
		return c.fenced(env)
	}
	for n, r := range t.results {
		if r.Err != nil {
			o.bad[o.asked[n]] = &complaint{proto.RequestTimedOut, "it is not known whether the partitions were created"}
		}
	}
	resp := kmsg.NewPtrCreatePartitionsResponse()
	resp.Version = o.req.Version
	w := wait{call: o.call, what: awaitLeaders, resp: resp}
	for i, q := range o.req.Topics {
		r := kmsg.NewCreatePartitionsResponseTopic()
		if r.Topic = q.Topic; o.bad[i] != nil {
			r.ErrorCode, r.ErrorMessage = int16(o.bad[i].code), kmsg.StringPtr(o.bad[i].text)
		} else if !o.req.ValidateOnly {
			w.topics, w.counts = append(w.topics, q.Topic), append(w.counts, q.Count)
		}
		resp.Topics = append(resp.Topics, r)
	}
	c.await(env, w, o.req.TimeoutMillis)
	return true
}

// grow is the assignment with more partitions.
func (o *createPartitions) grow(c *Controller, q kmsg.CreatePartitionsRequestTopic) (zk.Topic, *complaint) {
	v := c.ctx.assignment(q.Topic)
	same := 0
	for _, other := range o.req.Topics {
		if other.Topic == q.Topic {
			same++
		}
	}
	have := int32(len(v.Partitions))
	switch {
	case same > 1:
		return v, &complaint{proto.InvalidRequest, "the request names the topic more than once"}
	case have == 0:
		return v, &complaint{proto.UnknownTopicOrPartition, "there is no such topic"}
	case c.ctx.isDeleting(q.Topic):
		return v, &complaint{proto.InvalidTopicException, "the topic is being deleted"}
	case slices.ContainsFunc(c.ctx.of(q.Topic), func(p *partition) bool { return p.reassigns }):
		return v, &complaint{proto.ReassignmentInProgress, "a partition of the topic is being reassigned"}
	case q.Count <= have:
		return v, &complaint{proto.InvalidPartitions, fmt.Sprintf("the topic has %d partitions, and their number only grows", have)}
	}
	if q.Assignment != nil {
		return byHand(c, v, q)
	}
	first := v.Partitions[0].Replicas
	var list []candidate
	for _, b := range c.ctx.brokers {
		list = append(list, candidate{b.ID, b.Rack})
	}
	if len(first) > len(list) {
		return v, &complaint{proto.InvalidReplicationFactor, fmt.Sprintf("replication factor %d with %d brokers available", len(first), len(list))}
	}
	start := max(0, slices.IndexFunc(list, func(b candidate) bool { return b.id >= first[0] }))
	v.Partitions = append(v.Partitions, assign(list, have, q.Count-have, len(first), start, start)...)
	return v, nil
}

func byHand(c *Controller, v zk.Topic, q kmsg.CreatePartitionsRequestTopic) (zk.Topic, *complaint) {
	have := int32(len(v.Partitions))
	if int32(len(q.Assignment)) != q.Count-have {
		return v, &complaint{proto.InvalidReplicaAssignment, fmt.Sprintf("%d partitions are added and %d assigned", q.Count-have, len(q.Assignment))}
	}
	for i, a := range q.Assignment {
		bad := validReplicas(a.Replicas)
		switch {
		case bad != nil:
			return v, bad
		case len(a.Replicas) != len(v.Partitions[0].Replicas):
			return v, &complaint{proto.InvalidReplicaAssignment, "all partitions have the same number of replicas"}
		case !subset(a.Replicas, c.ctx.ids()):
			return v, &complaint{proto.InvalidReplicaAssignment, "a broker is not available"}
		}
		v.Partitions = append(v.Partitions, zk.Assignment{Partition: have + int32(i), Replicas: slices.Clone(a.Replicas)})
	}
	return v, nil
}

// electOnRequest elects leaders that somebody asks for.
type electOnRequest struct {
	call    uint64
	req     *kmsg.ElectLeadersRequest
	begun   bool
	list    []log.TopicPartition
	refused []refusal
}

func (o *electOnRequest) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *electOnRequest) step(c *Controller, t *thread, _ nodes.Env) bool {
	if !o.begun {
		o.begun = true
		var elect []log.TopicPartition
		add := func(tp log.TopicPartition) {
			o.list = append(o.list, tp)
			if p := c.ctx.find(tp); p == nil || !p.known || c.blocked(tp) {
				o.refused = append(o.refused, refusal{tp, proto.UnknownTopicOrPartition})
			} else {
				elect = append(elect, tp)
			}
		}
		for _, q := range o.req.Topics {
			for _, n := range q.Partitions {
				add(log.TopicPartition{Topic: q.Topic, Partition: n})
			}
		}
		if o.req.Topics == nil {
			for _, p := range c.ctx.partitions {
				add(p.tp)
			}
		}
		by := preferredStrategy
		if o.req.ElectionType == 1 {
			by = uncleanStrategy
		}
		t.results = nil
		return t.call(&electLeaders{by: by, left: elect, refused: &o.refused})
	}
	resp := kmsg.NewPtrElectLeadersResponse()
	resp.Version = o.req.Version
	for _, tp := range o.list {
		r := kmsg.NewElectLeadersResponseTopicPartition()
		r.Partition = tp.Partition
		if i := slices.IndexFunc(o.refused, func(f refusal) bool { return f.tp == tp }); i >= 0 {
			if o.req.Topics == nil && o.refused[i].code == proto.ElectionNotNeeded {
				continue
			}
			r.ErrorCode = int16(o.refused[i].code)
		}
		if n := len(resp.Topics); n == 0 || resp.Topics[n-1].Topic != tp.Topic {
			s := kmsg.NewElectLeadersResponseTopic()
			s.Topic = tp.Topic
			resp.Topics = append(resp.Topics, s)
		}
		s := &resp.Topics[len(resp.Topics)-1]
		s.Partitions = append(s.Partitions, r)
	}
	c.tell(Done{o.call, resp})
	return true
}

// alterAssignments begins and cancels reassignments (KIP-455), one partition after the other. It is answered when it is known of each of
// them whether it has begun; one that can be completed at once has been.
type alterAssignments struct {
	call  uint64
	req   *kmsg.AlterPartitionAssignmentsRequest
	begun []*onReassignment // nil until the first step
	next  int
}

func (o *alterAssignments) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *alterAssignments) step(c *Controller, t *thread, _ nodes.Env) bool {
	if o.begun == nil {
		for _, q := range o.req.Topics {
			for _, n := range q.Partitions {
				tp := log.TopicPartition{Topic: q.Topic, Partition: n.Partition}
				r := &onReassignment{tp: tp, target: n.Replicas}
				if c.ctx.find(tp) == nil || c.blocked(tp) {
					_, r.bad = c.reassignment(tp, n.Replicas)
				}
				o.begun = append(o.begun, r)
			}
		}
	}
	for t.results = nil; o.next < len(o.begun); {
		o.next++
		if r := o.begun[o.next-1]; r.bad == nil {
			return t.call(r)
		}
	}
	resp := kmsg.NewPtrAlterPartitionAssignmentsResponse()
	resp.Version = o.req.Version
	for _, q := range o.req.Topics {
		s := kmsg.NewAlterPartitionAssignmentsResponseTopic()
		s.Topic = q.Topic
		for _, n := range q.Partitions {
			r := kmsg.NewAlterPartitionAssignmentsResponseTopicPartition()
			r.Partition = n.Partition
			if bad := o.begun[0].bad; bad != nil {
				r.ErrorCode, r.ErrorMessage = int16(bad.code), kmsg.StringPtr(bad.text)
			}
			o.begun = o.begun[1:]
			s.Partitions = append(s.Partitions, r)
		}
		resp.Topics = append(resp.Topics, s)
	}
	c.tell(Done{o.call, resp})
	return true
}

// reassignment is what a partition's assignment becomes on its way to a target; nil is back to where it came from.
func (c *Controller) reassignment(tp log.TopicPartition, to []int32) (zk.Assignment, *complaint) {
	p := c.ctx.find(tp)
	switch {
	case p == nil || c.blocked(tp):
		return zk.Assignment{}, &complaint{proto.UnknownTopicOrPartition, "there is no such partition, or its topic is being deleted"}
	case to == nil && !p.reassigns:
		return zk.Assignment{}, &complaint{proto.NoReassignmentInProgress, "the partition is not being reassigned"}
	case to == nil:
		return reassign(p.assigned, original(p.assigned)), nil
	}
	if bad := validReplicas(to); bad != nil {
		return zk.Assignment{}, bad
	}
	if a := reassign(p.assigned, to); subset(a.Adding, c.ctx.ids()) {
		return a, nil
	}
	return zk.Assignment{}, &complaint{proto.InvalidReplicaAssignment, "a broker that is to get a replica is not available"}
}

// listReassignments lists the reassignments that are under way.
type listReassignments struct {
	call uint64
	req  *kmsg.ListPartitionReassignmentsRequest
}

func (o *listReassignments) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *listReassignments) step(c *Controller, _ *thread, _ nodes.Env) bool {
	resp := kmsg.NewPtrListPartitionReassignmentsResponse()
	resp.Version = o.req.Version
	for _, p := range c.ctx.partitions {
		if !p.reassigns || o.req.Topics != nil && !slices.ContainsFunc(o.req.Topics, func(q kmsg.ListPartitionReassignmentsRequestTopic) bool {
			return q.Topic == p.tp.Topic && slices.Contains(q.Partitions, p.tp.Partition)
		}) {
			continue
		}
		if n := len(resp.Topics); n == 0 || resp.Topics[n-1].Topic != p.tp.Topic {
			s := kmsg.NewListPartitionReassignmentsResponseTopic()
			s.Topic = p.tp.Topic
			resp.Topics = append(resp.Topics, s)
		}
		r := kmsg.NewListPartitionReassignmentsResponseTopicPartition()
		r.Partition, r.Replicas = p.tp.Partition, slices.Clone(p.assigned.Replicas)
		r.AddingReplicas, r.RemovingReplicas = slices.Clone(p.assigned.Adding), slices.Clone(p.assigned.Removing)
		s := &resp.Topics[len(resp.Topics)-1]
		s.Partitions = append(s.Partitions, r)
	}
	c.tell(Done{o.call, resp})
	return true
}
