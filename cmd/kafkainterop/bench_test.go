package kafkainterop

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"orrery/internal/process"
)

// asKfake is the environment variable that makes this program a broker of franz-go's: the two are measured as processes.
const asKfake = "KAFKAINTEROP_AS_KFAKE"

// beKfake is a broker of franz-go's, in memory, one replica, asked to be Kafka 2.4 as ours is; until it is killed.
func beKfake() {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.MaxVersions(kversion.V2_4_0()), kfake.AllowAutoTopicCreation())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.ListenAddrs()[0])
	select {}
}

// startKfake starts it.
func startKfake(t testing.TB) *cluster {
	path, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), asKfake+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	p := process.Start(t, "kfake", cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &cluster{TB: t, brokers: []*server{{t: t, name: "kfake", id: 0, addr: strings.TrimSpace(line), Process: p}}}
}

// payload is a record's 100 bytes; what is random in it is not compressed away.
func payload() []byte {
	b := make([]byte, 100)
	for i := range b {
		b[i] = byte('a' + rand.IntN(26))
	}
	return b
}

// produceMany writes n records of 100 bytes with acks=all, and waits until all are acknowledged.
func produceMany(t testing.TB, c *cluster, topic string, n int) {
	cl := c.client(kgo.DefaultProduceTopic(topic), kgo.MaxBufferedRecords(50_000), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.UniformBytesPartitioner(1<<16, false, false, nil)))
	defer cl.Close()
	value := payload()
	var failed atomic.Int64
	for range n {
		cl.Produce(context.Background(), &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Add(1)
			}
		})
	}
	require.NoError(t, cl.Flush(context.Background()))
	require.Zero(t, failed.Load())
}

// BenchmarkProduce is a producer of franz-go's that writes records of 100 bytes with acks=all, idempotently and as fast as
// it can: to kfake, to one broker of ours, and to three. Run with -benchtime 1000000x.
func BenchmarkProduce(b *testing.B) {
	for _, partitions := range []int32{1, 12} {
		for _, k := range []struct {
			name   string
			start  func(b *testing.B) *cluster
			factor int16
		}{
			{"kfake", func(b *testing.B) *cluster { return startKfake(b) }, 1},
			{"one", func(b *testing.B) *cluster { return start(b, 1, "log.segment.bytes=1073741824\n") }, 1},
			{"three", func(b *testing.B) *cluster { return start(b, 3, "log.segment.bytes=1073741824\n") }, 3},
		} {
			b.Run(fmt.Sprintf("partitions=%d/%s", partitions, k.name), func(b *testing.B) {
				c := k.start(b)
				c.topic("bench", partitions, k.factor, nil)
				produceMany(b, c, "bench", 10_000)
				if dir := os.Getenv("KAFKAINTEROP_PROFILE"); dir != "" && k.name != "kfake" {
					for _, s := range c.brokers {
						s.Stop()
						s.env = []string{"ORRERY_CPUPROFILE=" + filepath.Join(dir, fmt.Sprintf("produce-%d-%s-%s.pprof", partitions, k.name, s.name))}
						s.start()
					}
					c.allKnown()
					defer func() {
						for _, s := range c.brokers {
							s.Stop()
						}
					}()
				}
				before := c.cpu()
				b.ResetTimer()
				produceMany(b, c, "bench", b.N)
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
				b.ReportMetric(float64((c.cpu()-before).Nanoseconds())/float64(b.N), "broker-CPU-ns/record")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// cpu is what all brokers have used of the processors.
func (c *cluster) cpu() time.Duration {
	sum := time.Duration(0)
	for _, b := range c.brokers {
		sum += b.CPU()
	}
	return sum
}

// catchUp is how many bytes a consumer catches up on.
func catchUp(t testing.TB) int {
	if text := os.Getenv("KAFKAINTEROP_CATCHUP"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return n
	}
	return 256 << 20
}

// BenchmarkCatchUp is a consumer that reads from the beginning what a broker has on its disk: how fast, and what the broker spends its
// processor time on. Run with -benchtime 1x.
func BenchmarkCatchUp(b *testing.B) {
	size := catchUp(b)
	c := start(b, 1, "log.segment.bytes=268435456\n")
	c.topic("long", 1, 1, nil)
	cl := c.client(kgo.DefaultProduceTopic("long"), kgo.ProducerBatchCompression(kgo.NoCompression()))
	value := make([]byte, 1<<10)
	n := size / len(value)
	for range n {
		cl.Produce(context.Background(), &kgo.Record{Value: value}, nil)
	}
	require.NoError(b, cl.Flush(context.Background()))
	broker := c.brokers[0]
	broker.Stop()
	dir := os.Getenv("KAFKAINTEROP_PROFILE")
	if dir == "" {
		dir = b.TempDir()
	}
	profile := filepath.Join(dir, "catchup.pprof")
	broker.env = []string{"ORRERY_CPUPROFILE=" + profile}
	broker.start()
	c.allKnown()
	before := c.cpu()
	reader := c.client(kgo.ConsumeTopics("long"), kgo.FetchMaxPartitionBytes(8<<20))
	b.ResetTimer()
	for got := 0; got < n; {
		f := reader.PollFetches(context.Background())
		require.NoError(b, f.Err())
		got += f.NumRecords()
	}
	b.StopTimer()
	used := c.cpu() - before
	reader.Close()
	broker.Stop()
	b.ReportMetric(float64(size)/b.Elapsed().Seconds()/1e6, "MB/s")
	b.ReportMetric(float64(used.Milliseconds())/float64(size>>30+1), "broker-CPU-ms/GiB")
	shares(b, profile)
}

// shares reports whose functions the processor was in.
func shares(b *testing.B, profile string) {
	path, err := process.Orrery()
	require.NoError(b, err)
	out, err := exec.Command("go", "tool", "pprof", "-top", "-nodecount=100000", "-nodefraction=0", "-unit=us", path, profile).Output()
	require.NoError(b, err)
	var total, ours, kernel, bytes float64
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasSuffix(fields[0], "us") && fields[0] != "0" {
			continue
		}
		flat, err := strconv.ParseFloat(strings.TrimSuffix(fields[0], "us"), 64)
		if err != nil {
			continue
		}
		total += flat
		switch name := fields[5]; {
		case strings.HasPrefix(name, "internal/runtime/syscall"), strings.HasPrefix(name, "syscall."):
			kernel += flat
		case strings.Contains(name, "memmove"), strings.Contains(name, "memclr"), strings.HasPrefix(name, "hash/crc32"):
			bytes += flat
		case strings.HasPrefix(name, "orrery/"):
			ours += flat
		}
	}
	require.NotZero(b, total, "the profile is empty: %s", out)
	b.ReportMetric(100*ours/total, "%own-code")
	b.ReportMetric(100*kernel/total, "%kernel")
	b.ReportMetric(100*bytes/total, "%copies-and-checksums")
	b.ReportMetric(100*(total-ours-kernel-bytes)/total, "%Go's-runtime-and-library")
}

// BenchmarkIdlePartitions is the resident memory of a broker with a thousand partitions that nobody uses any more. Run with
// -benchtime 1x.
func BenchmarkIdlePartitions(b *testing.B) {
	for _, brokers := range []int{1, 3} {
		b.Run(fmt.Sprintf("brokers=%d", brokers), func(b *testing.B) {
			c := start(b, brokers, "")
			c.topic("idle", 1_000, int16(brokers), nil)
			for range 3 { // each has been used, by a producer that compresses and by a consumer
				var records []*kgo.Record
				for p := range int32(1_000) {
					records = append(records, &kgo.Record{Topic: "idle", Partition: p, Value: payload()})
				}
				cl := c.client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
				require.NoError(b, cl.ProduceSync(soon(b), records...).FirstErr())
			}
			reader := c.client(kgo.ConsumeTopics("idle"))
			read(b, reader, 3_000)
			reader.Close()
			time.Sleep(10 * time.Second)
			most := int64(0)
			for _, s := range c.brokers {
				most = max(most, s.Resident())
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB")
			before := c.cpu()
			time.Sleep(5 * time.Second)
			b.ReportMetric(float64((c.cpu()-before).Milliseconds())/5/float64(brokers), "idle-CPU-ms/s")
			c.brokers[0].Kill()
			c.brokers[0].start()
			c.allKnown()
			time.Sleep(10 * time.Second)
			b.ReportMetric(float64(c.brokers[0].Resident())/(1<<20), "MiB-after-restart")
		})
	}
}
