package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A log is loaded with a snapshot of producers from where a segment began. Of two transactions that have ended behind the high watermark that a start
// finds, it knows nothing of the one whose marker the snapshot was made behind.
func TestALogForgetsTransactionsThatEndedBelowItsSnapshot(t *testing.T) {
	of := func(pid int64) kafkaEntry { return kafkaEntry{present: true, txn: true, pid: pid} }
	end := func(pid int64) kafkaEntry { return kafkaEntry{present: true, txn: true, control: true, pid: pid} }
	r := &kafkaReplica{copy: kafkaCopy{entries: []kafkaEntry{of(1), of(2), end(1), end(2), of(3)}, end: 5, txns: true}, top: 5, bases: []int64{0, 3}}
	const hw = 2
	require.EqualValues(t, 0, r.stable(hw), "with both of them")
	for lso, may := range []bool{true, true, true} {
		require.Equal(t, may, r.forgets(hw, int64(lso)), "%d: with none forgotten, the first, both", lso)
	}
	r.bases = []int64{0}
	require.False(t, r.forgets(hw, 1), "no segment began between the markers")
	r.bases = []int64{0, 3}
	require.False(t, r.forgets(hw, 3), "nobody forgets one that is open")
	require.False(t, r.forgets(4, 0), "both have ended below the high watermark")
}
