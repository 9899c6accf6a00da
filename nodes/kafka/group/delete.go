package group

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// deleteGroups is "upon receiving DeleteGroups". A group with members is not deleted.
func (c *Coordinator) deleteGroups(env nodes.Env, call uint64, r *kmsg.DeleteGroupsRequest) {
	resp := kmsg.NewPtrDeleteGroupsResponse()
	resp.Version = r.Version
	wait := &reply{call: call, resp: resp, left: 1, fail: failDelete}
	var doomed []*group
	for _, id := range r.Groups {
		x := kmsg.NewDeleteGroupsResponseGroup()
		x.Group = strings.Clone(id)
		_, g, code := c.find(id, true)
		switch {
		case code != proto.None:
		case g == nil || g.state == dead:
			code = proto.GroupIDNotFound
		case g.state != empty:
			code = proto.NonEmptyGroup
		case !slices.Contains(doomed, g):
			doomed = append(doomed, g)
		}
		x.ErrorCode = int16(code)
		resp.Groups = append(resp.Groups, x)
	}
	for _, g := range doomed {
		wait.left++
		c.removeOffsets(env, g, g.everything(), true, wait)
	}
	c.finishReply(wait)
}

func failDelete(resp kmsg.Response, g *group, code proto.Code) {
	for i := range resp.(*kmsg.DeleteGroupsResponse).Groups {
		if x := &resp.(*kmsg.DeleteGroupsResponse).Groups[i]; x.Group == g.id && x.ErrorCode == 0 {
			x.ErrorCode = int16(code)
		}
	}
}

// everything is what the group has offsets of, in open transactions too.
func (g *group) everything() []log.TopicPartition {
	all := tps(g.offsets)
	for _, id := range producersOf(g) {
		all = append(all, tps(g.staged[id])...)
	}
	slices.SortFunc(all, compareTP)
	return slices.Compact(all)
}

// offsetDelete is "upon receiving OffsetDelete" (KIP-496). What a member reads is not deleted.
func (c *Coordinator) offsetDelete(env nodes.Env, call uint64, r *kmsg.OffsetDeleteRequest) {
	_, g, code := c.find(r.Group, true)
	switch {
	case code != proto.None:
	case g == nil || g.state == dead:
		code = proto.GroupIDNotFound
	case g.state != empty && g.protocolType != consumerProtocol:
		code = proto.NonEmptyGroup
	}
	resp := kmsg.NewPtrOffsetDeleteResponse()
	resp.Version, resp.ErrorCode = r.Version, int16(code)
	if code != proto.None {
		c.answer(call, resp)
		return
	}
	var gone []log.TopicPartition
	for _, t := range r.Topics {
		rt := kmsg.NewOffsetDeleteResponseTopic()
		rt.Topic = strings.Clone(t.Topic)
		for _, x := range t.Partitions {
			rp := kmsg.NewOffsetDeleteResponseTopicPartition()
			rp.Partition = x.Partition
			tp := log.TopicPartition{Topic: rt.Topic, Partition: x.Partition}
			_, has := g.offsets[tp]
			switch {
			case g.state != empty && (!g.known || g.reads(tp.Topic)):
				rp.ErrorCode = int16(proto.GroupSubscribedToTopic)
			case has:
				gone = append(gone, tp)
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	wait := &reply{call: call, resp: resp, left: 1, fail: func(resp kmsg.Response, _ *group, code proto.Code) {
		resp.(*kmsg.OffsetDeleteResponse).ErrorCode = int16(code)
	}}
	c.removeOffsets(env, g, gone, false, wait)
}

// partitionsDeleted removes the offsets of partitions that are gone.
func (c *Coordinator) partitionsDeleted(env nodes.Env, gone []log.TopicPartition) {
	for _, n := range c.led() {
		p := c.parts[n]
		if p.load != nil {
			continue // what it loads will expire
		}
		for _, g := range p.sorted() {
			var of []log.TopicPartition
			for _, tp := range g.everything() {
				if slices.Contains(gone, tp) {
					of = append(of, tp)
				}
			}
			if len(of) > 0 && g.state != dead {
				c.removeOffsets(env, g, of, false, nil)
			}
		}
	}
}
