package txn

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// owner is the producer id and epoch that an InitProducerId of version 3 says it has (KIP-360).
type owner struct {
	pid   int64
	epoch int16
	given bool
}

// initProducerID handles InitProducerId: a fresh producer id for an idempotent producer; for a transactional id the next epoch of the
// one it has, after the transaction of whoever had it before is aborted.
func (c *Coordinator) initProducerID(env nodes.Env, r reply) {
	q := r.req.(*kmsg.InitProducerIDRequest)
	own := owner{q.ProducerID, q.ProducerEpoch, q.Version >= 3 && q.ProducerID != record.NoProducerID}
	switch {
	case q.Version >= 3 && (q.ProducerID == record.NoProducerID) != (q.ProducerEpoch == record.NoProducerEpoch):
		c.answer(r, proto.InvalidRequest)
	case q.TransactionalID == nil:
		if pid, ok := c.take(); ok {
			c.answerID(r, proto.None, pid, 0)
			return
		}
		c.ids.waiting = append(c.ids.waiting, r)
	case *q.TransactionalID == "":
		c.answer(r, proto.InvalidRequest)
	case q.TransactionTimeoutMillis <= 0 || int64(q.TransactionTimeoutMillis) > c.cfg.MaxTimeout.Milliseconds():
		c.answer(r, proto.InvalidTransactionTimeout)
	default:
		c.initTransactional(env, r, *q.TransactionalID, q.TransactionTimeoutMillis, own)
	}
}

func (c *Coordinator) initTransactional(env nodes.Env, r reply, id string, timeout int32, own owner) {
	p, m, code := c.find(id)
	if code != proto.None {
		c.answer(r, code)
		return
	}
	if m == nil {
		pid, ok := c.take()
		if !ok {
			c.ids.waiting = append(c.ids.waiting, r)
			return
		}
		id = strings.Clone(id)
		m = &metadata{
			id: id, pid: pid, lastPID: record.NoProducerID, epoch: record.NoProducerEpoch, lastEpoch: record.NoProducerEpoch,
			timeout: timeout, pending: none, start: -1, update: now(env),
		}
		p.ids[id] = m
	}
	if m.pending != none {
		c.answer(r, proto.ConcurrentTransactions)
		return
	}
	if own.given && !m.mayBe(own) {
		nodes.Reachable(env, "kafka/txn: a producer asks for a new epoch and has been fenced")
		c.answer(r, proto.ProducerFenced)
		return
	}
	switch m.state {
	case PrepareCommit, PrepareAbort:
		c.answer(r, proto.ConcurrentTransactions)
	case Ongoing:
		c.fence(env, m, r)
	default:
		c.nextEpoch(env, p, m, r, timeout, own)
	}
}

// mayBe tells whether a producer that says what it has may still be the owner of the id: it has the producer id; or had it until the
// epochs were used up, and has not heard of the new one. While a transaction is open it must be the one that
// opened it. (Kafka compares only the producer id then, and a fenced producer aborts the transaction of its successor.)
func (m *metadata) mayBe(own owner) bool {
	if m.state == Ongoing {
		return own.pid == m.pid && own.epoch == m.epoch
	}
	return m.epoch == record.NoProducerEpoch || own.pid == m.pid || own.pid == m.lastPID && exhausted(own.epoch)
}

// nextEpoch gives the id a new epoch, or a new producer id if there is none.
func (c *Coordinator) nextEpoch(env nodes.Env, p *partition, m *metadata, r reply, timeout int32, own owner) {
	if exhausted(m.epoch) && (!own.given || own.epoch == m.epoch) {
		pid, ok := c.take()
		if !ok {
			c.ids.waiting = append(c.ids.waiting, r)
			return
		}
		nodes.Reachable(env, "kafka/txn: the epochs of a producer id are used up")
		c.write(env, p, appending{m: m, to: m.rotate(pid, own.given, timeout, now(env)), why: toInit, reply: r})
		return
	}
	expected := record.NoProducerEpoch
	if own.given {
		expected = own.epoch
	}
	to, code := m.bump(expected, timeout, now(env))
	if code != proto.None {
		c.answer(r, code)
		return
	}
	nodes.Sometimes(env, own.given && to.epoch == m.epoch, "kafka/txn: InitProducerId is tried again")
	c.write(env, p, appending{m: m, to: to, why: toInit, reply: r})
}

// fence aborts the open transaction of an id with an epoch that its producer does not have. Whoever asked is told to try again.
func (c *Coordinator) fence(env nodes.Env, m *metadata, r reply) {
	if m.epoch == maxEpoch && (!m.failedFence || c.cfg.Quirks.FenceBumpsEachTime) {
		nodes.Unreachable(env, "kafka/txn: fencing has used up the epochs")
		c.answer(r, proto.UnknownServerError)
		return
	}
	t := m.fence(c.cfg.Quirks.FenceBumpsEachTime)
	c.note(env, "fences the producer of %s: epoch %d", m.id, t.epoch)
	c.end(env, r, ending{id: m.id, pid: t.pid, epoch: t.epoch})
}
