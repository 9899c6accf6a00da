package group

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// offsetFetch is "upon receiving OffsetFetch".
func (c *Coordinator) offsetFetch(env nodes.Env, call uint64, r *kmsg.OffsetFetchRequest) {
	_, g, code := c.find(r.Group, true)
	if code != proto.None {
		resp := proto.Refusal(r, code).(*kmsg.OffsetFetchResponse)
		if r.Version >= 2 { // the code of the whole says it
			resp.Topics = nil
		}
		c.answer(call, resp)
		return
	}
	resp := kmsg.NewPtrOffsetFetchResponse()
	resp.Version = r.Version
	topics := r.Topics
	if topics == nil && r.Version >= 2 {
		topics = g.allTopics()
	}
	for _, t := range topics {
		rt := kmsg.NewOffsetFetchResponseTopic()
		rt.Topic = strings.Clone(t.Topic)
		for _, n := range t.Partitions {
			rt.Partitions = append(rt.Partitions, g.fetch(env, log.TopicPartition{Topic: t.Topic, Partition: n}, r.RequireStable && r.Version >= 7))
		}
		resp.Topics = append(resp.Topics, rt)
	}
	c.answer(call, resp)
}

// allTopics asks for all that the group has offsets of. g may be nil.
func (g *group) allTopics() (all []kmsg.OffsetFetchRequestTopic) {
	if g == nil {
		return nil
	}
	for _, tp := range tps(g.offsets) {
		if n := len(all); n == 0 || all[n-1].Topic != tp.Topic {
			t := kmsg.NewOffsetFetchRequestTopic()
			t.Topic = tp.Topic
			all = append(all, t)
		}
		last := &all[len(all)-1]
		last.Partitions = append(last.Partitions, tp.Partition)
	}
	return all
}

// fetch says how far the group has read a partition; -1 if it has not. Who wants a stable answer gets none while a transaction may change
// it (KIP-447). g may be nil.
func (g *group) fetch(env nodes.Env, tp log.TopicPartition, stable bool) kmsg.OffsetFetchResponseTopicPartition {
	x := kmsg.NewOffsetFetchResponseTopicPartition()
	blank := ""
	x.Partition, x.Offset, x.LeaderEpoch, x.Metadata = tp.Partition, -1, -1, &blank
	if g == nil {
		return x
	}
	if stable && (g.unsettled[tp] > 0 || g.stages(tp)) {
		nodes.Reachable(env, markUnstable)
		x.ErrorCode = int16(proto.UnstableOffsetCommit)
		return x
	}
	if v, ok := g.offsets[tp]; ok {
		x.Offset, x.LeaderEpoch, x.Metadata = v.offset, v.epoch, &v.metadata
	}
	return x
}
