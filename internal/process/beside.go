package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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

// Ports are ports of the loopback address on which nothing listens. They are outside of the range from which systems
// take those of outgoing connections, so that they stay free.
func Ports(t testing.TB, n int) []int {
	t.Helper()
	var ports []int
	seen := map[int]bool{}
	for range 1000 {
		port := 10_000 + rand.IntN(20_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		require.NoError(t, l.Close())
		if !seen[port] {
			seen[port] = true
			ports = append(ports, port)
		}
		if len(ports) == n {
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
