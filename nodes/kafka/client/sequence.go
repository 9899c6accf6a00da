package client

import (
	"math"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
)

// number sees to it that an idempotent producer has an id, and bumps its epoch where a partition needs that.
func (p *Producer) number(t *task.T) error {
	if p.config.Weak {
		return nil
	}
	if p.id != record.NoProducerID {
		for _, q := range p.parts {
			if q.renumber && q.onWire == 0 && p.config.TransactionalID == "" {
				if err := p.bump(t); err != nil {
					return err
				}
				break
			}
		}
	}
	if p.id != record.NoProducerID || p.config.TransactionalID != "" {
		return nil
	}
	return p.initID(t, false)
}

// bump begins a new epoch of an idempotent producer, which is nobody's business but its own (KIP-360).
func (p *Producer) bump(t *task.T) error {
	if p.cluster.config.Told || p.epoch == math.MaxInt16 {
		p.id = record.NoProducerID
		if err := p.initID(t, false); err != nil {
			return err
		}
	} else {
		p.epoch++
	}
	note(t, "goes on as producer %d in epoch %d", p.id, p.epoch)
	nodes.Reachable(t.Env(), "kafka/client: an idempotent producer begins a new epoch (KIP-360)")
	for _, q := range p.parts {
		if q.renumber && q.onWire == 0 {
			p.restart(q)
		}
	}
	return nil
}

// restart begins a partition's numbers at 0, in the present epoch. What was to be sent again is numbered anew.
func (p *Producer) restart(q *part) {
	first := int32(0)
	if q.id == record.NoProducerID && !q.begun {
		first = p.config.FirstSequence
	}
	q.id, q.epoch, q.next, q.acked = p.id, p.epoch, first, first-1
	q.unresolved, q.renumber = false, false
	for _, b := range q.queue {
		b.numbered = false
	}
}

// settle finds out, when nothing of a partition is on its way, whether the log has what was given up.
func (p *Producer) settle(q *part) {
	if !q.unresolved || q.onWire > 0 || q.numbered() > 0 {
		return
	}
	q.unresolved = false
	if record.AddSequence(q.acked, 1) != q.next {
		q.renumber = true
	}
}

// assign gives a batch its numbers, where it has none.
func (p *Producer) assign(q *part, b *batch) {
	if p.config.Weak || b.numbered {
		return
	}
	if (q.id != p.id || q.epoch != p.epoch) && q.onWire == 0 {
		idle := q.id == p.id && p.cluster.config.Quirks.KeepIdleSequences
		next := q.next
		p.restart(q)
		if idle {
			q.next = next
		}
	}
	n := int32(len(b.records))
	b.numbered, b.id, b.epoch, b.sequence = true, q.id, q.epoch, q.next
	q.begun = true
	if p.config.Numbered != nil {
		p.config.Numbered(q.tp, b.id, b.epoch, b.sequence, n)
	}
	if p.cluster.config.Quirks.WrapBadly {
		q.next += n
	} else {
		q.next = record.AddSequence(q.next, n)
	}
}

// outOfSequence decides about a batch whose number the broker did not expect, or whose producer it does not know. It
// returns whether the batch is to be sent again: as it is, if an earlier one comes first; or, in an epoch of its
// own, since the log has lost what came before it.
func (p *Producer) outOfSequence(t *task.T, q *part, b *batch, a answer) bool {
	current := b.id == q.id && b.epoch == q.epoch
	switch a.code {
	case proto.OutOfOrderSequenceNumber:
		first := q.acked < 0 && b.sequence == 0 || q.acked >= 0 && b.sequence == record.AddSequence(q.acked, 1)
		if current && !q.unresolved && !first {
			return true // the one before it has failed too, and is sent first
		}
		if b.maybe {
			// This log lacks what was acknowledged before: it may be that of a leader that is none, and another log may have the batch.
			// Under a new epoch nobody would know it again; Java's client sends it all the same, and may write it twice.
			nodes.Reachable(t.Env(), "kafka/client: a batch that may be in another log is not sent under a new epoch")
			return false
		}
	case proto.UnknownProducerID:
	default:
		return false
	}
	if p.config.TransactionalID != "" {
		return false // the transaction must be aborted
	}
	q.renumber = q.renumber || current
	return true
}

// fenced deals with an epoch that is over: another instance has begun a later one.
func (p *Producer) fenced(t *task.T, q *part, b *batch) {
	if p.cluster.config.Quirks.RetryAfterFence {
		if p.initID(t, true) == nil {
			b.numbered, q.id = false, record.NoProducerID
			p.retry(t, q, b, ErrFenced)
			return
		}
	}
	note(t, "is fenced: epoch %d of producer %d is over", p.epoch, p.id)
	p.fatal = ErrFenced
	p.lose(t, q, b, ErrFenced)
}

// initID asks for a producer id; as a transactional producer, of the coordinator. renew throws away the present one.
func (p *Producer) initID(t *task.T, renew bool) error {
	r := kmsg.NewPtrInitProducerIDRequest()
	r.ProducerID, r.ProducerEpoch = -1, -1
	r.TransactionTimeoutMillis = millis(p.config.TransactionTimeout)
	if p.id != record.NoProducerID && !renew {
		r.ProducerID, r.ProducerEpoch = p.id, p.epoch
	}
	var resp kmsg.Response
	var err error
	if txid := p.config.TransactionalID; txid != "" {
		r.TransactionalID = kmsg.StringPtr(txid)
		resp, err = p.cluster.coordinated(t, ofTransaction, txid, r, func(resp kmsg.Response) int16 {
			return resp.(*kmsg.InitProducerIDResponse).ErrorCode
		})
	} else {
		resp, err = p.cluster.Any(t, r, 0)
	}
	if err != nil {
		return err
	}
	got := resp.(*kmsg.InitProducerIDResponse)
	if got.ErrorCode != 0 {
		return codeError(got.ErrorCode)
	}
	p.id, p.epoch = got.ProducerID, got.ProducerEpoch
	return nil
}
