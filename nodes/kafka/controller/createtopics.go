package controller

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// createTopics writes new topics' assignments and settings (AdminManager.createTopics). The controller finds them by its watch.
type createTopics struct {
	call    uint64
	req     *kmsg.CreateTopicsRequest
	auto    bool
	phase   int
	topics  []string // that there are
	brokers []candidate
	plans   []plan // one for each topic of the request
}

// plan is what is to become of one topic of a request.
type plan struct {
	refused  *complaint
	value    zk.Topic
	settings zk.Settings
	asked    int // which of the operations of the present batch; -1 if none
	replace  bool
}

func (o *createTopics) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.req, proto.NotController)})
}

func (o *createTopics) step(c *Controller, t *thread, env nodes.Env) bool {
	o.phase++
	switch o.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindTopic}}, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindBroker}})
	case 2:
		o.topics = t.results[0].Names
		var ops []zk.Op
		for _, name := range t.results[1].Names {
			if id, ok := parseID(name); ok {
				ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.BrokerKey(id)})
			}
		}
		if t.results = nil; len(ops) == 0 {
			return t.call(&nothing{})
		}
		return t.ask(c, env, ops...)
	case 3:
		for _, r := range t.results {
			if b, ok := r.Value.(zk.Broker); ok && r.Err == nil {
				o.brokers = append(o.brokers, candidate{b.ID, b.Rack})
			}
		}
		for i := range o.req.Topics {
			o.plans = append(o.plans, o.plan(c, env, i))
		}
		return o.write(c, t, env)
	}
	for i := range o.plans {
		o.plans[i].wrote(t.results)
	}
	return o.write(c, t, env)
}

// write makes the records of those topics that have none yet; when there are none of these it answers.
func (o *createTopics) write(c *Controller, t *thread, env nodes.Env) bool {
	var ops []zk.Op
	for i := range o.plans {
		p := &o.plans[i]
		if p.refused != nil || p.asked == -1 || o.req.ValidateOnly {
			p.asked = -1
			continue
		}
		name := o.req.Topics[i].Topic
		both := []zk.Op{{Verb: zk.Create, Key: zk.TopicKey(name), Value: p.value}, {Verb: zk.Create, Key: zk.ConfigKey("topics", name), Value: p.settings}}
		if p.replace {
			both[1] = zk.Op{Verb: zk.Set, Key: zk.ConfigKey("topics", name), Value: p.settings, Version: -1}
		}
		p.asked = len(ops)
		ops = append(ops, zk.Op{Verb: zk.Atomic, Ops: both})
	}
	if len(ops) > 0 {
		return t.ask(c, env, ops...)
	}
	o.answer(c, env)
	return true
}

// wrote takes what became of the writes.
func (p *plan) wrote(results []zk.Result) {
	if p.asked < 0 || p.refused != nil || p.asked >= len(results) {
		return
	}
	r := results[p.asked]
	p.asked = -1
	switch {
	case r.Err == nil:
	case errors.Is(r.Err, zk.ErrNodeExists) && r.Failed == 0:
		p.refused = &complaint{proto.TopicAlreadyExists, "the topic exists already"}
	case errors.Is(r.Err, zk.ErrNodeExists):
		p.replace, p.asked = true, 0 // settings are left from an earlier topic of that name
	case errors.Is(r.Err, zk.ErrUncertain), errors.Is(r.Err, zk.ErrExpired):
		p.refused = &complaint{proto.RequestTimedOut, "it is not known whether the topic was created"}
	default:
		p.refused = &complaint{proto.UnknownServerError, r.Err.Error()}
	}
}

func (o *createTopics) plan(c *Controller, env nodes.Env, i int) plan {
	q := o.req.Topics[i]
	refuse := func(code proto.Code, format string, args ...any) plan {
		return plan{refused: &complaint{code, fmt.Sprintf(format, args...)}, asked: -1}
	}
	if err := validTopicName(q.Topic); err != nil {
		return refuse(proto.InvalidTopicException, "%v", err)
	}
	same := 0
	for _, other := range o.req.Topics {
		if other.Topic == q.Topic {
			same++
		}
	}
	switch {
	case same > 1:
		return refuse(proto.InvalidRequest, "the request names topic %s more than once", q.Topic)
	case hasName(o.topics, q.Topic):
		return refuse(proto.TopicAlreadyExists, "topic %s exists already", q.Topic)
	}
	for _, other := range o.topics {
		if collides(other, q.Topic) {
			return refuse(proto.InvalidTopicException, "topic %s collides with %s", q.Topic, other)
		}
	}
	p := plan{}
	for _, e := range q.Configs {
		if e.Value == nil {
			return refuse(proto.InvalidConfig, "configuration %s has no value", e.Name)
		}
		if err := c.cfg.Validate("topics", e.Name, *e.Value); err != nil {
			return refuse(proto.InvalidConfig, "%v", err)
		}
		p.settings = withSetting(p.settings, e.Name, *e.Value)
	}
	var refused *complaint
	if p.value, refused = o.assignment(c, env, q); refused != nil {
		return plan{refused: refused, asked: -1}
	}
	return p
}

// assignment is where the partitions go: where the request says, or anywhere.
func (o *createTopics) assignment(c *Controller, env nodes.Env, q kmsg.CreateTopicsRequestTopic) (zk.Topic, *complaint) {
	if len(q.ReplicaAssignment) > 0 {
		if q.NumPartitions != -1 || q.ReplicationFactor != -1 {
			return zk.Topic{}, &complaint{proto.InvalidRequest, "replicas are assigned by hand or counted, not both"}
		}
		return manual(q.ReplicaAssignment, o.brokers)
	}
	count, factor := q.NumPartitions, q.ReplicationFactor
	if count == -1 {
		count = c.cfg.DefaultPartitions
	}
	if factor == -1 {
		factor = c.cfg.DefaultReplication
	}
	switch {
	case count <= 0:
		return zk.Topic{}, &complaint{proto.InvalidPartitions, "the number of partitions is larger than 0"}
	case factor <= 0 || int(factor) > len(o.brokers):
		return zk.Topic{}, &complaint{proto.InvalidReplicationFactor, fmt.Sprintf("replication factor %d with %d brokers available", factor, len(o.brokers))}
	}
	n := len(o.brokers)
	return zk.Topic{Partitions: assign(slices.Clone(o.brokers), 0, count, int(factor), env.Rand().IntN(n), env.Rand().IntN(n))}, nil
}

// manual takes an assignment by hand: partitions from 0 without a gap, each with as many replicas, on brokers that live.
func manual(list []kmsg.CreateTopicsRequestTopicReplicaAssignment, brokers []candidate) (zk.Topic, *complaint) {
	var v zk.Topic
	for _, a := range list {
		if bad := validReplicas(a.Replicas); bad != nil {
			return v, bad
		}
		for _, r := range a.Replicas {
			if !slices.ContainsFunc(brokers, func(b candidate) bool { return b.id == r }) {
				return v, &complaint{proto.InvalidReplicaAssignment, fmt.Sprintf("broker %d is not available", r)}
			}
		}
		if len(a.Replicas) != len(list[0].Replicas) {
			return v, &complaint{proto.InvalidReplicaAssignment, "all partitions have the same number of replicas"}
		}
		v.Partitions = append(v.Partitions, zk.Assignment{Partition: a.Partition, Replicas: slices.Clone(a.Replicas)})
	}
	slices.SortFunc(v.Partitions, func(a, b zk.Assignment) int { return int(a.Partition) - int(b.Partition) })
	for i, a := range v.Partitions {
		if int(a.Partition) != i {
			return v, &complaint{proto.InvalidReplicaAssignment, "partitions are numbered from 0, without a gap and each once"}
		}
	}
	return v, nil
}

func (o *createTopics) answer(c *Controller, env nodes.Env) {
	resp := kmsg.NewPtrCreateTopicsResponse()
	resp.Version = o.req.Version
	w := wait{call: o.call, what: awaitLeaders, resp: resp}
	for i, q := range o.req.Topics {
		p := o.plans[i]
		r := kmsg.NewCreateTopicsResponseTopic()
		r.Topic = q.Topic
		if p.refused != nil {
			r.ErrorCode, r.ErrorMessage = int16(p.refused.code), kmsg.StringPtr(p.refused.text)
		} else {
			r.NumPartitions, r.ReplicationFactor = int32(len(p.value.Partitions)), int16(len(p.value.Partitions[0].Replicas))
			for _, s := range p.settings {
				e := kmsg.NewCreateTopicsResponseTopicConfig()
				e.Name, e.Value, e.Source = s.Name, kmsg.StringPtr(s.Value), int8(kmsg.ConfigSourceDynamicTopicConfig)
				r.Configs = append(r.Configs, e)
			}
			if !o.req.ValidateOnly && !o.auto {
				w.topics, w.counts = append(w.topics, q.Topic), append(w.counts, r.NumPartitions)
			}
		}
		resp.Topics = append(resp.Topics, r)
	}
	c.await(env, w, o.req.TimeoutMillis)
}

// withSetting sets a setting among others, which stay in order.
func withSetting(s zk.Settings, name, value string) zk.Settings {
	s = withoutSetting(s, name)
	i, _ := slices.BinarySearchFunc(s, name, func(e zk.ConfigEntry, name string) int {
		switch {
		case e.Name < name:
			return -1
		case e.Name > name:
			return 1
		}
		return 0
	})
	return slices.Insert(s, i, zk.ConfigEntry{Name: name, Value: value})
}

func withoutSetting(s zk.Settings, name string) zk.Settings {
	return slices.DeleteFunc(slices.Clone(s), func(e zk.ConfigEntry) bool { return e.Name == name })
}
