package live_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
)

// scribe is a node that does something at its start, and is told of syncs.
type scribe struct {
	boot   func(env nodes.Env) error
	synced chan error
}

func (*scribe) Codec() nodes.Codec                           { return nodestest.Codec() }
func (s *scribe) Boot(env nodes.Env) error                   { return s.boot(env) }
func (*scribe) Deliver(nodes.Env, nodes.ID, nodes.Message)   {}
func (*scribe) Fire(nodes.Env, nodes.Tag)                    {}
func (s *scribe) Synced(_ nodes.Env, _ nodes.Tag, err error) { s.synced <- err }
func (*scribe) Opened(nodes.Env, nodes.Conn, string)         {}
func (*scribe) Closed(nodes.Env, nodes.Conn, error)          {}
func (*scribe) Received(nodes.Env, nodes.Conn, []byte)       {}

func TestABareDirectoryIsTheNodesOwnAndFilesElsewhereAreElsewhere(t *testing.T) {
	dir := t.TempDir()
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	require.NoError(t, os.MkdirAll(at("data", "version-2"), 0o750))
	require.NoError(t, os.WriteFile(at("data", "version-2", "snapshot.0"), []byte("another program's"), 0o600))
	require.NoError(t, os.WriteFile(at("data", "version-2", "log.9"), []byte("not looked at"), 0o600))
	require.NoError(t, os.MkdirAll(at("conf"), 0o750))
	require.NoError(t, os.WriteFile(at("conf", "zoo.cfg"), []byte("static"), 0o600))
	require.NoError(t, os.WriteFile(at("conf", "other"), []byte("somebody's"), 0o600))

	s := &scribe{synced: make(chan error, 4)}
	s.boot = func(env nodes.Env) error {
		d := env.Disk()
		found, err := d.ReadFile("version-2/snapshot.0")
		require.NoError(t, err)
		require.Equal(t, "another program's", string(found))
		require.NoError(t, d.Append("version-2/log.1", []byte("entry")))
		require.NoError(t, d.Append("version-2/currentEpoch", []byte("1")))
		require.NoError(t, d.Append("zoo.cfg.tmp", []byte("members")))
		require.NoError(t, d.Rename("zoo.cfg.tmp", "zoo.cfg.dynamic.1"))
		require.Error(t, d.Rename("version-2/log.1", "version-2/snapshot.1"), "from one directory to another")
		names, err := d.List("")
		require.NoError(t, err)
		require.Equal(t, []string{"LOCK", "version-2/currentEpoch", "version-2/log.1", "version-2/snapshot.0", "zoo.cfg", "zoo.cfg.dynamic.1"}, names)
		names, err = d.List("version-2")
		require.NoError(t, err)
		require.Equal(t, []string{"version-2/currentEpoch", "version-2/log.1", "version-2/snapshot.0"}, names)
		d.Sync("version-2/log.1", nodes.Tag{Name: "log"})
		d.SyncDir("version-2", nodes.Tag{Name: "names"})
		d.SyncDir("", nodes.Tag{Name: "conf"})
		return nil
	}
	cfg := live.Config{ID: "n1", Dir: at("data"), Bare: true, Logger: silent,
		Elsewhere: map[string]string{"version-2/log.": at("logs"), "zoo.cfg": at("conf")}}
	p := start(t, cfg, s)
	for range 3 {
		require.NoError(t, receive(t, s.synced))
	}
	for path, want := range map[string]string{at("logs", "version-2", "log.1"): "entry", at("data", "version-2", "currentEpoch"): "1",
		at("conf", "zoo.cfg.dynamic.1"): "members"} {
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	entries, err := os.ReadDir(at("data"))
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is added but LOCK")
	_, err = live.Start(cfg, s)
	require.ErrorContains(t, err, "is in use by another process")
	require.NoError(t, p.Stop())
}

// lazy is a node that leaves unread what comes, until it is told to read.
type lazy struct {
	scribe
	got  atomic.Int64
	conn chan nodes.Conn
}

func (l *lazy) Opened(env nodes.Env, c nodes.Conn, _ string) {
	env.(nodes.Pauser).Pause(c)
	env.SetTimer(nodes.Tag{Name: "read"}, 300*time.Millisecond)
	l.conn <- c
}
func (l *lazy) Received(_ nodes.Env, _ nodes.Conn, p []byte) { l.got.Add(int64(len(p))) }
func (l *lazy) Fire(env nodes.Env, _ nodes.Tag)              { env.(nodes.Pauser).Resume(<-l.conn) }

func TestWhatIsLeftUnreadSlowsTheSenderDownAndIsNotLost(t *testing.T) {
	address := freeAddress(t)
	_, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	l := &lazy{conn: make(chan nodes.Conn, 1)}
	l.boot = func(env nodes.Env) error { return env.Listen(port, nodes.Framing{Stream: true}) }
	cfg := alone(t)
	cfg.Place = func(nodes.Addr) (string, error) { return address, nil }
	start(t, cfg, l)
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer c.Close()
	const all = 64 << 20 // more than any socket's buffers
	began := time.Now()
	n, err := c.Write(bytes.Repeat([]byte("x"), all))
	require.NoError(t, err)
	require.Equal(t, all, n)
	require.Greater(t, time.Since(began), 200*time.Millisecond, "the sender was not slowed down")
	require.Eventually(t, func() bool { return l.got.Load() == all }, patience, time.Millisecond)
}
