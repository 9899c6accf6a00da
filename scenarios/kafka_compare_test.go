package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A leader whose log is compacted commits, after a loss that was allowed, places whose records are gone. A replica that was away has them yet.
func TestWhatALeaderHasCompactedAwayAFollowerMayHaveYet(t *testing.T) {
	record := func(value int64) kafkaEntry { return kafkaEntry{present: true, hash: uint64(value), value: value} }
	replica := func(e ...kafkaEntry) *kafkaReplica {
		return &kafkaReplica{copy: kafkaCopy{entries: e, end: int64(len(e))}}
	}
	p := &kafkaPart{compacted: true, committed: []kafkaEntry{record(1), {}, record(3)}}
	away := replica(record(1), record(2), record(3))
	p.compare(away)
	require.EqualValues(t, 3, away.match)

	other := replica(record(1), record(20), record(3))
	p.compare(other)
	require.EqualValues(t, 1, other.match, "of one place there is one record")

	cleaned := replica(record(1), kafkaEntry{}, record(3))
	p.compare(cleaned)
	require.EqualValues(t, 3, cleaned.match)

	kept := &kafkaPart{committed: []kafkaEntry{record(1), {}, record(3)}}
	whole := replica(record(1), record(2), record(3))
	kept.compare(whole)
	require.EqualValues(t, 1, whole.match, "where nothing is compacted, nothing may be missing")
}
