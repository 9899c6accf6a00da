package zkconsumer

import (
	"bytes"
	"errors"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// claim is a partition that this consumer owns, or believes to own.
type claim struct {
	tp      log.TopicPartition
	stream  string
	session int64 // in which it was claimed
	owned   bool  // the node was made, and not given up
	next    int64 // the offset to read next; -1 is not known yet
	saved   int64 // the offset in ZooKeeper, as far as this consumer knows
	reading bool  // a task reads it
	stop    bool  // it shall not any more
}

// stopFetchers has nothing read any more. What is under way is thrown away when it comes.
func (c *Consumer) stopFetchers() {
	for _, x := range c.sorted() {
		x.stop = true
	}
}

// start begins to read a partition.
func (c *Consumer) start(x *claim) {
	x.reading = true
	c.t.Go("fetch "+x.tp.String(), func(t *task.T) {
		for !x.stop {
			if err := c.fetch(t, x); err != nil && !x.stop {
				t.Sleep(c.cfg.FetchPause)
			}
		}
		x.reading = false
	})
}

// errFetch says that a broker has refused.
var errFetch = errors.New("zkconsumer: a broker refuses")

// fetch reads some messages, and hands them over.
func (c *Consumer) fetch(t *task.T, x *claim) error {
	if x.next < 0 {
		return c.reset(t, x)
	}
	resp, err := c.f.Ask(t, c.fetchRequest(x))
	if err != nil || x.stop {
		return err
	}
	r, ok := resp.(*kmsg.FetchResponse)
	if !ok || len(r.Topics) != 1 || len(r.Topics[0].Partitions) != 1 {
		return errFetch
	}
	p := r.Topics[0].Partitions[0]
	switch proto.Code(p.ErrorCode) {
	case proto.None:
		return c.hand(x, p.RecordBatches)
	case proto.OffsetOutOfRange:
		x.next = -1
		return nil
	}
	return errFetch
}

func (c *Consumer) fetchRequest(x *claim) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.Version, r.ReplicaID, r.MaxWaitMillis, r.MinBytes, r.MaxBytes = 4, -1, int32(c.cfg.FetchWait.Milliseconds()), 1, c.cfg.FetchBytes
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic = x.tp.Topic
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = x.tp.Partition, x.next, c.cfg.FetchBytes
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return r
}

// hand hands over the records from the next offset on. A batch that is cut off comes whole the next time.
func (c *Consumer) hand(x *claim, p []byte) error {
	var rd record.Reader
	for len(p) > 0 {
		b, rest, err := record.Next(p)
		if errors.Is(err, record.ErrShort) {
			return nil
		}
		if err != nil {
			return err
		}
		p = rest
		if b.NextOffset() <= x.next {
			continue
		}
		if err := b.Check(); err != nil {
			return err
		}
		if b.Control() {
			x.next = b.NextOffset()
			continue
		}
		if err := rd.Reset(b); err != nil {
			return err
		}
		var m record.Record
		for rd.Next(&m) {
			if m.Offset >= x.next {
				x.next = m.Offset + 1
				c.cfg.Handle(Message{x.tp, m.Offset, bytes.Clone(m.Key), bytes.Clone(m.Value)})
			}
		}
		if err := rd.Err(); err != nil {
			return err
		}
		x.next = b.NextOffset()
	}
	return nil
}

// reset finds out where to begin.
func (c *Consumer) reset(t *task.T, x *claim) error {
	r := kmsg.NewPtrListOffsetsRequest()
	r.Version, r.ReplicaID = 1, -1
	rt := kmsg.NewListOffsetsRequestTopic()
	rt.Topic = x.tp.Topic
	rp := kmsg.NewListOffsetsRequestTopicPartition()
	rp.Partition, rp.Timestamp = x.tp.Partition, int64(c.cfg.Reset)-1
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	resp, err := c.f.Ask(t, r)
	if err != nil || x.stop {
		return err
	}
	a, ok := resp.(*kmsg.ListOffsetsResponse)
	if !ok || len(a.Topics) != 1 || len(a.Topics[0].Partitions) != 1 || a.Topics[0].Partitions[0].ErrorCode != 0 {
		return errFetch
	}
	x.next = a.Topics[0].Partitions[0].Offset
	return nil
}
