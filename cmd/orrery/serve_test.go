package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"orrery/explore/dashboard"
	"orrery/explore/findings"
)

func TestServeRefusesWhatIsNoDirectoryOfFindings(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("empty", 0o700))
	require.NoError(t, os.WriteFile("file", nil, 0o600))
	require.NoError(t, os.Mkdir("corrupt", 0o700))
	require.NoError(t, os.WriteFile(filepath.Join("corrupt", findings.FileName), []byte("this is no database"), 0o600))
	newer(t, "newer")
	_, _, err := findings.Create("good")
	require.NoError(t, err)
	for line, says := range map[string]string{
		"serve nowhere":               "orrery: nowhere: there is no such directory: want the --out DIR of an orrery hunt\n",
		"serve file":                  "orrery: file: want a directory, the --out DIR of an orrery hunt\n",
		"serve empty":                 "orrery: empty: there are no findings: want the --out DIR of an orrery hunt\n",
		"serve corrupt":               "orrery: corrupt/findings.db could not be read; it is now corrupt/findings.db.unreadable-1\n",
		"serve newer":                 "orrery: newer/findings.db: findings of version 9; this program reads up to 1\n",
		"serve good --listen 7468":    "orrery: --listen \"7468\": want an address such as 127.0.0.1:7468 or :8080\n",
		"serve good --listen a:b":     "",
		"serve good more":             "orrery: serve: \"more\" is one argument too many; see orrery serve --help\n",
		"serve good --listen 1.1.1:x": "",
	} {
		code, stdout, stderr := newWorld().orrery(t, line)
		require.Equal(t, exitUnable, code, line)
		require.Empty(t, stdout, line)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
		if says != "" {
			require.Equal(t, says, stderr, line)
		}
	}
}

// newer makes a store of a version that is not known yet. The record is one of the store's: its checksum, and JSON.
func newer(t *testing.T, dir string) {
	t.Helper()
	s, _, err := findings.Create(dir)
	require.NoError(t, err)
	db, err := bbolt.Open(s.Path(), 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		sum := crc32.Checksum([]byte("version"+"9"), crc32.MakeTable(crc32.Castagnoli))
		return tx.Bucket([]byte("meta")).Put([]byte("version"), append(binary.BigEndian.AppendUint32(nil, sum), '9'))
	}))
}

// serving runs a command line that serves, and returns the address that it names and what ends it.
func serving(t *testing.T, w *world, line string) (url string, end func() (code int, stderr string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	w.out = console{Writer: in}
	done := make(chan int, 1)
	go func() { done <- w.main(ctx, fields(line)) }()
	said := make([]byte, 4096)
	n, err := out.Read(said)
	require.NoError(t, err)
	url = regexp.MustCompile(`http://\S+`).FindString(string(said[:n]))
	require.NotEmpty(t, url, string(said[:n]))
	go func() { _, _ = io.Copy(io.Discard, out) }() // until the test ends
	return url, func() (int, string) {
		cancel()
		return <-done, w.stderr.String()
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestServeShowsAFindingAndEndsWithCtrlC(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, stderr := w.orrery(t, "hunt toy --bug forgets --budget 20 --shrink 0s")
	require.Equal(t, exitViolated, code, stderr)
	url, end := serving(t, w, "serve --listen 127.0.0.1:0")
	id := regexp.MustCompile(`/findings/([0-9a-f]{8})`).FindStringSubmatch(fetch(t, url))
	require.NotNil(t, id)
	detail := fetch(t, url+"findings/"+id[1])
	require.Contains(t, detail, "n1 chose &#34;a&#34; and n2 chose &#34;b&#34;")
	require.Contains(t, detail, "power lost, 12 B not synced", "the story is told")
	require.Contains(t, fetch(t, url+"findings/"+id[1]+"/page.html"), `id="run"`)
	code, stderr = end()
	require.Zero(t, code)
	require.Empty(t, stderr, "nobody else can reach it, so there is nothing to warn of")
}

func TestServeSaysWhoCanReadTheFindings(t *testing.T) {
	t.Chdir(t.TempDir())
	_, _, err := findings.Create("artifacts")
	require.NoError(t, err)
	_, end := serving(t, newWorld(), "serve --listen 0.0.0.0:0")
	code, stderr := end()
	require.Zero(t, code)
	require.Regexp(t, `^orrery: \S+ is not only for this machine: everybody who reaches it can read the findings\n$`, stderr)
}

func TestServeSaysThatItsAddressIsInUse(t *testing.T) {
	t.Chdir(t.TempDir())
	_, _, err := findings.Create("artifacts")
	require.NoError(t, err)
	url, end := serving(t, newWorld(), "serve --listen 127.0.0.1:0")
	code, _, stderr := newWorld().orrery(t, "serve --listen "+strings.Trim(strings.TrimPrefix(url, "http://"), "/"))
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "is in use, perhaps by another orrery serve")
	_, _ = end()
}

// A hunt in a process of its own is followed by a server in another: it is seen to run, then what it found is, and in
// the end that it has ended.
func TestAHuntIsFollowedWhileItRuns(t *testing.T) {
	t.Setenv(asCommand, "yes")
	t.Chdir(t.TempDir())
	_, _, err := findings.Create("artifacts")
	require.NoError(t, err)
	url, end := serving(t, newWorld(), "serve --listen 127.0.0.1:0")
	type seen struct {
		Findings []findings.Finding
		Hunts    []dashboard.Bulletin
	}
	look := func() (s seen) {
		require.NoError(t, json.Unmarshal([]byte(fetch(t, url+"state.json")), &s))
		return s
	}
	require.Empty(t, look().Hunts)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hunt := exec.CommandContext(ctx, os.Args[0], fields("hunt paxos --bug skips-phase-one --ops 40 --shrink 0s --budget 40s --out artifacts")...)
	hunt.Cancel = func() error { return hunt.Process.Signal(os.Interrupt) }
	require.NoError(t, hunt.Start())
	require.Eventually(t, func() bool {
		s := look()
		return len(s.Hunts) == 1 && s.Hunts[0].Ending == "" && s.Hunts[0].Executions() > 0 && len(s.Hunts[0].Legs[0].Marks) > 0 && len(s.Findings) > 0
	}, 40*time.Second, 100*time.Millisecond)
	require.NoError(t, hunt.Process.Signal(os.Interrupt))
	require.Equal(t, exitViolated, exitOf(hunt.Wait()))
	require.Eventually(t, func() bool { return look().Hunts[0].Ending == "interrupted" }, 10*time.Second, 100*time.Millisecond)
	code, _ := end()
	require.Zero(t, code)
}

func TestAHuntCanServeWhatItFindsItself(t *testing.T) {
	t.Chdir(t.TempDir())
	w := newWorld()
	code, _, stderr := w.orrery(t, "hunt toy --budget 20 --serve 127.0.0.1:0")
	require.Zero(t, code, stderr)
	require.Regexp(t, `^orrery: http://127\.0\.0\.1:\d+/ shows how it goes\n$`, stderr)
	code, _, stderr = w.orrery(t, "hunt toy --budget 20 --serve nowhere")
	require.Equal(t, exitUnable, code)
	require.Contains(t, stderr, "want an address such as")
}
