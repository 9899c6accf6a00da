package txn

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// adding is a wish to add partitions to a transaction, or to know whether they are in it.
type adding struct {
	id         string
	pid        int64
	epoch      int16
	partitions []log.TopicPartition
}

// addPartitionsToTxn handles AddPartitionsToTxn: of a producer up to version 3, of a broker from version 4 on, which asks for many
// transactions, and mostly only whether it may append to them (KIP-890).
func (c *Coordinator) addPartitionsToTxn(env nodes.Env, call uint64, q *kmsg.AddPartitionsToTxnRequest) {
	if q.Version < 4 {
		w := adding{id: q.TransactionalID, pid: q.ProducerID, epoch: q.ProducerEpoch}
		for _, t := range q.Topics {
			w.add(t.Topic, t.Partitions)
		}
		c.addKnown(env, reply{call: call, req: q}, q, w)
		return
	}
	resp := q.ResponseKind().(*kmsg.AddPartitionsToTxnResponse)
	if len(q.Transactions) == 0 {
		c.emit(Done{call, resp})
		return
	}
	resp.Transactions = make([]kmsg.AddPartitionsToTxnResponseTransaction, len(q.Transactions))
	c.batches[call] = &batch{left: len(q.Transactions), resp: resp}
	for i, t := range q.Transactions {
		w := adding{id: t.TransactionalID, pid: t.ProducerID, epoch: t.ProducerEpoch}
		for _, topic := range t.Topics {
			w.add(topic.Topic, topic.Partitions)
		}
		r := reply{call: call, req: q, part: i}
		if t.VerifyOnly {
			c.verify(env, r, q, w)
		} else {
			c.addKnown(env, r, q, w)
		}
	}
}

func (w *adding) add(topic string, ps []int32) {
	for _, p := range ps {
		w.partitions = append(w.partitions, log.TopicPartition{Topic: topic, Partition: p})
	}
}

// addKnown adds the partitions if the cluster has all of them, else none.
func (c *Coordinator) addKnown(env nodes.Env, r reply, q *kmsg.AddPartitionsToTxnRequest, w adding) {
	if !slices.ContainsFunc(w.partitions, func(tp log.TopicPartition) bool { return !c.known(tp) }) {
		c.addPartitions(env, r, w)
		return
	}
	c.answerPartitions(r, q, func(tp log.TopicPartition) proto.Code {
		if c.known(tp) {
			return proto.OperationNotAttempted
		}
		return proto.UnknownTopicOrPartition
	})
}

// addOffsets handles AddOffsetsToTxn: the partition of __consumer_offsets that has the group's offsets joins the transaction.
func (c *Coordinator) addOffsets(env nodes.Env, r reply, q *kmsg.AddOffsetsToTxnRequest) {
	w := adding{id: q.TransactionalID, pid: q.ProducerID, epoch: q.ProducerEpoch}
	w.add(OffsetsTopic, []int32{proto.HashOf(q.Group, c.cfg.OffsetsPartitions)})
	c.addPartitions(env, r, w)
}

func (c *Coordinator) addPartitions(env nodes.Env, r reply, w adding) {
	p, m, code := c.mine(w)
	switch {
	case code != proto.None:
	case m.pending != none || m.state == PrepareCommit || m.state == PrepareAbort:
		code = proto.ConcurrentTransactions
	case m.state == Ongoing && !slices.ContainsFunc(w.partitions, func(tp log.TopicPartition) bool { return !m.has(tp) }):
		// all of them are in it already
	default:
		c.write(env, p, appending{m: m, to: m.add(w.partitions, now(env)), why: toAdd, reply: r})
		return
	}
	c.answer(r, code)
}

// mine finds the transactional id of a producer, which must be its present one.
func (c *Coordinator) mine(w adding) (*partition, *metadata, proto.Code) {
	if w.id == "" {
		return nil, nil, proto.InvalidRequest
	}
	p, m, code := c.find(w.id)
	switch {
	case code != proto.None:
	case m == nil || m.pid != w.pid:
		code = proto.InvalidProducerIDMapping
	case m.epoch != w.epoch || w.epoch == maxEpoch:
		code = proto.ProducerFenced
	}
	return p, m, code
}

// verify tells a broker whether partitions are in the transaction, so that an append which comes after the marker opens none that
// nobody will end (KAFKA-14402). A pending state does not matter: the append is held against the log once more.
func (c *Coordinator) verify(env nodes.Env, r reply, q *kmsg.AddPartitionsToTxnRequest, w adding) {
	_, m, code := c.mine(w)
	if code == proto.None && (m.state == PrepareCommit || m.state == PrepareAbort) {
		code = proto.ConcurrentTransactions
	}
	if c.cfg.Quirks.NoVerify {
		code = proto.None
	}
	c.answerPartitions(r, q, func(tp log.TopicPartition) proto.Code {
		if code != proto.None || c.cfg.Quirks.NoVerify {
			return code
		}
		in := m.has(tp)
		nodes.Sometimes(env, !in, "kafka/txn: an append is verified to a partition that is not in the transaction")
		if !in {
			return proto.InvalidTxnState
		}
		return proto.None
	})
}
