package live_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

func TestPanicOfANodeEndsTheProcessWithItsStack(t *testing.T) {
	var j journal
	cfg := alone(t)
	cfg.Logger = j.logger()
	p := start(t, cfg, body(func(t *task.T) {
		t.Sleep(time.Millisecond)
		stumble()
	}))
	var panicked *live.PanicError
	require.ErrorAs(t, ends(t, p), &panicked)
	require.Equal(t, "stumbled", panicked.Value)
	require.Contains(t, panicked.Stack, "live_test.stumble")
	require.Contains(t, j.String(), "live_test.stumble")
	require.EqualError(t, panicked, "panic: stumbled")
}

func stumble() { panic("stumbled") }

func TestPanicInBootRefusesTheStart(t *testing.T) {
	_, err := live.Start(alone(t), body(func(*task.T) { stumble() }))
	require.EqualError(t, err, "live: n1 does not start: panic: stumbled")
}

func TestGoexitInAHandlerIsBlamed(t *testing.T) {
	_, err := live.Start(alone(t), body(func(*task.T) { runtime.Goexit() }))
	require.EqualError(t, err, "live: n1 does not start: a handler called runtime.Goexit")
}

func TestHaltTellsItsReason(t *testing.T) {
	reason := errors.New("the disk is gone")
	p := start(t, alone(t), body(func(t *task.T) {
		defer t.Send("n1", nodestest.Ping{}) // which must not change the reason
		t.Sleep(time.Millisecond)
		t.Halt(reason)
	}))
	err := ends(t, p)
	require.ErrorIs(t, err, live.ErrHalted)
	require.ErrorIs(t, err, reason)
	require.EqualError(t, err, "halted: the disk is gone")
}

func TestAnEnvIsRefusedAfterItsCall(t *testing.T) {
	var kept nodes.Env
	p := start(t, alone(t), body(func(t *task.T) {
		kept = t.Env()
		t.Sleep(time.Millisecond)
		kept.Self()
	}))
	require.ErrorContains(t, ends(t, p), "an Env is valid only during the call that received it")
}

func TestRunStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	up := make(chan bool)
	ended := make(chan error)
	node := body(func(t *task.T) {
		t.Go("up", func(*task.T) { close(up) })
		t.Recv(task.Forever)
	})
	go func() { ended <- live.Run(ctx, alone(t), node) }()
	receive(t, up)
	cancel()
	require.NoError(t, receive(t, ended))
}

func TestASecondProcessIsRefusedTheDirectory(t *testing.T) {
	cfg := alone(t)
	p := start(t, cfg, &nodestest.Echo{})
	_, err := live.Start(cfg, &nodestest.Echo{})
	require.ErrorContains(t, err, "live: data directory "+cfg.Dir+" is in use by another process (pid ")
	requireOneLine(t, err)

	require.NoError(t, p.Stop())
	start(t, cfg, &nodestest.Echo{})
}

func TestADirectoryThatIsNotOursIsRefused(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"newer", "VERSION", "version 3\nnode n1\n", "is of version 3, this program knows up to 1"},
		{"another node's", "VERSION", "version 1\nnode n2\n", `belongs to node "n2", not to "n1"`},
		{"damaged", "VERSION", "verse 1\n", `has a VERSION file that is not one: want "version 1", found "verse 1\n"`},
		{"empty stamp", "VERSION", "", `has a VERSION file that is not one: want "version 1", found ""`},
		{"somebody's", "files/thesis", "x", "has files but no VERSION file: it is not one of this program's, or was damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := alone(t)
			require.NoError(t, os.MkdirAll(filepath.Join(cfg.Dir, "files"), 0o750))
			path := filepath.Join(cfg.Dir, c.file)
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o640))
			_, err := live.Start(cfg, &nodestest.Echo{})
			require.EqualError(t, err, "live: data directory "+cfg.Dir+" "+c.want)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, c.text, string(text), "a refusal changes nothing")
		})
	}
}

func TestADirectoryThatCannotBeMadeIsRefused(t *testing.T) {
	cfg := alone(t)
	require.NoError(t, os.WriteFile(cfg.Dir, nil, 0o640))
	_, err := live.Start(cfg, &nodestest.Echo{})
	require.EqualError(t, err, "live: data directory "+cfg.Dir+" cannot be made: not a directory")
}

func TestAnAddressInUseRefusesTheStart(t *testing.T) {
	cfg := alone(t)
	cfg.Listen = freeAddress(t)
	start(t, cfg, &nodestest.Echo{})
	other := alone(t)
	other.Listen = cfg.Listen
	_, err := live.Start(other, &nodestest.Echo{})
	require.EqualError(t, err, "live: n1 cannot listen on "+cfg.Listen+": address already in use")

	other.Listen = "127.0.0.1:0"
	start(t, other, &nodestest.Echo{}) // and the directory was given back
}

func TestValidateTellsAllThatIsWrongInOneLine(t *testing.T) {
	_, err := live.Start(live.Config{
		ID: "n 1\n", Listen: "7001", Peers: map[nodes.ID]string{"n2": "host:port", "n3": "host:7001"},
		Ports: map[nodes.Addr]string{{ID: "n2", Port: 80}: "host"}, Queue: -1,
		BackoffMin: time.Second, BackoffMax: time.Millisecond,
	}, &nodestest.Echo{})
	requireOneLine(t, err)
	for _, want := range []string{
		`ID "n 1\n" is not a name`, "Dir is empty", `Listen "7001" is not an address`, `the address of peer n2 "host:port" is not`,
		`the address of port n2:80 "host" is not`, "Queue is negative", "BackoffMax 1ms is shorter than BackoffMin 1s",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "n3")
}

func requireOneLine(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
}

func TestInspectShowsTheNodesState(t *testing.T) {
	p := start(t, alone(t), &nodestest.Counter{})
	state, err := p.Inspect()
	require.NoError(t, err)
	require.JSONEq(t, `{"Count": 0, "Asking": 0}`, string(state))

	require.NoError(t, p.Stop())
	_, err = p.Inspect()
	require.EqualError(t, err, "live: the process has ended")
}

// told hands on what fires.
type told struct {
	nodes.Node
	fired chan nodes.Tag
}

func (n told) Fire(_ nodes.Env, tag nodes.Tag) { n.fired <- tag }

func TestWhatHappensOutsideBecomesATimerOfTheNode(t *testing.T) {
	n := told{body(func(*task.T) {}), make(chan nodes.Tag, 1)}
	p := start(t, alone(t), n)
	p.Fire(nodes.Tag{Name: "SIGTERM", N: 15})
	require.Equal(t, nodes.Tag{Name: "SIGTERM", N: 15}, <-n.fired)
	require.NoError(t, p.Stop())
	p.Fire(nodes.Tag{Name: "late"})
	require.Empty(t, n.fired)
}

func TestNotesOfTheNodeAreInTheLog(t *testing.T) {
	var j journal
	cfg := alone(t)
	cfg.Logger = j.logger()
	p := start(t, cfg, body(func(t *task.T) {
		nodes.Note(t.Env(), "leads ballot 3.n2")
		nodes.Sometimes(t.Env(), true, "a mark")
	}))
	require.NoError(t, p.Stop())
	require.Contains(t, j.String(), `msg=note node=n1 text="leads ballot 3.n2"`)
}

func TestStopSendsWhatWasWrittenAndEndsTheSyncs(t *testing.T) {
	cfg1, cfg2 := couple(t)
	cfg1.Grace, cfg2.Grace = patience, patience
	const port, frames, size = 7001, 2000, 4096
	address := freeAddress(t)
	cfg1.Ports = map[nodes.Addr]string{{ID: "n1", Port: port}: address}
	cfg2.Ports = cfg1.Ports
	got := make(chan int, 1)
	start(t, cfg1, body(func(t *task.T) {
		if err := t.Listen(port, nodes.Framing{}); err != nil {
			t.Halt(err)
		}
		c, _ := t.Accept(port, task.Forever)
		n := 0
		for {
			if _, err := t.Read(c, task.Forever); err != nil {
				got <- n
				return
			}
			n++
		}
	}))
	written := make(chan bool, 1)
	p := start(t, cfg2, body(func(t *task.T) {
		c, err := t.Dial(nodes.Addr{ID: "n1", Port: port}, nodes.Framing{}, task.Forever)
		if err != nil {
			t.Halt(err)
		}
		for range frames {
			if err := t.Write(c, make([]byte, size)); err != nil {
				t.Halt(err)
			}
		}
		written <- true
		if err := t.Disk().Append("f", []byte("x")); err != nil {
			t.Halt(err)
		}
		_ = t.Sync("f")
		t.Recv(task.Forever)
	}))
	receive(t, written)
	require.NoError(t, p.Stop())
	require.Equal(t, frames, receive(t, got))
}

func TestAKilledProcessStopsAtItsNextEffect(t *testing.T) {
	inside, goOn := make(chan bool), make(chan bool)
	cfg := alone(t)
	p := start(t, cfg, body(func(t *task.T) {
		t.Sleep(time.Millisecond)
		inside <- true
		<-goOn
		for t.Monotonic() < patience { // until the order has come
		}
		_ = t.Disk().Append("f", []byte("after the kill"))
	}))
	receive(t, inside)
	go func() { goOn <- true }()
	p.Kill()
	require.NoError(t, ends(t, p))
	_, err := os.Stat(filepath.Join(cfg.Dir, "files", "f"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestStatsCountWhatCannotBeSent(t *testing.T) {
	cfg := alone(t)
	cfg.MaxDatagram = 8
	var j journal
	cfg.Logger = j.logger()
	p := start(t, cfg, body(func(t *task.T) {
		t.Send("nobody", nodestest.Ping{})
		t.Send("nobody", nodestest.Ping{})
	}))
	require.NoError(t, p.Stop())
	require.Equal(t, live.Stats{Dropped: 2}, p.Stats())
	require.Equal(t, 2, strings.Count(j.String(), "dropped a datagram that is too long"))
}
