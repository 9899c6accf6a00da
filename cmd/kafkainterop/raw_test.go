package kafkainterop

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// batch is a record batch with n records without keys.
func batch(pid int64, epoch int16, sequence int32, n int) []byte {
	var records []byte
	for i := range n {
		r := kmsg.Record{OffsetDelta: int32(i), Value: []byte("raw")}
		r.Length = int32(len(r.AppendTo(nil)) - 1)
		records = r.AppendTo(records)
	}
	b := kmsg.RecordBatch{Length: int32(49 + len(records)), PartitionLeaderEpoch: -1, Magic: 2, LastOffsetDelta: int32(n - 1),
		ProducerID: pid, ProducerEpoch: epoch, FirstSequence: sequence, NumRecords: int32(n), Records: records}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

// leader is who leads the topic's first partition.
func (c *cluster) leader(topic string) *server {
	topics, err := c.admin().ListTopics(soon(c), topic)
	require.NoError(c, err)
	return c.brokers[topics[topic].Partitions[0].Leader-1]
}

// produceRaw sends bytes as a batch to who leads the topic's first partition.
func produceRaw(t testing.TB, c *cluster, topic string, raw []byte) kmsg.ProduceResponseTopicPartition {
	answer, err := c.client().Broker(int(c.leader(topic).id)).Request(soon(t), produceOf(topic, raw))
	require.NoError(t, err)
	return answer.(*kmsg.ProduceResponse).Topics[0].Partitions[0]
}
