package kafkainterop

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What partitions have been written and read with is given back: a broker's memory does not grow with how many there are.
func TestABrokersMemoryDoesNotGrowWithThePartitionsThatWereUsed(t *testing.T) {
	c := start(t, 1, "")
	const partitions, each = 100, 12
	c.topic("used", partitions, 1, nil)
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.ZstdCompression(), kgo.GzipCompression()} {
		cl := c.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(codec))
		value := bytes.Repeat([]byte("abcdefgh"), 12_000)
		for p := range int32(partitions) {
			var records []*kgo.Record
			for range each {
				records = append(records, &kgo.Record{Topic: "used", Partition: p, Value: value})
			}
			require.NoError(t, cl.ProduceSync(soon(t), records...).FirstErr())
		}
		cl.Close()
	}
	reader := c.client(kgo.ConsumeTopics("used"), kgo.FetchMaxPartitionBytes(1<<20), kgo.FetchMaxBytes(4<<20))
	read(t, reader, 3*partitions*each)
	reader.Close()
	time.Sleep(time.Second)
	mib := c.brokers[0].Resident() >> 20
	t.Logf("%d MiB", mib)
	require.Less(t, mib, int64(200))
}
