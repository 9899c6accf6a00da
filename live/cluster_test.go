package live_test

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
)

var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// cluster is the suite's machines, as processes of this package inside the test.
type cluster struct {
	t     testing.TB
	dir   string
	peers map[nodes.ID]string
	ports map[nodes.Addr]string
	procs map[nodes.ID]*live.Process

	mu sync.Mutex // what nodestest.Runtime asks for: one handler or condition at a time
}

func newCluster(t testing.TB) *cluster {
	c := &cluster{
		t:     t,
		dir:   t.TempDir(),
		peers: map[nodes.ID]string{},
		ports: map[nodes.Addr]string{},
		procs: map[nodes.ID]*live.Process{},
	}
	for _, id := range nodestest.Machines {
		c.peers[id] = freeAddress(t)
		for _, port := range nodestest.Ports {
			c.ports[nodes.Addr{ID: id, Port: port}] = freeAddress(t)
		}
	}
	return c
}

// freeAddress is an address on which nothing listens. It is outside the range from which
// systems take the ports of outgoing connections, so that it stays free.
func freeAddress(t testing.TB) string {
	for range 1000 {
		addr := fmt.Sprintf("127.0.0.1:%d", 15_000+rand.IntN(15_000))
		if l, err := net.Listen("tcp", addr); err == nil {
			require.NoError(t, l.Close())
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (c *cluster) config(id nodes.ID) live.Config {
	return live.Config{
		ID: id, Dir: filepath.Join(c.dir, string(id)), Peers: c.peers, Ports: c.ports,
		Logger: silent, BackoffMax: 100 * time.Millisecond,
	}
}

func (c *cluster) Start(id nodes.ID, build func() nodes.Node) error {
	p, err := live.Start(c.config(id), &guarded{c: c, n: build()})
	if err == nil {
		c.procs[id] = p
	}
	return err
}

func (c *cluster) Kill(id nodes.ID) {
	if p := c.procs[id]; p != nil {
		p.Kill()
	}
}

func (c *cluster) Ended(id nodes.ID) (error, bool) {
	select {
	case <-c.procs[id].Done():
		return c.procs[id].Wait(), true
	default:
		return nil, false
	}
}

func (c *cluster) Until(limit time.Duration, cond func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		held := cond()
		c.mu.Unlock()
		if held || time.Now().After(end) {
			return held
		}
	}
}

func (c *cluster) Close() {
	for _, p := range c.procs {
		p.Kill()
	}
}

// guarded is a node whose handlers exclude those of other machines. That its own do not overlap
// is the runtime's part, and is watched before the lock is taken.
type guarded struct {
	c    *cluster
	n    nodes.Node
	busy atomic.Bool
}

func (g *guarded) enter() func() {
	if !g.busy.CompareAndSwap(false, true) {
		g.c.t.Error("two handlers of one machine overlap")
	}
	g.c.mu.Lock()
	return func() {
		g.c.mu.Unlock()
		g.busy.Store(false)
	}
}

func (g *guarded) Codec() nodes.Codec { return g.n.Codec() }

func (g *guarded) Boot(env nodes.Env) error {
	defer g.enter()()
	return g.n.Boot(env)
}

func (g *guarded) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	defer g.enter()()
	g.n.Deliver(env, from, m)
}

func (g *guarded) Fire(env nodes.Env, tag nodes.Tag) {
	defer g.enter()()
	g.n.Fire(env, tag)
}

func (g *guarded) Synced(env nodes.Env, tag nodes.Tag, err error) {
	defer g.enter()()
	g.n.Synced(env, tag, err)
}

func (g *guarded) Opened(env nodes.Env, c nodes.Conn, peer string) {
	defer g.enter()()
	g.n.(nodes.ConnHandler).Opened(env, c, peer)
}

func (g *guarded) Received(env nodes.Env, c nodes.Conn, p []byte) {
	defer g.enter()()
	g.n.(nodes.ConnHandler).Received(env, c, p)
}

func (g *guarded) Closed(env nodes.Env, c nodes.Conn, err error) {
	defer g.enter()()
	g.n.(nodes.ConnHandler).Closed(env, c, err)
}

func (g *guarded) Posted(env nodes.Env, stage nodes.Tag, m nodes.Message) {
	defer g.enter()()
	g.n.(nodes.StageHandler).Posted(env, stage, m)
}

func (g *guarded) Halted() {
	defer g.enter()()
	if h, is := g.n.(nodes.Halter); is {
		h.Halted()
	}
}
