package sim

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

const (
	longRun       = 100_000 // events
	longRunMemory = 64 << 20
)

// loggingNode is an echo that writes a record to its log, and waits until it is durable,
// before it passes a datagram on. The log is never cut.
type loggingNode struct {
	echoNode
	record [200]byte
}

func (n *loggingNode) Deliver(env nodes.Env, _ nodes.ID, m nodes.Message) {
	n.out = *m.(*echoMessage)
	n.out.hops++
	if err := env.Disk().Append("log", n.record[:]); err != nil {
		panic(err)
	}
	env.Disk().Sync("log", nodes.Tag{Name: "log", N: n.out.hops})
}

func (n *loggingNode) Synced(env nodes.Env, _ nodes.Tag, _ error) { env.Send(n.next, &n.out) }

// runLoggers runs a universe of five loggingNodes, without a recorder, and returns the most
// bytes that the heap held meanwhile, garbage and all, beyond what it held before.
func runLoggers(seed uint64) (u *Universe, peak uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapAlloc
	u = New(Config{Seed: seed, Net: lan, Disk: DiskConfig{Sync: Dist{Mean: time.Millisecond}}})
	ids := []nodes.ID{"n1", "n2", "n3", "n4", "n5"}
	for i, id := range ids {
		next := ids[(i+1)%len(ids)]
		u.Add(id, func() nodes.Node { return &loggingNode{echoNode: echoNode{next: next}} }).Start(0)
	}
	for u.Seq() < longRun && u.Step() {
		if u.Seq()%1000 == 0 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	return u, peak - min(before, peak)
}

func TestAUniverseOf100000EventsNeedsLessThan64MiB(t *testing.T) {
	u, peak := runLoggers(1)
	require.EqualValues(t, longRun, u.Seq())
	size, err := u.Machine("n1").Disk().Size("log")
	require.NoError(t, err)
	require.Greater(t, size, int64(1<<20), "the disks are used")
	require.Less(t, peak, uint64(longRunMemory))
}

// BenchmarkUniverseMemory is the memory of one universe of 100,000 events, while the trace is
// not recorded. Half of the events make a record of a log durable.
func BenchmarkUniverseMemory(b *testing.B) {
	most := uint64(0)
	b.ReportAllocs()
	for seed := uint64(1); b.Loop(); seed++ {
		_, peak := runLoggers(seed)
		most = max(most, peak)
	}
	b.ReportMetric(float64(most)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(longRun*b.N)/b.Elapsed().Seconds(), "events/s")
}
