package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

// childAddress is set for a child of the test: it runs a Counter at that address, in the
// data directory that childDir names.
const (
	childAddress = "ORRERY_TEST_CHILD_ADDRESS"
	childDir     = "ORRERY_TEST_CHILD_DIR"
)

func TestMain(m *testing.M) {
	addr := os.Getenv(childAddress)
	if addr == "" {
		os.Exit(m.Run())
	}
	cfg := live.Config{ID: "n1", Dir: os.Getenv(childDir), Listen: addr}
	fmt.Fprintln(os.Stderr, live.Run(context.Background(), cfg, &nodestest.Counter{}))
	os.Exit(1)
}

// child starts a process of its own.
func child(t *testing.T, dir, addr string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childAddress+"="+addr, childDir+"="+dir)
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	return cmd
}

// A Sum that was told is durable: no SIGKILL, at whatever moment, takes it back.
func TestNoAcknowledgedCountIsLostAcrossTwentySIGKILLs(t *testing.T) {
	test := t
	dir, addr := filepath.Join(t.TempDir(), "n1"), freeAddress(t)
	sums := make(chan uint64)
	client := live.Config{
		ID: "c1", Dir: filepath.Join(t.TempDir(), "c1"), Logger: silent,
		Peers: map[nodes.ID]string{"n1": addr}, BackoffMax: 20 * time.Millisecond,
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
		cmd := child(t, dir, addr)
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
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // "signal: killed"
	}
	t.Logf("%d sums were told, up to %d", heard, last)
}

func TestADirectoryIsFreeAfterASIGKILL(t *testing.T) {
	cfg := alone(t)
	cmd := child(t, cfg.Dir, freeAddress(t))
	eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(cfg.Dir, "files", "count"))
		return err == nil
	}, "the child runs")
	_, err := live.Start(cfg, &nodestest.Counter{})
	require.ErrorContains(t, err, fmt.Sprintf("is in use by another process (pid %d)", cmd.Process.Pid))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // "signal: killed"
	start(t, cfg, &nodestest.Counter{})
}
