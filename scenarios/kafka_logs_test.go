package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATransactionMayHaveBegunWithWhatCompactionHasTaken(t *testing.T) {
	gone := kafkaEntry{}
	plain := kafkaEntry{present: true, pid: -1}
	of := func(pid int64) kafkaEntry { return kafkaEntry{present: true, txn: true, pid: pid} }
	end := func(pid int64) kafkaEntry { return kafkaEntry{present: true, txn: true, control: true, pid: pid} }
	for _, c := range []struct {
		what   string
		log    []kafkaEntry // from offset 10
		at, hw int64
		opens  bool
	}{
		{"where it stands", []kafkaEntry{plain, of(1), end(1)}, 11, 12, true},
		{"before, with nothing between", []kafkaEntry{plain, gone, gone, of(1), end(1)}, 11, 14, true},
		{"at the high watermark, where its marker is behind it", []kafkaEntry{plain, gone, of(1), end(1)}, 11, 12, true},
		{"before what others have written", []kafkaEntry{gone, plain, of(2), of(1), end(2), end(1)}, 10, 15, true},
		{"as the second of those that are open", []kafkaEntry{gone, plain, of(2), of(1), end(1), end(2)}, 10, 13, true},
		{"before the marker of the one before it", []kafkaEntry{of(1), gone, end(1), of(1), end(1)}, 11, 14, false},
		{"where another one's record stands", []kafkaEntry{plain, of(2), of(1), end(2), end(1)}, 10, 14, false},
		{"before a batch that compaction has left empty", []kafkaEntry{gone, {txn: true, pid: 2}, of(1), end(2), end(1)}, 10, 14, true},
		{"behind its first record", []kafkaEntry{of(1), gone, of(1), end(1)}, 11, 13, false},
		{"when it is over", []kafkaEntry{gone, of(1), end(1)}, 10, 13, false},
		{"below the log start", []kafkaEntry{of(1), end(1)}, 9, 11, false},
	} {
		log := &kafkaCopy{entries: c.log, first: 10, end: 10 + int64(len(c.log)), txns: true}
		require.Equal(t, c.opens, log.opensAt(c.at, c.hw), c.what)
	}
}

func TestWhereCompactionHasLeftNothingNothingIsRead(t *testing.T) {
	gone, record := kafkaEntry{}, kafkaEntry{present: true}
	log := &kafkaCopy{entries: []kafkaEntry{record, gone, {txn: true}, record, gone}, first: 10, end: 15} // at 12 the batch alone is left
	require.True(t, log.void(11, 13))
	require.True(t, log.void(14, 15))
	require.False(t, log.void(11, 14), "13 is there")
	require.False(t, log.void(10, 11))
	require.False(t, log.void(9, 10), "of what lies below the log start nothing is known")
	require.False(t, log.void(11, 11), "there is nothing between")
}
