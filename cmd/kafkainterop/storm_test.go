package kafkainterop

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// stormPartitions is how many partitions the storm's topic has; each is written by one producer alone.
const stormPartitions = 4

// chain is what one producer writes to one partition: numbers that count up.
type chain struct {
	partition int32
	next      uint64
	mu        sync.Mutex
	acked     map[uint64]int64 // the offset of each number that was acknowledged
	unknown   map[string]int   // how many there are of which nobody has said what became of them, by what was said
}

// write produces records of this partition until over, and waits for what is on its way.
func (w *chain) write(c *cluster, over *atomic.Bool) {
	for !over.Load() && !c.Failed() {
		cl := c.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DefaultProduceTopic("storm"), kgo.RecordRetries(1_000_000),
			kgo.RecordDeliveryTimeout(5*time.Minute), kgo.RetryTimeout(time.Minute), kgo.RequestTimeoutOverhead(5*time.Second),
			kgo.ProduceRequestTimeout(5*time.Second), kgo.MaxBufferedRecords(2_000), kgo.ProducerLinger(2*time.Millisecond),
			kgo.StopProducerOnDataLossDetected())
		var broken atomic.Bool
		for !over.Load() && !broken.Load() {
			n := w.next
			w.next++
			value := binary.BigEndian.AppendUint64(make([]byte, 0, 100), n)
			cl.Produce(c.Context(), &kgo.Record{Partition: w.partition, Value: append(value, make([]byte, 92)...)}, func(r *kgo.Record, err error) {
				w.mu.Lock()
				defer w.mu.Unlock()
				if err != nil {
					w.unknown[err.Error()]++
					broken.Store(true)
					return
				}
				w.acked[n] = r.Offset
			})
			time.Sleep(time.Duration(rand.IntN(2_000)) * time.Microsecond)
		}
		ctx, cancel := context.WithTimeout(c.Context(), 6*time.Minute)
		if err := cl.Flush(ctx); err != nil {
			c.Errorf("partition %d: what is on its way does not arrive: %v", w.partition, err)
		}
		cancel()
		cl.Close()
	}
}

// check holds what a partition has against what was acknowledged.
func (w *chain) check(t *testing.T, records []*kgo.Record) {
	seen := map[uint64]int64{}
	last := int64(-1)
	for _, r := range records {
		n := binary.BigEndian.Uint64(r.Value)
		if at, twice := seen[n]; twice {
			t.Errorf("partition %d: %d is at offset %d and at %d", w.partition, n, at, r.Offset)
		}
		seen[n] = r.Offset
		if int64(n) < last {
			t.Errorf("partition %d: %d is behind %d", w.partition, n, last)
		}
		last = int64(n)
		if n >= w.next {
			t.Errorf("partition %d: nobody has written %d", w.partition, n)
		}
	}
	for n, offset := range w.acked {
		at, ok := seen[n]
		if !ok {
			t.Errorf("partition %d: %d was acknowledged, and is lost", w.partition, n)
		} else if at != offset {
			t.Errorf("partition %d: %d was acknowledged at offset %d, and is at %d", w.partition, n, offset, at)
		}
	}
}

// storm is how long it blows.
func storm(t *testing.T) time.Duration {
	text := os.Getenv("KAFKAINTEROP_STORM")
	if text == "" {
		return 45 * time.Second
	}
	d, err := time.ParseDuration(text)
	require.NoError(t, err)
	return d
}

// Brokers are killed by SIGKILL and come back, one after the other, and the ZooKeeper server now and then, while
// idempotent producers write with acks=all: nothing acknowledged is lost, nothing is there twice, the order is kept, and each record
// is at the offset that was said. KAFKAINTEROP_STORM=10m is for how long.
func TestAStormOfSIGKILLsLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	c := start(t, 3, "min.insync.replicas=2\nzookeeper.session.timeout.ms=2000\nreplica.lag.time.max.ms=4000\n")
	c.topic("storm", stormPartitions, 3, nil)
	var over atomic.Bool
	var writers sync.WaitGroup
	var chains []*chain
	for p := range int32(stormPartitions) {
		w := &chain{partition: p, acked: map[uint64]int64{}, unknown: map[string]int{}}
		chains = append(chains, w)
		writers.Go(func() { w.write(c, &over) })
	}
	kills, keepers, outages := 0, 0, 0
	for end := time.Now().Add(storm(t)); time.Now().Before(end) && !t.Failed(); {
		b := c.brokers[kills%len(c.brokers)]
		b.Kill()
		kills++
		if kills%7 == 3 {
			c.keeper.Kill()
			keepers++
			time.Sleep(time.Duration(rand.IntN(3_000)) * time.Millisecond)
			c.keeper.start()
		}
		time.Sleep(time.Duration(rand.IntN(3_000)) * time.Millisecond)
		b.start()
		if kills%5 != 0 { // and now and then the next is killed before this one is in sync
			c.inSync(2 * time.Minute)
		} else {
			outages++
			time.Sleep(time.Duration(rand.IntN(1_000)) * time.Millisecond)
		}
	}
	over.Store(true)
	writers.Wait()
	c.inSync(2 * time.Minute)
	by := map[int32][]*kgo.Record{}
	total := 0
	ends, err := c.admin().ListEndOffsets(soon(t), "storm")
	require.NoError(t, err)
	for _, o := range ends["storm"] {
		total += int(o.Offset)
	}
	for _, r := range read(t, c.client(kgo.ConsumeTopics("storm")), total) {
		by[r.Partition] = append(by[r.Partition], r)
	}
	acked, unknown := 0, map[string]int{}
	for _, w := range chains {
		w.check(t, by[w.partition])
		require.NotEmpty(t, w.acked, "nothing was acknowledged")
		acked += len(w.acked)
		for why, n := range w.unknown {
			unknown[why] += n
		}
	}
	t.Logf("%d kills, %d of them before the last one was in sync again, %d of the ZooKeeper server; %d records acknowledged, %d there, of these nobody knows: %v",
		kills+keepers, outages, keepers, acked, total, unknown)
}

// inSync waits until all replicas of the storm's topic are in sync.
func (c *cluster) inSync(limit time.Duration) {
	c.Helper()
	cl := c.client()
	c.eventually(limit, func() bool {
		ctx, cancel := context.WithTimeout(c.Context(), 5*time.Second)
		defer cancel()
		return c.led(ctx, cl.Broker(int(c.brokers[0].id)), "storm", stormPartitions, 3)
	}, func() string { return fmt.Sprintf("the replicas are not in sync after %v%s", limit, c.logs()) })
	cl.Close()
}
