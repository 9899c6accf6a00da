package client

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Positions are where the polls have got to in the partitions that are assigned. Each has the leader epoch of the last record before it, as
// in a position of Kafka's consumer: whoever goes on there knows by it which leaders are too old to be asked (KIP-320).
func (c *Consumer) Positions() []Offset {
	var offsets []Offset
	for _, r := range c.parts {
		if r.known {
			offsets = append(offsets, Offset{TopicPartition: r.tp, Offset: r.offset, LeaderEpoch: r.passed})
		}
	}
	return offsets
}

// Commit makes offsets (none: Positions) those from which the group reads on, and waits for the coordinator. ErrCommit
// says that the group has gone on without the member: then nothing was committed.
func (c *Consumer) Commit(t *task.T, offsets ...Offset) (Outcome, error) {
	if c.config.Group == "" {
		return Failed, ErrState
	}
	if len(offsets) == 0 {
		if offsets = c.Positions(); len(offsets) == 0 {
			return Acknowledged, nil
		}
	}
	group := c.GroupMetadata()
	lost := false
	err := c.cluster.retry(t, nil, func() error {
		err := c.commitOnce(t, offsets, group)
		if mayHaveArrived(err) && c.config.GivenUp != nil {
			c.config.GivenUp(group, offsets)
		}
		lost = lost || mayHaveArrived(err) || isCode(err) && (appended(CodeOf(err)) || undecided(CodeOf(err)))
		return err
	})
	switch code := CodeOf(err); {
	case err == nil:
		return Acknowledged, nil
	case code == proto.FencedInstanceID:
		c.fatal = ErrFenced
		err = ErrFenced
	case code == proto.UnknownMemberID, code == proto.IllegalGeneration, code == proto.RebalanceInProgress:
		if c.cluster.config.Quirks.CommitAnyGeneration && group.Generation >= 0 {
			if c.commitOnce(t, offsets, GroupMetadata{Group: group.Group, Generation: -1}) == nil {
				return Acknowledged, nil
			}
		}
		c.outdated(group, code)
		err = errors.Join(ErrCommit, err)
	}
	if lost {
		return Indeterminate, err
	}
	return Failed, err
}

// isCode tells that a broker has spoken.
func isCode(err error) bool {
	var e *CodeError
	return errors.As(err, &e)
}

// outdated notes that the group has told a member that its generation is over.
func (c *Consumer) outdated(group GroupMetadata, code proto.Code) {
	m := c.member
	if m == nil || m.generation != group.Generation {
		return
	}
	switch code {
	case proto.UnknownMemberID:
		m.id, m.lost = "", true
	case proto.IllegalGeneration:
		m.lost = true
	default:
		m.rejoin = true
	}
}

func (c *Consumer) commitOnce(t *task.T, offsets []Offset, group GroupMetadata) error {
	r := kmsg.NewPtrOffsetCommitRequest()
	r.Group, r.Generation, r.MemberID = group.Group, group.Generation, group.Member
	if group.Instance != "" && group.Generation >= 0 {
		r.InstanceID = kmsg.StringPtr(group.Instance)
	}
	offsets = slices.Clone(offsets)
	slices.SortStableFunc(offsets, func(a, b Offset) int { return a.compare(b.TopicPartition) })
	for _, o := range offsets {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != o.Topic {
			rt := kmsg.NewOffsetCommitRequestTopic()
			rt.Topic = o.Topic
			r.Topics = append(r.Topics, rt)
		}
		rp := kmsg.NewOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = o.Partition, o.Offset, o.LeaderEpoch, kmsg.StringPtr(o.Metadata)
		rt := &r.Topics[len(r.Topics)-1]
		rt.Partitions = append(rt.Partitions, rp)
	}
	_, err := c.cluster.coordinated(t, ofGroup, group.Group, r, func(resp kmsg.Response) int16 {
		for _, topic := range resp.(*kmsg.OffsetCommitResponse).Topics {
			for _, p := range topic.Partitions {
				if p.ErrorCode != 0 {
					return p.ErrorCode
				}
			}
		}
		return 0
	})
	return err
}

// autoCommit commits what earlier polls have returned, if it is due or must be.
func (c *Consumer) autoCommit(t *task.T, must bool) {
	if c.config.AutoCommit == 0 || c.config.Group == "" || !must && t.Monotonic() < c.commits {
		return
	}
	first := c.commits == 0
	c.commits = t.Monotonic() + c.config.AutoCommit
	if must || !first {
		_, _ = c.Commit(t) // what was refused is committed next time, by whoever reads on
	}
}

// Committed is where the group reads on in some partitions, by their order in the request; offset -1: nowhere yet. It
// waits for transactions that have offsets in them to end (KIP-447), whatever records the consumer reads: who begins where
// the group was before one of them commits what the group had behind it already.
func (c *Consumer) Committed(t *task.T, parts ...TopicPartition) ([]Offset, error) {
	if c.config.Group == "" {
		return nil, ErrState
	}
	return c.cluster.committed(t, c.config.Group, parts, true)
}

func (c *Cluster) committed(t *task.T, group string, parts []TopicPartition, stable bool) (offsets []Offset, err error) {
	err = c.retry(t, nil, func() error {
		offsets, err = c.committedOnce(t, group, parts, stable)
		return err
	})
	return offsets, err
}

// committedOnce asks the coordinator, once it has found one that answers.
func (c *Cluster) committedOnce(t *task.T, group string, parts []TopicPartition, stable bool) (offsets []Offset, err error) {
	r := kmsg.NewPtrOffsetFetchRequest()
	r.Group, r.RequireStable = group, stable
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, TopicPartition.compare)
	for _, tp := range sorted {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != tp.Topic {
			rt := kmsg.NewOffsetFetchRequestTopic()
			rt.Topic = tp.Topic
			r.Topics = append(r.Topics, rt)
		}
		rt := &r.Topics[len(r.Topics)-1]
		rt.Partitions = append(rt.Partitions, tp.Partition)
	}
	if parts == nil {
		r.Topics = nil // all there are
	}
	resp, err := c.coordinated(t, ofGroup, group, r, func(resp kmsg.Response) int16 {
		return resp.(*kmsg.OffsetFetchResponse).ErrorCode
	})
	if err != nil {
		return nil, err
	}
	for _, topic := range resp.(*kmsg.OffsetFetchResponse).Topics {
		for _, p := range topic.Partitions {
			if p.ErrorCode != 0 {
				return nil, codeError(p.ErrorCode)
			}
			o := Offset{TopicPartition: TopicPartition{topic.Topic, p.Partition}, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch}
			if p.Metadata != nil {
				o.Metadata = *p.Metadata
			}
			offsets = append(offsets, o)
		}
	}
	return offsets, nil
}
