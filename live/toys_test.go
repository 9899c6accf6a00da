package live_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

// patience is how long a test waits for what must happen, on a machine that may be busy.
const patience = 30 * time.Second

// body is a node of one task.
func body(f func(t *task.T)) nodes.Node { return task.New(nodestest.Codec(), f) }

// start starts a process that ends with the test.
func start(t *testing.T, cfg live.Config, n nodes.Node) *live.Process {
	t.Helper()
	p, err := live.Start(cfg, n)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

// alone is the configuration of a machine that knows nobody.
func alone(t *testing.T) live.Config {
	return live.Config{ID: "n1", Dir: filepath.Join(t.TempDir(), "n1"), Logger: silent}
}

// couple is the configuration of two machines that know each other.
func couple(t *testing.T) (n1, n2 live.Config) {
	peers := map[nodes.ID]string{"n1": freeAddress(t), "n2": freeAddress(t)}
	dir := t.TempDir()
	n1 = live.Config{ID: "n1", Dir: filepath.Join(dir, "n1"), Peers: peers, Logger: silent, BackoffMax: 100 * time.Millisecond}
	n2 = n1
	n2.ID, n2.Dir = "n2", filepath.Join(dir, "n2")
	return n1, n2
}

// ends waits for the end of a process.
func ends(t *testing.T, p *live.Process) error {
	t.Helper()
	select {
	case <-p.Done():
		return p.Wait()
	case <-time.After(patience):
		require.Fail(t, "the process does not end")
		return nil
	}
}

// receive waits for a value that a node hands to its test.
func receive[V any](t *testing.T, from <-chan V) V {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.Fail(t, "nothing comes")
		panic("unreachable")
	}
}

// hand is how a node hands a value to its test, for as long as the test runs.
func hand[V any](test *testing.T, to chan<- V, v V) {
	select {
	case to <- v:
	case <-test.Context().Done():
	}
}

// eventually waits until cond holds.
func eventually(t *testing.T, cond func() bool, what string) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(end), "it never came about: %s", what)
	}
}

// journal is a log that tests read.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
