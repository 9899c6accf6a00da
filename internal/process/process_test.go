package process_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
)

// asServer makes this test's own program the server that its tests start.
const asServer = "ORRERY_PROCESS_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		beServer()
	}
	os.Exit(process.Run(m))
}

// beServer says that it is ready, waits for a SIGTERM, and says that it has stopped.
func beServer() {
	fmt.Println("msg=ready")
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	fmt.Println("msg=stopped")
	os.Exit(0)
}

func startServer(t testing.TB) *process.Process {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"=1")
	p := process.Start(t, "server", cmd)
	process.Eventually(t, time.Minute, func() bool { return strings.Contains(p.Log().String(), "msg=ready") }, p.Log().String)
	return p
}

func TestAProcessIsKilledOrStoppedAndSaysHowItEnded(t *testing.T) {
	killed := startServer(t)
	require.True(t, killed.Running())
	require.Positive(t, killed.Resident())
	require.GreaterOrEqual(t, killed.CPU(), time.Duration(0))
	killed.Kill()
	require.False(t, killed.Running())
	require.NotContains(t, killed.Log().String(), "msg=stopped")

	stopped := startServer(t)
	stopped.Stop()
	require.False(t, stopped.Running())
}

func TestTheLogsAreLeftWhereTheyAreWanted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ORRERY_LOGS", dir)
	require.Equal(t, "debug", process.Level())
	t.Run("server", func(t *testing.T) { startServer(t) }) // whose end is the process's
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.True(t, strings.HasPrefix(files[0].Name(), "server-"), files[0].Name())
}

func TestOfALongLogTheEndIsKept(t *testing.T) {
	l := &process.Log{}
	line := strings.Repeat("x", 1023) + "\n"
	for range 4 << 10 {
		_, err := l.Write([]byte(line))
		require.NoError(t, err)
	}
	_, err := l.Write([]byte("the end"))
	require.NoError(t, err)
	require.Less(t, len(l.String()), 2<<20)
	require.True(t, strings.HasSuffix(l.String(), "the end"))
}

func TestPortsAreFreeAndDiffer(t *testing.T) {
	seen := map[int]bool{}
	var ports []int
	for range 20 { // nobody listens yet on those of the calls before
		ports = append(ports, process.Ports(t, 10)...)
	}
	for _, port := range ports {
		require.False(t, seen[port])
		seen[port] = true
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
}
