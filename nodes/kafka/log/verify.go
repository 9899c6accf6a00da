package log

import (
	"time"

	"orrery/nodes/kafka/record"
)

// Guard stands for one verification of a transaction with its coordinator (KIP-890). 0 is none.
type Guard uint64

// verification is one that is under way or has ended well, before the transaction's first append.
type verification struct {
	guard Guard
	seq   int32 // the lowest that was asked for
	epoch int16
	at    time.Time
}

// Verify begins to verify that a producer's transaction is open, and returns the guard to append under when the
// coordinator has said so. It returns 0 if no verification is needed: the log knows the transaction. A marker makes the guard void:
// the transaction that was verified has ended (KAFKA-14884).
func (l *Log) Verify(now time.Time, id int64, epoch int16, seq int32) Guard {
	s := l.prod
	if p := s.by[id]; !l.cfg.VerifyNewTxns || p != nil && p.txnFirst != noOffset {
		return 0
	}
	v := s.verify[id]
	if v == nil || v.epoch != epoch {
		s.guards++
		v = &verification{guard: Guard(s.guards), seq: seq, epoch: epoch, at: now}
		s.verify[id] = v
	}
	v.seq = min(v.seq, seq)
	return v.guard
}

// checkVerified refuses a batch that would begin a transaction without having been verified, or not with the lowest
// sequence that was (KAFKA-14920).
func (l *Log) checkVerified(p *producer, b record.Batch, g Guard) error {
	q := l.m.opt.Quirks
	if !l.cfg.VerifyNewTxns || q.NoVerify || !b.Transactional() || p.txnFirst != noOffset {
		return nil
	}
	v := l.prod.verify[p.id]
	switch {
	case q.VerifyWithoutGuard && g != 0:
		return nil
	case v == nil || g == 0 || v.guard != g:
		return refuse(record.InvalidTxnState, "the transaction of producer %d was not verified", p.id)
	case p.epoch == record.NoProducerEpoch && b.BaseSequence() > v.seq:
		return refuse(record.OutOfOrderSequenceNumber, "producer %d begins with sequence %d, but %d is on its way", p.id, b.BaseSequence(), v.seq)
	}
	return nil
}
