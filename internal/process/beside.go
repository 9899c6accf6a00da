package process

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Orrery is the path of the command orrery: what ORRERY names, or else one that is built, once.
var Orrery = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("ORRERY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "orrery")
	if err != nil {
		return "", err
	}
	built = dir
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "orrery").Output() // tests are in other modules, too
	if err != nil {
		return "", fmt.Errorf("where is the module orrery: %w", err)
	}
	path := filepath.Join(dir, "orrery")
	build := exec.Command("go", "build", "-o", path, "./cmd/orrery")
	build.Dir = strings.TrimSpace(string(root))
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return path, nil
})

// built is the directory of the command that was built.
var built string

// Run runs the tests of m, and removes the command if they built it. A TestMain exits with what it returns.
func Run(m *testing.M) int {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	return code
}

// Where the ports of a process are: those of two that run at a time, and have process ids that are near, are others.
const firstPort, blocks, blockSize = 10_000, 20, 1_000

// taken counts the ports that were looked at.
var taken atomic.Uint64

// Ports are ports of the loopback address on which nothing listens. They are outside of the range from which systems
// take those of outgoing connections, so that they stay free; and none is given out again until hundreds of others have been,
// since whoever is to listen there may not do so yet.
func Ports(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	for range blockSize {
		port := firstPort + os.Getpid()%blocks*blockSize + int(taken.Add(1)%blockSize)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		require.NoError(t, l.Close())
		if ports = append(ports, port); len(ports) == n {
			return ports
		}
	}
	t.Fatal("no port is free")
	return nil
}

// Address is a loopback address on which nothing listens.
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", Ports(t, 1)[0])
}

// Eventually waits until cond holds, and fails the test with why if it does not within limit.
func Eventually(t testing.TB, limit time.Duration, cond func() bool, why func() string) {
	t.Helper()
	for end := time.Now().Add(limit); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(why())
		}
	}
}
