package scenarios

import (
	"slices"

	"orrery/nodes/kafka/log"
)

// What a log knows of transactions that have ended: where they say its last stable offset is.

// loaded notes from where a log may know its producers that was loaded, or cut.
func (r *kafkaReplica) loaded(l *log.Log) {
	r.top, r.bases = l.EndOffset(), r.bases[:0]
	for _, s := range l.Segments() {
		r.bases = append(r.bases, s.Base)
	}
}

// forgets tells whether the log may have a last stable offset because it knows nothing any more of transactions that have ended: below the high watermark
// that it has had, or below the snapshot of producers with which it was loaded, and which lies where a segment began then. Or because it
// knows of one that began where compaction has left nothing: all of that was taken when its marker was committed, which a loss of power has taken since,
// and the snapshot was made before. It ends when the leader has sent the marker again.
func (r *kafkaReplica) forgets(hw, lso int64) bool {
	return r.copy.void(lso, r.stable(hw)) || slices.ContainsFunc(append([]int64{hw, r.top}, r.bases...), func(below int64) bool {
		return below >= hw && (lso == min(r.stable(below), hw) || r.copy.opensAt(lso, below))
	})
}

// stable is the last stable offset that the log has with a high watermark.
func (r *kafkaReplica) stable(hw int64) int64 {
	if at := r.copy.unstable(hw); at >= 0 && at < hw {
		return at
	}
	return hw
}
