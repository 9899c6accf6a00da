package group

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// reply is an answer that waits for appends. It is sent when the last of them has ended, or has taken too long.
type reply struct {
	call uint64
	resp kmsg.Response
	left int // appends that it waits for
	sent bool
	// fail notes the code for what an append has not stored.
	fail func(resp kmsg.Response, g *group, code proto.Code)
}

// endReply notes what became of an append for who waits for it.
func (c *Coordinator) endReply(w *write, code proto.Code) {
	r := w.reply
	if r == nil {
		return
	}
	w.reply = nil
	if code != proto.None {
		r.fail(r.resp, w.group, code)
	}
	c.finishReply(r)
}

func (c *Coordinator) finishReply(r *reply) {
	if r.left--; r.left <= 0 && !r.sent {
		r.sent = true
		c.answer(r.call, r.resp)
	}
}

// offsetCommit is "upon receiving OffsetCommit".
func (c *Coordinator) offsetCommit(env nodes.Env, call uint64, r *kmsg.OffsetCommitRequest) {
	p, g, code := c.find(r.Group, true)
	switch {
	case code != proto.None:
	case g == nil && r.Generation >= 0: // a generation of long ago
		code = proto.IllegalGeneration
	case g == nil && c.full(200+len(r.Group)):
		code = proto.CoordinatorNotAvailable
	case g == nil: // it does not share out partitions by this protocol, and only keeps offsets here
		g = newGroup(strings.Clone(r.Group), p)
		c.enter(g)
	default:
		code = c.mayCommit(env, g, r)
	}
	if code != proto.None {
		c.answer(call, proto.Refusal(r, code))
		return
	}
	now := env.Now().UnixMilli()
	w := &write{kind: commits, group: g}
	resp := kmsg.NewPtrOffsetCommitResponse()
	resp.Version = r.Version
	for _, t := range r.Topics {
		rt := kmsg.NewOffsetCommitResponseTopic()
		rt.Topic = strings.Clone(t.Topic)
		for _, x := range t.Partitions {
			v := committed{offset: x.Offset, epoch: -1, metadata: strings.Clone(text(x.Metadata)), ms: now, expires: none, at: none}
			if r.Version >= 6 {
				v.epoch = x.LeaderEpoch
			}
			if r.Version == 1 && x.Timestamp != none {
				v.ms = x.Timestamp
			}
			if r.Version >= 2 && r.Version <= 4 && r.RetentionTimeMillis != none {
				v.expires = now + r.RetentionTimeMillis
			}
			rp := kmsg.NewOffsetCommitResponseTopicPartition()
			rp.Partition, rp.ErrorCode = x.Partition, int16(c.take1(w, log.TopicPartition{Topic: rt.Topic, Partition: x.Partition}, v))
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	c.commit(env, w, &reply{call: call, resp: resp, left: 1, fail: failCommit})
}

// mayCommit tells why a client may not commit. While a group prepares a rebalance its members still may: they are
// about to give up what they read.
func (c *Coordinator) mayCommit(env nodes.Env, g *group, r *kmsg.OffsetCommitRequest) proto.Code {
	if g.state == empty && r.Generation < 0 && !g.fenced(r.MemberID, r.InstanceID) {
		return proto.None
	}
	code := g.check(r.MemberID, r.InstanceID, r.Generation)
	nodes.Sometimes(env, code == proto.IllegalGeneration, markCommitFenced)
	switch {
	case code != proto.None:
		return code
	case g.state == completingRebalance: // it may have lost the partition, and will learn with the assignment
		return proto.RebalanceInProgress
	}
	c.keep(env, g, g.has(r.MemberID))
	return proto.None
}

// take1 adds an offset to what is to be appended, unless it says too much.
func (c *Coordinator) take1(w *write, tp log.TopicPartition, v committed) proto.Code {
	switch {
	case len(v.metadata) > c.cfg.MaxMetadata:
		return proto.OffsetMetadataTooLarge
	case c.full(int(entrySize(tp, v))):
		return proto.CoordinatorNotAvailable
	}
	w.offsets = append(w.offsets, offset{tp, v})
	return proto.None
}

// commit appends offsets. If there are none to append the answer is complete.
func (c *Coordinator) commit(env nodes.Env, w *write, r *reply) {
	if len(w.offsets) == 0 {
		c.finishReply(r)
		return
	}
	w.reply = r
	f := record.Fields{Codec: c.cfg.Codec}
	if w.kind == stages {
		f.Idempotent, f.Transactional, f.ProducerID, f.ProducerEpoch, f.BaseSequence = true, true, w.producer, w.epoch, record.NoSequence
	}
	var b record.Builder
	b.Reset(f)
	now := env.Now().UnixMilli()
	for _, o := range w.offsets {
		b.Add(now, key{w.group.id, true, o.tp}.append(nil), o.append(nil, c.cfg.OldValues))
		w.group.unsettled[o.tp]++
	}
	if code := c.append(env, w, &b); code != proto.None {
		c.settleNow(env, w, code)
		return
	}
	if c.cfg.Quirks.CommitBeforeReplicated && w.kind == commits {
		w.early = true
		c.commitAt(env, w)
		c.endReply(w, proto.None)
	}
	c.after(env, c.cfg.CommitTimeout, deadline{kind: writeEnds, group: w.group, write: w})
}

// failCommit notes a code for the partitions that have none yet.
func failCommit(resp kmsg.Response, _ *group, code proto.Code) {
	switch r := resp.(type) {
	case *kmsg.OffsetCommitResponse:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				if x := &r.Topics[i].Partitions[j]; x.ErrorCode == 0 {
					x.ErrorCode = int16(code)
				}
			}
		}
	case *kmsg.TxnOffsetCommitResponse:
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				if x := &r.Topics[i].Partitions[j]; x.ErrorCode == 0 {
					x.ErrorCode = int16(code)
				}
			}
		}
	}
}
