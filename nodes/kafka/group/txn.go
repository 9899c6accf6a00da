package group

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// txnCommit is a TxnOffsetCommit, in memory of its own, that waits for its transaction to be verified.
type txnCommit struct {
	n        uint64 // the Verify's call
	call     uint64
	version  int16
	group    *group
	txn      string // transactional id
	producer int64
	epoch    int16
	// The member that the offsets are of (KIP-447); "" and -1 for clients that do not say.
	member     string
	instance   *string
	generation int32
	offsets    []offset
}

// newTxnCommit copies a request. Each partition has its place in offsets, in the order of the request.
func newTxnCommit(call uint64, r *kmsg.TxnOffsetCommitRequest, now int64) *txnCommit {
	t := &txnCommit{call: call, version: r.Version, txn: strings.Clone(r.TransactionalID), producer: r.ProducerID, epoch: r.ProducerEpoch, generation: -1}
	if r.Version >= 3 {
		t.member, t.generation = strings.Clone(r.MemberID), r.Generation
		if r.InstanceID != nil {
			s := strings.Clone(*r.InstanceID)
			t.instance = &s
		}
	}
	for _, topic := range r.Topics {
		name := strings.Clone(topic.Topic)
		for _, x := range topic.Partitions {
			v := committed{offset: x.Offset, epoch: -1, metadata: strings.Clone(text(x.Metadata)), ms: now, expires: none, at: none}
			if r.Version >= 2 {
				v.epoch = x.LeaderEpoch
			}
			t.offsets = append(t.offsets, offset{log.TopicPartition{Topic: name, Partition: x.Partition}, v})
		}
	}
	return t
}

// answer makes a response with a code for each partition.
func (t *txnCommit) response(codes func(offset) proto.Code) *kmsg.TxnOffsetCommitResponse {
	resp := kmsg.NewPtrTxnOffsetCommitResponse()
	resp.Version = t.version
	for _, o := range t.offsets {
		n := len(resp.Topics)
		if n == 0 || resp.Topics[n-1].Topic != o.tp.Topic {
			rt := kmsg.NewTxnOffsetCommitResponseTopic()
			rt.Topic = o.tp.Topic
			resp.Topics = append(resp.Topics, rt)
			n++
		}
		rp := kmsg.NewTxnOffsetCommitResponseTopicPartition()
		rp.Partition, rp.ErrorCode = o.tp.Partition, int16(codes(o))
		resp.Topics[n-1].Partitions = append(resp.Topics[n-1].Partitions, rp)
	}
	return resp
}

func (t *txnCommit) refuse(code proto.Code) kmsg.Response {
	return t.response(func(offset) proto.Code { return code })
}

// mayStage tells why the offsets may not be staged: whoever sends them is not, or no longer, who may commit for the group (KIP-447).
func (t *txnCommit) mayStage() proto.Code {
	g := t.group
	switch {
	case g.gone:
		return proto.NotCoordinator
	case g.state == dead:
		return proto.CoordinatorNotAvailable
	case g.fenced(t.member, t.instance):
		return proto.FencedInstanceID
	case t.member != "" && g.has(t.member) == nil:
		return proto.UnknownMemberID
	case t.generation >= 0 && t.generation != g.generation:
		return proto.IllegalGeneration
	}
	return proto.None
}

// txnOffsetCommit is "upon receiving TxnOffsetCommit".
func (c *Coordinator) txnOffsetCommit(env nodes.Env, call uint64, r *kmsg.TxnOffsetCommitRequest) {
	p, g, code := c.find(r.Group, false)
	t := newTxnCommit(call, r, env.Now().UnixMilli())
	if code == proto.None {
		if g == nil {
			g = newGroup(strings.Clone(r.Group), p)
		}
		t.group = g
		code = t.mayStage()
	}
	if code == proto.None && p.groups[g.id] == nil && c.full(200+len(r.Group)) {
		code = proto.CoordinatorNotAvailable
	}
	switch {
	case code != proto.None:
		c.answer(call, t.refuse(code))
		return
	case p.groups[g.id] == nil:
		c.enter(g)
	}
	if !c.cfg.Verify {
		c.stage(env, t)
		return
	}
	c.asked++
	t.n = c.asked
	c.verifies[t.n] = t
	c.events = append(c.events, Verify{t.n, t.txn, t.producer, t.epoch, p.n})
}

// verified goes on with the offsets of a transaction that is open. The group may have rebalanced meanwhile, and is asked once more (KAFKA-15784).
func (c *Coordinator) verified(env nodes.Env, n uint64, code proto.Code) {
	t := c.verifies[n]
	if t == nil {
		return
	}
	delete(c.verifies, n)
	if code == proto.None && (t.group.gone || !c.cfg.Quirks.CheckBeforeVerify) {
		code = t.mayStage()
	}
	if code != proto.None {
		c.answer(t.call, t.refuse(code))
		return
	}
	c.stage(env, t)
}

// verifying returns what waits for a verification, in order.
func (c *Coordinator) verifying() []*txnCommit {
	return slices.SortedFunc(maps.Values(c.verifies), func(a, b *txnCommit) int { return cmp.Compare(a.n, b.n) })
}

// stage appends the offsets, as part of the transaction.
func (c *Coordinator) stage(env nodes.Env, t *txnCommit) {
	w := &write{kind: stages, group: t.group, producer: t.producer, epoch: t.epoch}
	resp := t.response(func(o offset) proto.Code { return c.take1(w, o.tp, o.committed) })
	c.commit(env, w, &reply{call: t.call, resp: resp, left: 1, fail: failCommit})
}
