package client

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// The times that ListOffsets takes for the ends of a log.
const (
	Latest   int64 = -1
	Earliest int64 = -2
)

// stamp is the time that stands for a policy.
func stamp(r Reset) int64 {
	if r == ResetLatest {
		return Latest
	}
	return Earliest
}

// locate finds the positions that are missing, and looks whether those that are there are still good. What cannot be
// found now is looked for again by the next call.
func (c *Consumer) locate(t *task.T) error {
	if err := c.recall(t); err != nil {
		return err
	}
	for _, r := range slices.Clone(c.parts) {
		switch {
		case r.reset:
			if err := c.resetTo(t, r); err != nil {
				return err
			}
		case r.known:
			c.validate(t, r)
		}
	}
	return nil
}

// recall begins where the group has been. While an open transaction is about to say so it is the next poll's to ask again: who waited here would
// outstay its poll, and be taken for dead when that is longer than ConsumerConfig.PollInterval.
func (c *Consumer) recall(t *task.T) error {
	var fresh []TopicPartition
	for _, r := range c.parts {
		if !r.known && !r.reset {
			if c.config.Group == "" {
				r.reset = true
			} else {
				fresh = append(fresh, r.tp)
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	offsets, err := c.cluster.committedOnce(t, c.config.Group, fresh, true)
	if err != nil {
		if again(err) {
			return nil
		}
		return err
	}
	for _, o := range offsets {
		r := c.reading(o.TopicPartition)
		switch {
		case r == nil || r.known: // revoked, or sought meanwhile
		case o.Offset < 0:
			r.reset = true
		default:
			c.cluster.saw(r.tp, o.LeaderEpoch)
			r.seek(o.Offset, o.LeaderEpoch)
		}
	}
	return nil
}

// resetTo begins where the policy says.
func (c *Consumer) resetTo(t *task.T, r *reading) error {
	if c.config.Reset == ResetNone {
		return ErrNoOffset
	}
	offset, epoch, err := c.cluster.offsetOnce(t, r.tp, stamp(c.config.Reset), c.config.ReadCommitted)
	switch {
	case err == nil && r.reset:
		r.seek(offset, epoch)
	case err != nil && !again(err):
		return err
	case err != nil:
		c.refresh(t)
	}
	return nil
}

// validate asks, when the leader has changed, whether its log has the records before the position (KIP-320).
func (c *Consumer) validate(t *task.T, r *reading) {
	leader, epoch, ok := c.cluster.leader(r.tp)
	if !ok || epoch == r.leader {
		return
	}
	if epoch < 0 || r.epoch < 0 || c.cluster.config.Quirks.NoValidation {
		r.leader = epoch
		return
	}
	if r.busy { // what is on its way will be refused, or moves the position
		return
	}
	end, endEpoch, err := c.cluster.epochEnd(t, leader, r.tp, epoch, r.epoch)
	if err != nil {
		c.refresh(t)
		return
	}
	if end >= 0 && endEpoch == r.epoch && end >= r.fetched {
		r.leader = epoch
		return
	}
	from := r.fetched
	nodes.Reachable(t.Env(), "kafka/client: a consumer notices that the log was truncated (KIP-320)")
	note(t, "read %v up to %d; in leader epoch %d the log of epoch %d ends at %d", r.tp, from, epoch, endEpoch, end)
	if end < 0 { // nothing in common is left
		r.known, r.reset = false, true
	} else {
		if r.offset < end { // there are records below that were not returned yet
			end, endEpoch = r.offset, r.passed
		}
		r.seek(min(end, from), endEpoch)
		r.leader = epoch
	}
	if c.config.Truncated != nil {
		c.config.Truncated(t, r.tp, from, end)
	}
}

// epochEnd is where an epoch ends in the leader's log.
func (c *Cluster) epochEnd(t *task.T, broker int32, tp TopicPartition, current, epoch int32) (end int64, endEpoch int32, err error) {
	r := kmsg.NewPtrOffsetForLeaderEpochRequest()
	r.ReplicaID = -1
	rt := kmsg.NewOffsetForLeaderEpochRequestTopic()
	rt.Topic = tp.Topic
	rp := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
	rp.Partition, rp.CurrentLeaderEpoch, rp.LeaderEpoch = tp.Partition, current, epoch
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	resp, err := c.Do(t, broker, r, 0)
	if err != nil {
		return -1, -1, err
	}
	o := resp.(*kmsg.OffsetForLeaderEpochResponse)
	if len(o.Topics) == 0 || len(o.Topics[0].Partitions) == 0 {
		return -1, -1, &CodeError{Code: proto.UnknownServerError}
	}
	p := &o.Topics[0].Partitions[0]
	return p.EndOffset, p.LeaderEpoch, codeError(p.ErrorCode)
}

// OffsetAt is the first offset with a record of that time (ms) or later; of Earliest and Latest, the ends of the log. For a
// reader of committed records the end is the last stable offset.
func (c *Cluster) OffsetAt(t *task.T, p TopicPartition, timestamp int64, committed bool) (int64, error) {
	offset, _, err := c.offsetAt(t, p, timestamp, committed)
	return offset, err
}

func (c *Cluster) offsetAt(t *task.T, p TopicPartition, timestamp int64, committed bool) (offset int64, epoch int32, err error) {
	err = c.retry(t, []string{p.Topic}, func() (err error) {
		offset, epoch, err = c.offsetOnce(t, p, timestamp, committed)
		return err
	})
	return offset, epoch, err
}

// offsetOnce asks the leader, once.
func (c *Cluster) offsetOnce(t *task.T, p TopicPartition, timestamp int64, committed bool) (offset int64, epoch int32, err error) {
	if _, err := c.Partitions(t, p.Topic); err != nil {
		return -1, -1, err
	}
	leader, leaderEpoch, ok := c.leader(p)
	if !ok {
		return -1, -1, &CodeError{Code: proto.LeaderNotAvailable}
	}
	if c.config.Quirks.NoEpochFence {
		leaderEpoch = -1
	}
	r := kmsg.NewPtrListOffsetsRequest()
	r.ReplicaID = -1
	if committed {
		r.IsolationLevel = 1
	}
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = p.Topic
	rp := kmsg.NewListOffsetsRequestTopicPartition()
	rp.Partition, rp.CurrentLeaderEpoch, rp.Timestamp = p.Partition, leaderEpoch, timestamp
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	resp, err := c.Do(t, leader, r, 0)
	if err != nil {
		return -1, -1, err
	}
	o := resp.(*kmsg.ListOffsetsResponse)
	if len(o.Topics) == 0 || len(o.Topics[0].Partitions) == 0 {
		return -1, -1, &CodeError{Code: proto.UnknownServerError}
	}
	got := &o.Topics[0].Partitions[0]
	return got.Offset, got.LeaderEpoch, codeError(got.ErrorCode)
}
