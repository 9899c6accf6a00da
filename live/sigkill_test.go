package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

// These tell a child of the test what to be: which node, of what name, where its files are,
// and who its peers are ("n1=host:port,…").
const (
	childNode  = "ORRERY_TEST_CHILD"
	childID    = "ORRERY_TEST_CHILD_ID"
	childDir   = "ORRERY_TEST_CHILD_DIR"
	childPeers = "ORRERY_TEST_CHILD_PEERS"
)

// TestMain makes the test binary a node where it was started as a child.
func TestMain(m *testing.M) {
	kind := os.Getenv(childNode)
	if kind == "" {
		os.Exit(m.Run())
	}
	cfg := live.Config{
		ID: nodes.ID(os.Getenv(childID)), Dir: os.Getenv(childDir), Peers: map[nodes.ID]string{},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	}
	for peer := range strings.SplitSeq(os.Getenv(childPeers), ",") {
		id, addr, _ := strings.Cut(peer, "=")
		cfg.Peers[nodes.ID(id)] = addr
	}
	var n nodes.Node = &nodestest.Counter{}
	if kind == "paxos" {
		n = replica(cfg.ID, slices.Sorted(maps.Keys(cfg.Peers)))
	}
	fmt.Fprintln(os.Stderr, live.Run(context.Background(), cfg, n))
	os.Exit(1)
}

// child starts a node as a process of its own.
func child(t *testing.T, kind string, cfg live.Config) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	var peers []string
	for id, addr := range cfg.Peers {
		peers = append(peers, string(id)+"="+addr)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childNode+"="+kind, childID+"="+string(cfg.ID),
		childDir+"="+cfg.Dir, childPeers+"="+strings.Join(peers, ","))
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	return cmd
}

// sigkill ends a child.
func sigkill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	require.NoError(t, cmd.Process.Kill())
	require.EqualError(t, cmd.Wait(), "signal: killed", "it ran until then")
}

// A Sum that was told is durable: no SIGKILL, at whatever moment, takes it back.
func TestNoAcknowledgedCountIsLostAcrossTwentySIGKILLs(t *testing.T) {
	test := t
	server := alone(t)
	server.Peers = map[nodes.ID]string{"n1": freeAddress(t)}
	sums := make(chan uint64)
	client := live.Config{
		ID: "c1", Dir: filepath.Join(t.TempDir(), "c1"), Logger: silent,
		Peers: server.Peers, BackoffMax: 20 * time.Millisecond,
	}
	start(t, client, body(func(t *task.T) {
		for n := uint64(1); ; n++ {
			m, ok := t.Request("n1", nodestest.Add{N: n}, 50*time.Millisecond, func(m nodes.Message) bool {
				return m.(nodestest.Sum).N == n
			})
			if ok {
				hand(test, sums, m.(nodestest.Sum).Value)
			}
		}
	}))
	var last, heard uint64
	hear := func(sum uint64) {
		t.Helper()
		require.Greater(t, sum, last, "the counter forgot what it had told")
		last = sum
		heard++
	}
	for range 20 {
		cmd := child(t, "counter", server)
		for range 5 {
			hear(receive(t, sums))
		}
		for moment := time.After(rand.N(20 * time.Millisecond)); moment != nil; {
			select {
			case sum := <-sums:
				hear(sum)
			case <-moment:
				moment = nil
			}
		}
		sigkill(t, cmd)
	}
	t.Logf("%d sums were told, up to %d", heard, last)
}

func TestADirectoryIsFreeAfterASIGKILL(t *testing.T) {
	cfg := alone(t)
	cfg.Peers = map[nodes.ID]string{"n1": freeAddress(t)}
	cmd := child(t, "counter", cfg)
	eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(cfg.Dir, "files", "count"))
		return err == nil
	}, "the child runs")
	_, err := live.Start(cfg, &nodestest.Counter{})
	require.ErrorContains(t, err, fmt.Sprintf("is in use by another process (pid %d)", cmd.Process.Pid))
	sigkill(t, cmd)
	start(t, cfg, &nodestest.Counter{})
}
