package kafkainterop

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// soon is a context that is over before the test has to be.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// write produces the values to the topic, synchronously, keyed by themselves.
func write(t testing.TB, cl *kgo.Client, topic string, values ...string) {
	t.Helper()
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Key: []byte(v), Value: []byte(v)})
	}
	require.NoError(t, cl.ProduceSync(soon(t), records...).FirstErr())
}

// read polls until it has n records.
func read(t testing.TB, cl *kgo.Client, n int) []*kgo.Record {
	t.Helper()
	var all []*kgo.Record
	for ctx := soon(t); len(all) < n; {
		f := cl.PollFetches(ctx)
		require.NoError(t, f.Err0(), "after %d of %d records", len(all), n)
		f.EachError(func(topic string, p int32, err error) { t.Fatalf("%s-%d: %v", topic, p, err) })
		all = append(all, f.Records()...)
	}
	return all
}

// numbers are the texts of n numbers from first on.
func numbers(first, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(first+i))
	}
	return all
}

// Each codec and each kind of acknowledgement: what comes back is what was sent, in its order.
func TestWhatFranzGoWritesItReads(t *testing.T) {
	c := start(t, 3, "")
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	acks := map[string]kgo.Acks{"all": kgo.AllISRAcks(), "leader": kgo.LeaderAck(), "none": kgo.NoAck()}
	for codec, compression := range codecs {
		for name, a := range acks {
			t.Run(codec+"/"+name, func(t *testing.T) {
				c := c.in(t)
				topic := codec + "-" + name
				c.topic(topic, 1, 3, nil)
				opts := []kgo.Opt{kgo.ProducerBatchCompression(compression), kgo.RequiredAcks(a), kgo.DefaultProduceTopic(topic)}
				if name != "all" {
					opts = append(opts, kgo.DisableIdempotentWrite())
				}
				cl := c.client(opts...)
				want := numbers(0, 2_000)
				for first := 0; first < len(want); first += 500 {
					write(t, cl, topic, want[first:first+500]...)
				}
				require.NoError(t, cl.Flush(soon(t)))
				got := read(t, c.client(kgo.ConsumeTopics(topic)), len(want))
				for i, r := range got {
					require.Equal(t, want[i], string(r.Value))
					require.Equal(t, want[i], string(r.Key))
					require.EqualValues(t, i, r.Offset)
				}
			})
		}
	}
}
