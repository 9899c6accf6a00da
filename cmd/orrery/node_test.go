package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/internal/process"
	"orrery/nodes"
)

// replica is an orrery node paxos in a process of its own.
type replica struct {
	id    nodes.ID
	dir   string
	args  []string
	kills int
	*process.Process
}

// start starts the process, and waits until it is ready.
func (r *replica) start(t *testing.T) {
	r.Process = process.Start(t, string(r.id), exec.Command(os.Args[0], r.args...))
	process.Eventually(t, 10*time.Second, func() bool { return strings.Contains(r.Log().String(), "msg=ready") },
		func() string { return fmt.Sprintf("%s is not ready; its log:\n%s", r.id, r.Log()) })
}

// kill ends the process by SIGKILL.
func (r *replica) kill() {
	r.Kill()
	r.kills++
}

// startReplicas starts three replicas that know each other.
func startReplicas(t *testing.T) (replicas []*replica, peers map[nodes.ID]string) {
	t.Setenv(asCommand, "yes")
	peers = map[nodes.ID]string{}
	ids := []nodes.ID{"n1", "n2", "n3"}
	for _, id := range ids {
		peers[id] = process.Address(t)
	}
	dir := t.TempDir()
	for _, id := range ids {
		r := &replica{id: id, dir: filepath.Join(dir, string(id))}
		r.args = []string{"node", "paxos", "--id", string(id), "--dir", r.dir, "--listen", peers[id]}
		for _, other := range ids {
			if other != id {
				r.args = append(r.args, "--peer", string(other)+"="+peers[other])
			}
		}
		r.start(t)
		replicas = append(replicas, r)
	}
	return replicas, peers
}

// load is a workload of several clients.
type load struct {
	users   []*kvUser
	history *checker.SyncRecorder
	ended   atomic.Int64
	over    atomic.Bool
}

// startLoad starts four clients that work on so many keys.
func startLoad(t *testing.T, peers map[nodes.ID]string, keys int) *load {
	l := &load{history: checker.NewSyncRecorder(nil)}
	for i := range 4 {
		u := &kvUser{history: l.history, keys: keys, ended: &l.ended, stop: &l.over}
		startUser(t, nodes.ID(fmt.Sprintf("c%d", i+1)), peers, u)
		l.users = append(l.users, u)
	}
	return l
}

// progress waits until so many more operations have succeeded.
func (l *load) progress(t *testing.T, n int64, when string) {
	t.Helper()
	from := l.ended.Load()
	process.Eventually(t, 30*time.Second, func() bool { return l.ended.Load() >= from+n },
		func() string { return fmt.Sprintf("%s: %d of %d operations", when, l.ended.Load()-from, n) })
}

// stop lets every client finish its operation, and returns what was recorded.
func (l *load) stop() checker.History {
	l.over.Store(true)
	for _, u := range l.users {
		<-u.stopped
	}
	return l.history.History()
}

// Three replicas, a workload, and one replica after the other killed by SIGKILL in the middle of
// it and started again: what the clients saw is linearizable.
func TestLiveReplicasAreLinearizableUnderAStormOfSIGKILLs(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	const kills, between = 9, 200
	replicas, peers := startReplicas(t)
	l := startLoad(t, peers, 3)
	l.progress(t, between, "before the first kill")
	for k := range kills {
		r := replicas[k%len(replicas)]
		r.kill()
		if k%3 == 2 { // and a second one: nothing can be done until one is back
			other := replicas[(k+1)%len(replicas)]
			other.kill()
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			other.start(t)
		}
		l.progress(t, between/2, fmt.Sprintf("with %s down", r.id))
		r.start(t)
		l.progress(t, between/2, fmt.Sprintf("with %s back", r.id))
	}
	h := l.stop()
	for _, r := range replicas {
		require.GreaterOrEqual(t, r.kills, 3)
	}

	res := checker.Linearizable(h, checker.KV, checker.Options{Floors: &checker.Floors{
		Ops: kills * between, EachF: true, Telling: 100, Concurrent: 1000,
	}})
	if res.Verdict != checker.Holds {
		path := filepath.Join(os.TempDir(), "orrery-live-history.jsonl")
		if f, err := os.Create(path); err == nil {
			_ = checker.WriteHistory(f, h)
			_ = f.Close()
		}
		t.Fatalf("%s: %s (the history is in %s)\n%s", res.Verdict, res.Reason, path,
			checker.Explain(h, checker.KV, res, checker.Options{}).Sentence)
	}
	t.Log(res.Coverage.String())
	for _, r := range replicas {
		r.Stop()
	}
}

// The same workload, against replicas that are not only killed but lose their disks, all of them:
// what was acknowledged is gone, and the check must say so. It is the witness that the test above
// can fail. The first operation on a key afterwards may hide what is missing (it puts, or what it would miss had been
// deleted): so there are a hundred keys.
func TestTheCheckOfLiveReplicasNoticesWhenWhatWasAcknowledgedIsGone(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	replicas, peers := startReplicas(t)
	l := startLoad(t, peers, 100)
	l.progress(t, 300, "before the loss")
	for _, r := range replicas {
		r.kill()
	}
	for _, r := range replicas {
		require.NoError(t, os.RemoveAll(r.dir))
		r.start(t)
	}
	l.progress(t, 300, "after the loss")
	res := checker.Linearizable(l.stop(), checker.KV, checker.Options{})
	require.Equal(t, checker.Violated, res.Verdict, res.Reason)
}

// startNode runs orrery node paxos in this process, and returns what stops it.
func startNode(t *testing.T, args string) (stop func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	w, log, code := newWorld(), &process.Log{}, make(chan int, 1)
	w.err.Writer = log
	go func() { code <- w.main(ctx, fields(args)) }()
	process.Eventually(t, 10*time.Second, func() bool { return strings.Contains(log.String(), "msg=ready") }, log.String)
	return func() int { cancel(); return <-code }
}

func TestANodeThatCannotStartSaysWhyInOneLine(t *testing.T) {
	dir, address := t.TempDir(), process.Address(t)
	stop := startNode(t, "node paxos --id n1 --dir "+dir+"/n1 --listen "+address)
	refused := func(args, why string) {
		t.Helper()
		code, out, stderr := newWorld().orrery(t, "node paxos "+args)
		require.Equal(t, exitUnable, code)
		require.Empty(t, out)
		require.Contains(t, stderr, why)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	elsewhere := " --listen " + process.Address(t)
	refused("--id n2 --dir "+dir+"/n2 --listen "+address, "address already in use")
	refused("--id n1 --dir "+dir+"/n1"+elsewhere, "is in use by another process")
	require.Equal(t, exitHeld, stop())
	refused("--id n9 --dir "+dir+"/n1"+elsewhere, `belongs to node "n1", not to "n9"`)
	refused("--id n1 --cluster other --dir "+dir+"/n1"+elsewhere, "belongs to another replica")
	refused("--id n3 --rejoin --dir "+dir+"/n3"+elsewhere, "the disk is empty, but this replica has been initialised before")
	newer := []byte("version 99\nnode n1\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "n1", "VERSION"), newer, 0o600))
	refused("--id n1 --dir "+dir+"/n1"+elsewhere, "is of version 99, this program knows up to 1")
}

func TestTheKeyValueStoreOfALiveReplica(t *testing.T) {
	address := process.Address(t)
	stop := startNode(t, "node paxos --id n1 --dir "+t.TempDir()+" --listen "+address)
	for _, c := range []struct {
		line   string
		status int
		prints string
	}{
		{"get x", exitViolated, ""},
		{"put x one", exitHeld, ""},
		{"get x", exitHeld, "one\n"},
		{"append x ,two", exitHeld, ""},
		{"cas x one three", exitViolated, ""},
		{"cas x one,two three", exitHeld, ""},
		{"create x four", exitViolated, ""},
		{"create y five", exitHeld, ""},
		{"scan", exitHeld, "x\tthree\ny\tfive\n"},
		{"scan y", exitHeld, "y\tfive\n"},
		{"delete x", exitHeld, ""},
		{"delete x", exitViolated, ""},
		{"scan a z", exitHeld, "y\tfive\n"},
	} {
		code, out, stderr := newWorld().orrery(t, "kv "+c.line+" --server n1="+address)
		require.Equal(t, c.status, code, "%s: %s", c.line, stderr)
		require.Equal(t, c.prints, out, c.line)
	}
	require.Equal(t, exitHeld, stop())
	code, _, stderr := newWorld().orrery(t, "kv put x 1 --timeout 50ms --server n1="+address)
	require.Equal(t, exitUnable, code, "it was never sent to anybody who could carry it out")
	require.Contains(t, stderr, "was not carried out")
}
