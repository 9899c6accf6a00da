package txn

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// reply is a request that waits for its answer. The zero reply is that of nobody: the coordinator itself wanted something.
type reply struct {
	call uint64
	req  kmsg.Request
	part int // of an AddPartitionsToTxn with many transactions
}

// batch is the answer to an AddPartitionsToTxn with many transactions, until all of them have theirs.
type batch struct {
	left int
	resp *kmsg.AddPartitionsToTxnResponse
}

// fenced is how a request of a version is told that its producer is fenced: PRODUCER_FENCED since KIP-588, which clients survive.
func fenced(code proto.Code, version, since int16) int16 {
	if code == proto.ProducerFenced && version < since {
		code = proto.InvalidProducerEpoch
	}
	return int16(code)
}

// answer answers a request with a code, or with success.
func (c *Coordinator) answer(r reply, code proto.Code) {
	c.answerID(r, code, record.NoProducerID, record.NoProducerEpoch)
}

// answerID is answer for InitProducerId too, which has a producer id and an epoch to tell.
func (c *Coordinator) answerID(r reply, code proto.Code, pid int64, epoch int16) {
	if r.req == nil {
		return
	}
	resp := r.req.ResponseKind()
	switch q := r.req.(type) {
	case *kmsg.InitProducerIDRequest:
		a := resp.(*kmsg.InitProducerIDResponse)
		a.ErrorCode, a.ProducerID, a.ProducerEpoch = fenced(code, q.Version, 4), pid, epoch
	case *kmsg.AddOffsetsToTxnRequest:
		resp.(*kmsg.AddOffsetsToTxnResponse).ErrorCode = fenced(code, q.Version, 2)
	case *kmsg.EndTxnRequest:
		resp.(*kmsg.EndTxnResponse).ErrorCode = fenced(code, q.Version, 2)
	case *kmsg.AddPartitionsToTxnRequest:
		c.answerPartitions(r, q, func(log.TopicPartition) proto.Code { return code })
		return
	}
	c.emit(Done{r.call, resp})
}

// answerPartitions answers an AddPartitionsToTxn, or one transaction of it, partition by partition.
func (c *Coordinator) answerPartitions(r reply, q *kmsg.AddPartitionsToTxnRequest, code func(log.TopicPartition) proto.Code) {
	if q.Version < 4 {
		resp := q.ResponseKind().(*kmsg.AddPartitionsToTxnResponse)
		for _, t := range q.Topics {
			topic := kmsg.NewAddPartitionsToTxnResponseTopic()
			topic.Topic = t.Topic
			for _, p := range t.Partitions {
				part := kmsg.NewAddPartitionsToTxnResponseTopicPartition()
				part.Partition, part.ErrorCode = p, fenced(code(log.TopicPartition{Topic: t.Topic, Partition: p}), q.Version, 2)
				topic.Partitions = append(topic.Partitions, part)
			}
			resp.Topics = append(resp.Topics, topic)
		}
		c.emit(Done{r.call, resp})
		return
	}
	b := c.batches[r.call]
	if b == nil {
		return
	}
	t := q.Transactions[r.part]
	a := kmsg.NewAddPartitionsToTxnResponseTransaction()
	a.TransactionalID = t.TransactionalID
	for _, t := range t.Topics {
		topic := kmsg.NewAddPartitionsToTxnResponseTransactionTopic()
		topic.Topic = t.Topic
		for _, p := range t.Partitions {
			part := kmsg.NewAddPartitionsToTxnResponseTransactionTopicPartition()
			part.Partition, part.ErrorCode = p, int16(code(log.TopicPartition{Topic: t.Topic, Partition: p}))
			topic.Partitions = append(topic.Partitions, part)
		}
		a.Topics = append(a.Topics, topic)
	}
	b.resp.Transactions[r.part] = a
	if b.left--; b.left == 0 {
		delete(c.batches, r.call)
		c.emit(Done{r.call, b.resp})
	}
}
