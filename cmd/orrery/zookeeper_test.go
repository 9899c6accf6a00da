package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/internal/process"
)

// zooCfg writes a configuration into a new directory, and returns both.
func zooCfg(t *testing.T, text string) (file, dir string) {
	dir = t.TempDir()
	file = filepath.Join(dir, "zoo.cfg")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600))
	return file, dir
}

func TestAZooKeeperServerThatCannotStartSaysWhyInOneLine(t *testing.T) {
	const members = "server.1=127.0.0.1:2888:3888\nserver.2=127.0.0.1:2889:3889\nserver.3=127.0.0.1:2890:3890\ninitLimit=5\nsyncLimit=2\n"
	for _, c := range []struct{ text, why string }{
		{"clientPort=2181\n", "dataDir"},
		{"dataDir=DIR\nclientPort=99999\n", "zoo.cfg:2: clientPort"},
		{"dataDir=DIR\nclientprot=2181\n", "zoo.cfg:2: clientprot"},
		{"dataDir=DIR\ntickTime=fast\n", "zoo.cfg:2: tickTime"},
		{"dataDir=DIR\nclientPort=2181\ndynamicConfigFile=DIR/none\n", "none: no such file"},
		{"dataDir=DIR\nclientPort=2181\n" + members, "myid is missing: it must hold the N of this server's line server.N"},
	} {
		file, _ := zooCfg(t, c.text)
		code, out, stderr := newWorld().orrery(t, "node zookeeper "+file)
		require.Equal(t, exitUnable, code, c.text)
		require.Empty(t, out)
		require.Contains(t, stderr, c.why)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	for id, why := range map[string]string{"seven": "want the N of this server's line server.N, found \"seven\"", "7": "server 7 is not in the configuration"} {
		file, dir := zooCfg(t, "dataDir=DIR\nclientPort=2181\n"+members)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "myid"), []byte(id), 0o600))
		code, _, stderr := newWorld().orrery(t, "node zookeeper "+file)
		require.Equal(t, exitUnable, code, id)
		require.Contains(t, stderr, why)
	}
}

// The log of transactions can be on a disk of its own, as with the original: everything is found again.
func TestAZooKeeperServersFilesAreWhereTheOriginalWouldHaveThem(t *testing.T) {
	address := process.Address(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	file, dir := zooCfg(t, "dataDir=DIR/data\ndataLogDir=DIR/logs\nclientPortAddress=127.0.0.1\nclientPort="+port+"\n")
	word := func(name string) string {
		c, err := net.DialTimeout("tcp", address, time.Second)
		require.NoError(t, err)
		defer c.Close()
		_, err = c.Write([]byte(name))
		require.NoError(t, err)
		answer, err := io.ReadAll(bufio.NewReader(c))
		require.NoError(t, err)
		return string(answer)
	}
	zxid := ""
	for start := range 2 {
		stop := startNode(t, "node zookeeper "+file)
		process.Eventually(t, 10*time.Second, func() bool { return strings.Contains(word("srvr"), "Mode: standalone") }, func() string { return word("srvr") })
		_, rest, _ := strings.Cut(word("srvr"), "Zxid: ")
		now, _, _ := strings.Cut(rest, "\n")
		if start == 1 {
			require.Equal(t, zxid, now, "what was written is found again")
		}
		c, err := net.Dial("tcp", address)
		require.NoError(t, err)
		connect := append([]byte{0, 0, 0, 44}, make([]byte, 44)...) // a session with nothing asked for
		copy(connect[4+24:], []byte{0, 0, 0, 16})
		_, err = c.Write(connect)
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 4+36))
		require.NoError(t, err, "the server has opened a session")
		require.NoError(t, c.Close())
		_, rest, _ = strings.Cut(word("srvr"), "Zxid: ")
		zxid, _, _ = strings.Cut(rest, "\n")
		require.Equal(t, fmt.Sprintf("0x%x", start+1), zxid)
		require.Equal(t, exitHeld, stop())
	}
	logs, err := filepath.Glob(filepath.Join(dir, "logs", "version-2", "log.*"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	snapshots, err := filepath.Glob(filepath.Join(dir, "data", "version-2", "snapshot.*"))
	require.NoError(t, err)
	require.NotEmpty(t, snapshots)
	misplaced, err := filepath.Glob(filepath.Join(dir, "data", "version-2", "log.*"))
	require.NoError(t, err)
	require.Empty(t, misplaced)
}
