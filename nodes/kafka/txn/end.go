package txn

import (
	"math"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// maxEpoch is the last epoch there is. No producer is ever given it.
const maxEpoch = math.MaxInt16

// ending is a wish to end a transaction: of its producer, or of the coordinator, to fence it.
type ending struct {
	id     string
	pid    int64
	epoch  int16
	commit bool
	client bool
}

// end handles EndTxn. The client is answered when the verdict is committed; the markers follow.
func (c *Coordinator) end(env nodes.Env, r reply, e ending) {
	if e.id == "" {
		c.answer(r, proto.InvalidRequest)
		return
	}
	p, m, code := c.find(e.id)
	if code == proto.None {
		code = c.mayEnd(m, e)
	}
	if code != proto.None {
		c.answer(r, code)
		return
	}
	switch m.state {
	case Ongoing:
		why := toDecide
		if m.pending == PrepareEpochFence {
			m.pending, m.epoch, m.lastEpoch = none, e.epoch, record.NoProducerEpoch
			why = toFence
		}
		c.write(env, p, appending{m: m, to: m.verdict(e.commit, now(env)), why: why, reply: r})
	case CompleteCommit, CompleteAbort:
		if e.commit != (m.state == CompleteCommit) {
			c.answer(r, proto.InvalidTxnState)
			return
		}
		nodes.Reachable(env, "kafka/txn: EndTxn is repeated")
		c.answer(r, proto.None)
	case PrepareCommit, PrepareAbort:
		if e.commit != (m.state == PrepareCommit) {
			c.answer(r, proto.InvalidTxnState)
			return
		}
		c.answer(r, proto.ConcurrentTransactions)
	default:
		c.answer(r, proto.InvalidTxnState)
	}
}

// mayEnd tells why a transaction may not be ended by this producer, or not now. The epoch of a client must be the present one, for
// only the coordinator raises it (KAFKA-9600).
func (c *Coordinator) mayEnd(m *metadata, e ending) proto.Code {
	switch {
	case m == nil || m.pid != e.pid:
		return proto.InvalidProducerIDMapping
	case e.epoch < m.epoch, e.client && e.epoch != m.epoch && !c.cfg.Quirks.EndHigherEpoch:
		return proto.ProducerFenced
	case m.pending != none && (m.pending != PrepareEpochFence || e.client):
		return proto.ConcurrentTransactions
	}
	return proto.None
}

// decided tells the verdict, and begins to write the markers.
func (c *Coordinator) decided(env nodes.Env, a *appending, code proto.Code) {
	if code != proto.None {
		if a.why == toFence {
			nodes.Reachable(env, "kafka/txn: a fence could not be written")
			a.m.failedFence = true
		}
		c.answer(a.reply, code)
		return
	}
	c.note(env, "decides %s for producer %d of %s in epoch %d", a.to.state, a.to.pid, a.m.id, a.to.epoch)
	if a.why == toFence {
		code = proto.ConcurrentTransactions // a new producer asks again when the markers are written
	}
	c.answer(a.reply, code)
	c.complete(env, c.partitions[a.p], a.m)
}
