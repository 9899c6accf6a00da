package partition

import (
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/replica/isr"
)

// Log is what can be asked of a replica's log: EndOffset, LatestEpoch, and EndOffsetFor, where an epoch ends.
type Log = isr.Log

// Verdict is what a leader does with a record of a producer.
type Verdict uint8

// The verdicts.
const (
	Append     Verdict = iota // it is new
	Duplicate                 // it is in the log already: acknowledge it, and append nothing
	Fenced                    // a later instance of the producer has written: refuse
	OutOfOrder                // one before it is missing: refuse, for it will be sent again
)

// Rules are what the lessons are about.
type Rules interface {
	// Cut says where a broker that begins to follow a leader cuts its log. leader is nil at first; if ask is true the broker asks the leader
	// where the latest epoch of its own log ends there, and Cut is called again with the answer.
	Cut(log Log, hw int64, leader *EpochEnd) (to int64, ask bool)
	// Acknowledges tells whether a leader tells a producer now that the record at an offset is safe. It is asked when the leader has the record
	// on its disk, and again whenever the high watermark or the ISR has changed.
	Acknowledges(offset, hw int64, inSync int) bool
	// Accepts tells whether a leader takes a record at all while so many replicas are in sync, itself among them.
	Accepts(inSync int) bool
	// Elects is asked by the controller when the leader is gone: who is next? isr is who is in sync, as far as the controller was told, alive
	// is who is alive; both are in the order of preference.
	Elects(isr, alive []nodes.ID) (leader nodes.ID, ok bool)
	// Judge is asked by a leader for each record: last is the stamp of the latest record of that producer in its log. any is false if
	// there is none.
	Judge(last Stamp, any bool, next Stamp) Verdict
}

// Standard are the rules of Kafka with acks=all, min.insync.replicas=2, unclean.leader.election.enable=false and idempotent producers.
type Standard struct{}

// Cut implements Rules by the rule of KIP-101 and KIP-279.
func (Standard) Cut(log Log, hw int64, leader *EpochEnd) (to int64, ask bool) {
	if leader == nil {
		return 0, log.LatestEpoch() != isr.Unknown
	}
	return isr.AfterAnswer(isr.Quirks{}, log, hw, isr.EpochEnd(*leader))
}

// Acknowledges implements Rules: what is below the high watermark is on all replicas that are in sync.
func (Standard) Acknowledges(offset, hw int64, _ int) bool { return offset < hw }

// Accepts implements Rules.
func (Standard) Accepts(inSync int) bool { return inSync >= 2 }

// Elects implements Rules: only who is in sync can lead.
func (Standard) Elects(isr, alive []nodes.ID) (leader nodes.ID, ok bool) {
	i := slices.IndexFunc(isr, func(id nodes.ID) bool { return slices.Contains(alive, id) })
	if i < 0 {
		return "", false
	}
	return isr[i], true
}

// Judge implements Rules.
func (Standard) Judge(last Stamp, any bool, next Stamp) Verdict {
	switch {
	case any && next.Epoch < last.Epoch:
		return Fenced
	case !any || next.Epoch > last.Epoch:
		last.Seq = -1
	}
	switch {
	case next.Seq <= last.Seq:
		return Duplicate
	case next.Seq > last.Seq+1:
		return OutOfOrder
	}
	return Append
}
