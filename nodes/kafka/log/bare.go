package log

import (
	"iter"
	"math"

	"orrery/nodes/kafka/record"
)

// bare are batches without records for the offsets from one to another of which there is no trace, one for each epoch there. In one whose
// epoch is not known, which lies before the first that is, everything is said to be of epoch 0: that contradicts nothing.
func (l *Log) bare(from, to int64) iter.Seq[record.Batch] {
	return func(yield func(record.Batch) bool) {
		for from < to {
			next := min(to, from+math.MaxInt32)
			for _, e := range l.epochs {
				if e.Start > from {
					next = min(next, e.Start)
					break
				}
			}
			if !yield(record.Empty(from, next, max(l.EpochAt(from), 0))) {
				return
			}
			from = next
		}
	}
}

// bare takes batches without records. A follower gets them where there is no batch from an offset to the end of the log: compaction has emptied the last
// segments but the active one, and that was emptied by a truncation or a loss of power. The follower would be at that offset until the next
// append, and if the ISR is too small for one, for ever.
//
// Kafka answers with nothing, and counts the follower as one that has the log end offset (LocalLog.read, whose last case that is; KAFKA-9065 is
// what it did to coordinators). There the follower joins the ISR with a log that ends before the high watermark, and if it is elected, it gives
// offsets out that consumers have passed already.
func (r *reading) bare(from, to int64) bool {
	for b := range r.l.bare(from, to) {
		if !r.take(b) {
			return false
		}
	}
	return true
}

// epochsBefore takes batches without records where an epoch begins in the gap that compaction has left before a batch: the follower, which
// learns of epochs from batches, would learn a later beginning. Once it leads, it would let a replica keep what that has appended by
// itself in the epoch before, and nobody has committed. Kafka's does.
func (r *reading) epochsBefore(b record.Batch) bool {
	for _, e := range r.l.epochs {
		if e.Start >= b.BaseOffset() {
			break
		}
		if e.Start >= r.next {
			return r.bare(e.Start, b.BaseOffset())
		}
	}
	return true
}
