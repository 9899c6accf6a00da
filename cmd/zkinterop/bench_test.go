package zkinterop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/stretchr/testify/require"

	"orrery/internal/process"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// quiet is a logger that says nothing.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// zkClient is a client of go-zookeeper at one server.
func zkClient(t testing.TB, s *server) *zk.Conn {
	c, events, err := zk.Connect([]string{s.client}, 10*time.Second, zk.WithLogger(quiet{}))
	require.NoError(t, err)
	for e := range events {
		if e.State == zk.StateHasSession {
			break
		}
	}
	go func() {
		for range events {
		}
	}()
	return c
}

// BenchmarkEnsembleWrites is an ensemble of three with clients of go-zookeeper that write 100 bytes each, one write after the
// other; every write is synced by a quorum. Run with -benchtime 10s; both kinds of server on one machine, in one run.
func BenchmarkEnsembleWrites(b *testing.B) {
	for _, clients := range []int{1, 30} {
		for _, k := range []kind{ours, apache} {
			b.Run(fmt.Sprintf("%s/clients=%d", k, clients), func(b *testing.B) { benchmarkWrites(b, k, clients) })
		}
	}
}

func benchmarkWrites(b *testing.B, k kind, clients int) {
	if k == apache {
		needApache(b)
	}
	servers := ensemble(b, "", k, k, k)
	for _, s := range servers {
		s.start()
	}
	leader(b, servers...)
	conns := make([]*zk.Conn, clients)
	for i := range conns {
		conns[i] = zkClient(b, servers[i%len(servers)])
		_, err := conns[i].Create(fmt.Sprintf("/c%d", i), nil, 0, zk.WorldACL(zk.PermAll))
		require.NoError(b, err)
	}
	data := make([]byte, 100)
	writeAll := func(n int) []time.Duration {
		var left atomic.Int64
		left.Store(int64(n))
		var mu sync.Mutex
		var took []time.Duration
		var wg sync.WaitGroup
		for i, c := range conns {
			wg.Go(func() {
				var mine []time.Duration
				for left.Add(-1) >= 0 {
					began := time.Now()
					if _, err := c.Set(fmt.Sprintf("/c%d", i), data, -1); err != nil {
						b.Error(err)
						return
					}
					mine = append(mine, time.Since(began))
				}
				mu.Lock()
				took = append(took, mine...)
				mu.Unlock()
			})
		}
		wg.Wait()
		return took
	}
	writeAll(2000) // until the virtual machine has compiled itself
	b.ResetTimer()
	took := writeAll(b.N)
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	for _, c := range conns {
		c.Close()
	}
}

// BenchmarkMillionZnodes is the resident memory of a server that holds a million znodes of 100 bytes, behind a restart.
func BenchmarkMillionZnodes(b *testing.B) {
	for _, k := range []kind{ours, apache} {
		b.Run(string(k), func(b *testing.B) {
			if k == apache {
				needApache(b)
			}
			s := alone(b, k, "forceSync=no\nsnapCount=1000000\n")
			s.props = append(s.props, "-Xmx3g")
			s.start()
			leader(b, s)
			fill(b, s, 1_000_000)
			b.ReportMetric(float64(s.Resident())/1e6, "MB-after-writing")
			s.Kill()
			s.start()
			process.Eventually(b, 2*time.Minute, func() bool { return strings.Contains(s.word("srvr"), "Node count: 1001") }, s.Log().String)
			b.ReportMetric(float64(s.Resident())/1e6, "MB-after-restart")
		})
	}
}

// fill creates n znodes below a thousand parents, in multis.
func fill(b testing.TB, s *server, n int) {
	c := mustConnect(b, s)
	data := strings.Repeat("x", 100)
	for i := range 1000 {
		_, err := c.create(fmt.Sprintf("/p%03d", i), "", proto.ModePersistent)
		require.NoError(b, err)
		for first := 0; first < n/1000; first += 50 {
			m := &proto.MultiRequest{}
			for j := first; j < first+50; j++ {
				m.Ops = append(m.Ops, proto.MultiOp{Type: proto.OpCreate, Request: &proto.CreateRequest{
					Path: fmt.Sprintf("/p%03d/n%06d", i, j), Data: []byte(data), ACL: open}})
			}
			h, _, err := c.call(proto.OpMulti, jute.Record(m))
			require.NoError(b, err)
			require.Equal(b, proto.CodeOK, h.Err)
		}
	}
}
