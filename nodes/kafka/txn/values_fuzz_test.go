package txn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
)

// FuzzJournalRecordsAreReadOrRefused reads any bytes as a record of __transaction_state, and what it can read it can write.
func FuzzJournalRecordsAreReadOrRefused(f *testing.F) {
	f.Add(encodeKey("t"), encodeValue(transit{
		state: Ongoing, pid: 1000, epoch: 3, timeout: 60_000, start: 5, update: 7,
		partitions: []log.TopicPartition{{Topic: "a", Partition: 0}, {Topic: "a", Partition: 2}, {Topic: "b", Partition: 1}},
	}))
	f.Add(encodeKey(""), []byte(nil))
	f.Add([]byte{0, 1}, []byte{0, 2})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		id, m, err := decode(key, value)
		if err != nil || m == nil {
			return
		}
		_, again, err := decode(encodeKey(id), encodeValue(m.next(m.state)))
		require.NoError(t, err)
		if m.state == Empty {
			m.partitions = nil // an Empty one has none
		}
		require.Equal(t, m, again)
	})
}
