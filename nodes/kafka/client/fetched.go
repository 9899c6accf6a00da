package client

import (
	"cmp"
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// received deals with what a broker says of one partition.
func (c *Consumer) received(t *task.T, broker int32, r *reading, p *kmsg.FetchResponseTopicPartition) {
	leader, _, _ := c.cluster.leader(r.tp)
	switch code := proto.Code(p.ErrorCode); code {
	case proto.None:
		r.high, r.stable, r.start = p.HighWatermark, p.LastStableOffset, p.LogStartOffset
		if p.PreferredReadReplica >= 0 && p.PreferredReadReplica != broker {
			r.from, r.until = p.PreferredReadReplica, t.Monotonic()+c.cluster.config.MetadataMaxAge
			return
		}
		if err := c.unpack(r, p); err != nil {
			r.err = err
		}
	case proto.OffsetOutOfRange:
		if broker != leader && !c.cluster.config.Quirks.ResetOnFollower {
			r.from = -1 // the leader knows better (KIP-392)
			return
		}
		if len(r.buffer) == 0 {
			r.known, r.reset = false, true
		}
	case proto.TopicAuthorizationFailed, proto.UnsupportedCompressionType, proto.CorruptMessage:
		r.err = &CodeError{Code: code}
	default: // no leader any more, or not yet; or a follower that lags
		r.from = -1
		c.refresh(t)
	}
}

// unpack puts the records of an answer into the buffer of their partition.
func (c *Consumer) unpack(r *reading, p *kmsg.FetchResponseTopicPartition) error {
	aborted := abortedSet{next: slices.Clone(p.AbortedTransactions)}
	slices.SortFunc(aborted.next, func(a, b kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return cmp.Compare(a.FirstOffset, b.FirstOffset)
	})
	for data := p.RecordBatches; len(data) > 0; {
		b, rest, err := record.Next(data)
		if errors.Is(err, record.ErrShort) {
			break // the last one may be cut off
		}
		if err == nil {
			err = b.Check()
		}
		if err != nil {
			return err
		}
		data = rest
		if b.NextOffset() <= r.fetched {
			continue
		}
		hidden := false
		if c.config.ReadCommitted && !c.cluster.config.Quirks.NoAbortedFilter {
			if hidden, err = aborted.hides(b, &c.reader); err != nil {
				return err
			}
		}
		if !b.Control() && !hidden {
			if err := c.keep(r, b); err != nil {
				return err
			}
		}
		r.fetched, r.epoch = b.NextOffset(), b.LeaderEpoch()
	}
	return nil
}

// keep puts the records of a batch into the buffer.
func (c *Consumer) keep(r *reading, b record.Batch) error {
	if err := c.reader.Reset(b); err != nil {
		return err
	}
	var rec record.Record
	for c.reader.Next(&rec) {
		if rec.Offset < r.fetched {
			continue
		}
		r.buffer = append(r.buffer, Record{Topic: r.tp.Topic, Partition: r.tp.Partition, Offset: rec.Offset,
			LeaderEpoch: b.LeaderEpoch(), Timestamp: rec.Timestamp, Key: slices.Clone(rec.Key), Value: slices.Clone(rec.Value),
			Headers: rec.Headers.All()})
	}
	return c.reader.Err()
}

// abortedSet are the producers whose records, at a place in the log, belong to a transaction that was aborted.
type abortedSet struct {
	next   []kmsg.FetchResponseTopicPartitionAbortedTransaction // that begin later, by their first offsets
	active []int64
}

// hides tells that a batch belongs to an aborted transaction. Batches come in the order of the log: a marker ends its
// producer's transaction.
func (a *abortedSet) hides(b record.Batch, r *record.Reader) (bool, error) {
	for len(a.next) > 0 && a.next[0].FirstOffset <= b.LastOffset() {
		a.active = append(a.active, a.next[0].ProducerID)
		a.next = a.next[1:]
	}
	if !b.Control() {
		return b.Transactional() && slices.Contains(a.active, b.ProducerID()), nil
	}
	m, err := r.Control(b)
	if err == nil && m.Type == record.Abort {
		a.active = slices.DeleteFunc(a.active, func(id int64) bool { return id == b.ProducerID() })
	}
	return false, err
}
