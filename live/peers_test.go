package live_test

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

func TestPeersFindEachOtherAgainAfterALoss(t *testing.T) {
	test := t
	var j journal
	cfg1, cfg2 := couple(t)
	cfg1.Logger = j.logger()
	sums := make(chan uint64, 1000)
	p1 := start(t, cfg1, body(func(t *task.T) {
		for n := uint64(1); ; n++ {
			if _, ok := t.Request("n2", nodestest.Ping{N: n}, 20*time.Millisecond, nil); ok {
				hand(test, sums, n)
			}
		}
	}))
	for range 3 {
		p2 := start(t, cfg2, &nodestest.Echo{})
		for len(sums) > 0 {
			<-sums
		}
		receive(t, sums)
		p2.Kill()
		eventually(t, func() bool { return strings.Count(j.String(), "peer lost") >= 1 }, "the loss is noticed")
	}
	require.GreaterOrEqual(t, p1.Stats().Connects, uint64(3))
	require.Contains(t, j.String(), "peer connected")
}

func TestAPeerThatRefusesIsDialledEverMoreSlowly(t *testing.T) {
	l, err := net.Listen("tcp", freeAddress(t))
	require.NoError(t, err)
	defer l.Close()
	var gaps []time.Duration
	finished := make(chan bool)
	go func() {
		defer close(finished)
		last := time.Now()
		for range 8 {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			gaps = append(gaps, time.Since(last))
			last = time.Now()
			nc.Close()
		}
	}()
	cfg := alone(t)
	cfg.Peers = map[nodes.ID]string{"n2": l.Addr().String()}
	cfg.BackoffMin, cfg.BackoffMax = 4*time.Millisecond, 64*time.Millisecond
	p := start(t, cfg, &nodestest.Echo{})
	receive(t, finished)
	p.Kill()
	// Pause k is at least half of min(4 ms << k, 64 ms); the first gap is the start's.
	for k, gap := range gaps[1:] {
		require.GreaterOrEqual(t, gap, min(cfg.BackoffMin<<k, cfg.BackoffMax)/2, "gap %d of %v", k, gaps)
	}
	require.Zero(t, p.Stats().Connects)
}

func TestAFullQueueDropsTheOldest(t *testing.T) {
	cfg1, cfg2 := couple(t)
	cfg1.Queue = 10
	cfg1.BackoffMin = 50 * time.Millisecond
	p := start(t, cfg1, body(func(t *task.T) {
		for n := range uint64(100) {
			t.Send("n2", nodestest.Ping{N: n})
		}
		t.Recv(task.Forever)
	}))
	require.Equal(t, live.Stats{Sent: 100, Dropped: 90}, p.Stats())
	got := make(chan uint64, 100)
	start(t, cfg2, body(func(t *task.T) {
		for {
			_, m, _ := t.Recv(task.Forever)
			got <- m.(nodestest.Ping).N
		}
	}))
	for want := uint64(90); want < 100; want++ {
		require.Equal(t, want, receive(t, got))
	}
}

func TestAClientThatIsNoPeerIsAnsweredOnItsConnection(t *testing.T) {
	cfg, _ := couple(t)
	start(t, cfg, &nodestest.Counter{})
	client := live.Config{
		ID: "c1", Dir: filepath.Join(t.TempDir(), "c1"), Logger: silent,
		Peers: map[nodes.ID]string{"n1": cfg.Peers["n1"]}, BackoffMax: 100 * time.Millisecond,
	}
	for round := range 2 { // the second process takes the place of the first
		sum := make(chan uint64, 1)
		p := start(t, client, body(func(t *task.T) {
			for n := uint64(1); ; n++ {
				if m, ok := t.Request("n1", nodestest.Add{N: n}, time.Second, nil); ok {
					sum <- m.(nodestest.Sum).Value
					return
				}
			}
		}))
		require.Equal(t, uint64(round+1), receive(t, sum))
		require.Empty(t, p.Addr())
		p.Kill()
	}
}

func TestAWrongAddressIsFoundAndNamed(t *testing.T) {
	var j journal
	cfg1, cfg2 := couple(t)
	start(t, cfg1, &nodestest.Echo{})
	cfg2.Peers = map[nodes.ID]string{"n2": cfg2.Peers["n2"], "n3": cfg1.Peers["n1"]}
	cfg2.Logger = j.logger()
	start(t, cfg2, &nodestest.Echo{})
	eventually(t, func() bool { return strings.Contains(j.String(), `err="it is n1, not n3"`) }, "n2 sees who answers")
}

// shake opens a connection, sends a frame, and returns what comes back until the end.
func shake(t *testing.T, addr, frame string) string {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	_, err = nc.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	require.NoError(t, err)
	b, _ := io.ReadAll(nc)
	return string(b)
}

func TestWhatIsNotAHelloIsRefused(t *testing.T) {
	var j journal
	cfg := alone(t)
	cfg.Listen, cfg.Logger = freeAddress(t), j.logger()
	start(t, cfg, &nodestest.Echo{})
	const own = "\x00\x00\x00\x0correry\x01\x02n1\x01x"
	for _, c := range []struct{ frame, back, log string }{
		{"GET / HTTP/1.1\r\n", "", "it does not speak the datagram protocol"},
		{"orrery\x02\x02n9", "", "it speaks version 2 of the datagram protocol, this program version 1"},
		{"orrery\x01\x01x\x02n2", own, "x takes this machine for n2"},
		{"orrery\x01\x02n1\x02n1", strings.Replace(own, "\x01x", "\x02n1", 1), "another machine says that it is n1"},
		{strings.Repeat("x", 2000), "", "it does not speak the datagram protocol"},
	} {
		got := shake(t, cfg.Listen, c.frame)
		if c.back == "" {
			require.Empty(t, got)
		} else {
			require.Equal(t, c.back[4:], got[4:])
		}
		eventually(t, func() bool { return strings.Contains(j.String(), c.log) }, c.log)
	}
}

func TestADatagramThatIsTooLongEndsItsConnection(t *testing.T) {
	var j journal
	cfg := alone(t)
	cfg.Listen, cfg.Logger, cfg.MaxDatagram = freeAddress(t), j.logger(), 100
	p := start(t, cfg, &nodestest.Echo{})
	nc, err := net.Dial("tcp", cfg.Listen)
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(patience)))
	for _, frame := range []string{"orrery\x01\x01x\x02n1", "\x01\x00\x00\x00\x00\x00\x00\x00\x07", strings.Repeat("x", 101)} {
		_, err = nc.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
		require.NoError(t, err)
	}
	_, err = io.ReadAll(nc)
	eventually(t, func() bool { return strings.Contains(j.String(), nodes.ErrFrame.Error()) }, "the frame is refused")
	require.Equal(t, uint64(1), p.Stats().Received)
}

func TestAReaderWaitsForASlowNode(t *testing.T) {
	cfg1, cfg2 := couple(t)
	const port, total = 7001, 64 << 20
	cfg1.Ports = map[nodes.Addr]string{{ID: "n1", Port: port}: freeAddress(t)}
	cfg2.Ports = cfg1.Ports
	hold, received := make(chan bool), make(chan int, 1)
	start(t, cfg1, body(func(t *task.T) {
		if err := t.Listen(port, nodes.Framing{}); err != nil {
			t.Halt(err)
		}
		c, _ := t.Accept(port, task.Forever)
		<-hold // the loop stands still, as in a slow handler
		n := 0
		for n < total {
			p, err := t.Read(c, task.Forever)
			if err != nil {
				t.Halt(err)
			}
			n += len(p)
		}
		received <- n
	}))
	unsent := make(chan int, 1)
	start(t, cfg2, body(func(t *task.T) {
		c, err := t.Dial(nodes.Addr{ID: "n1", Port: port}, nodes.Framing{}, task.Forever)
		if err != nil {
			t.Halt(err)
		}
		for range total / (1 << 16) {
			_ = t.Write(c, make([]byte, 1<<16))
		}
		for last := 0; ; t.Sleep(50 * time.Millisecond) {
			now := t.Unsent(c)
			if now == last {
				break
			}
			last = now
		}
		unsent <- t.Unsent(c)
		t.Recv(task.Forever)
	}))
	require.Greater(t, receive(t, unsent), total/2, "the sender is slowed down")
	close(hold)
	require.Equal(t, total, receive(t, received))
}
