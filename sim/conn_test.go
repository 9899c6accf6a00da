package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/sim/vdisk"
)

const testPort = 7

// talkers makes a listener that keeps what it hears, and a dialler that writes some frames at
// once, before the connection stands.
func talkers(frames int, log *[]string) (dialler, listener *script) {
	note := func(side string) *script {
		return &script{
			opened:   func(_ nodes.Env, c nodes.Conn, peer string) { *log = append(*log, side+" open to "+peer) },
			received: func(_ nodes.Env, c nodes.Conn, p []byte) { *log = append(*log, side+" got "+string(p)) },
			closed:   func(_ nodes.Env, c nodes.Conn, err error) { *log = append(*log, fmt.Sprint(side, " closed ", err)) },
		}
	}
	dialler, listener = note("dialler"), note("listener")
	dialler.boot = func(env nodes.Env) error {
		env.SetTimer(tag("dial"), time.Millisecond)
		return nil
	}
	dialler.fire = func(env nodes.Env, t nodes.Tag) {
		c := env.Dial(nodes.Addr{ID: "b", Port: testPort}, nodes.Framing{})
		for i := range frames {
			if err := env.Write(c, fmt.Append(nil, i)); err != nil {
				*log = append(*log, "write: "+err.Error())
			}
		}
	}
	listener.boot = func(env nodes.Env) error { return env.Listen(testPort, nodes.Framing{}) }
	return dialler, listener
}

func TestFramesArriveInOrder(t *testing.T) {
	for seed := range uint64(20) {
		var log []string
		a, b := talkers(5, &log)
		pair(Config{Seed: seed, Net: lan}, a, b).Run(time.Second)
		var heard []string
		for _, line := range log {
			if line != "dialler open to b" {
				heard = append(heard, line)
			}
		}
		require.Equal(t, []string{"listener open to a", "listener got 0", "listener got 1",
			"listener got 2", "listener got 3", "listener got 4"}, heard)
		require.Len(t, log, 7)
	}
}

func TestDialsThatFail(t *testing.T) {
	hang := func(u *Universe) { u.DisturbLinks("hang", [][2]nodes.ID{{"a", "b"}}, LinkFault{HangDials: true}) }
	for name, c := range map[string]struct {
		trouble func(u *Universe)
		want    string
	}{
		"nobody is there": {func(u *Universe) { u.Machine("b").Kill(vdisk.LoseNothing) }, "connection refused"},
		"no power":        {func(u *Universe) { u.Machine("b").Kill(vdisk.LoseUnsynced) }, "connection timed out"},
		"it hangs":        {hang, "connection timed out"},
		"it is refused": {func(u *Universe) {
			u.DisturbLinks("refuse", [][2]nodes.ID{{"a", "b"}}, LinkFault{RefuseDials: true})
		}, "connection refused"},
		"the link is cut": {func(u *Universe) {
			u.DisturbLinks("cut", [][2]nodes.ID{{"a", "b"}}, LinkFault{Cut: true})
		}, "connection timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			var log []string
			a, b := talkers(0, &log)
			u := pair(Config{Net: lan}, a, b)
			u.After(time.Microsecond, "trouble", func() { c.trouble(u) })
			u.Run(time.Minute)
			require.Equal(t, []string{"dialler closed " + c.want}, log)
		})
	}
}

// A dial on a slow link is given up before it arrives. Bytes were written ahead of it; TCP would not have sent them before its handshake
// was over, so nobody hears of any of it. One that is closed in order is still carried out.
func TestADialThatIsGivenUpIsNeverHeardOf(t *testing.T) {
	for how, want := range map[string][]string{
		"reset":   nil,
		"crash":   nil,
		"timeout": {"dialler closed connection timed out"},
		"close":   {"listener open to a", "listener got ahead", "listener closed <nil>"},
	} {
		t.Run(how, func(t *testing.T) {
			var log []string
			a, b := talkers(0, &log)
			delay := 3 * time.Second
			if how == "timeout" {
				delay = time.Minute
			}
			u := pair(Config{Net: lan}, a, b)
			u.DisturbLinks("slow", [][2]nodes.ID{{"a", "b"}}, LinkFault{Delay: Dist{Min: delay}})
			var conn nodes.Conn
			a.boot = func(env nodes.Env) error {
				conn = env.Dial(nodes.Addr{ID: "b", Port: testPort}, nodes.Framing{})
				env.SetTimer(tag("over"), time.Second)
				return env.Write(conn, []byte("ahead"))
			}
			a.fire = func(env nodes.Env, _ nodes.Tag) {
				switch how {
				case "reset":
					env.Reset(conn)
				case "close":
					env.Close(conn)
				case "crash":
					u.After(time.Millisecond, "crash", func() { u.Machine("a").Kill(vdisk.LoseNothing) })
				}
			}
			u.Run(3 * time.Minute)
			require.Equal(t, want, log)
		})
	}
}

func TestAStallDelaysAndALongOneBreaks(t *testing.T) {
	for _, c := range []struct {
		stall time.Duration
		last  string
	}{
		{5 * time.Second, "listener got 1"},
		{time.Minute, "dialler closed connection timed out"},
	} {
		var log []string
		a, b := talkers(1, &log)
		a.opened = func(env nodes.Env, conn nodes.Conn, _ string) {
			env.SetTimer(tag("later"), time.Second)
			a.fire = func(env nodes.Env, _ nodes.Tag) { _ = env.Write(conn, []byte("1")) }
		}
		u := pair(Config{Net: lan}, a, b)
		u.After(500*time.Millisecond, "cut", func() {
			cut := u.DisturbLinks("cut", [][2]nodes.ID{{"a", "b"}}, LinkFault{Cut: true})
			u.After(c.stall, "heal", cut.End)
		})
		u.Run(45 * time.Second)
		require.Equal(t, c.last, log[len(log)-1])
	}
}

func TestTheDeathOfAProcessIsHeardOf(t *testing.T) {
	var log []string
	a, b := talkers(1, &log)
	u := pair(Config{Net: lan}, a, b)
	u.After(time.Second, "kill", func() { u.Machine("b").Kill(vdisk.LoseNothing) })
	u.Run(time.Minute)
	require.Equal(t, "dialler closed connection reset", log[len(log)-1])
}

// After a loss of power nobody says anything: the connection is half-open until bytes go
// unanswered for too long, or reach the machine's next life.
func TestTheLossOfPowerIsNotHeardOf(t *testing.T) {
	for _, restart := range []bool{false, true} {
		var log []string
		a, b := talkers(1, &log)
		var conn nodes.Conn
		a.opened = func(env nodes.Env, c nodes.Conn, _ string) {
			conn = c
			env.SetTimer(tag("later"), 10*time.Second)
			a.fire = func(env nodes.Env, _ nodes.Tag) { _ = env.Write(conn, []byte("anyone?")) }
		}
		u := pair(Config{Net: lan}, a, b)
		u.After(time.Second, "kill", func() {
			u.Machine("b").Kill(vdisk.LoseUnsynced)
			if restart {
				u.Machine("b").Start(time.Second)
			}
		})
		u.Run(9 * time.Second)
		require.Equal(t, "listener got 0", log[len(log)-1], "half-open")
		u.Run(time.Minute)
		want := "dialler closed connection timed out"
		if restart {
			want = "dialler closed connection reset"
		}
		require.Equal(t, want, log[len(log)-1])
	}
}

func TestTooLongAFrameEndsTheConnection(t *testing.T) {
	var log []string
	a, b := talkers(1, &log)
	b.boot = func(env nodes.Env) error { return env.Listen(testPort, nodes.Framing{MaxFrame: 4}) }
	a.opened = func(env nodes.Env, c nodes.Conn, _ string) {
		require.NoError(t, env.Write(c, []byte("12345")))
		require.ErrorIs(t, env.Write(c, make([]byte, nodes.DefaultMaxFrame+1)), nodes.ErrFrame)
	}
	u := pair(Config{Net: lan}, a, b)
	u.Run(time.Second)
	require.Contains(t, log, "listener closed frame is too long or malformed")
	require.Contains(t, log, "dialler closed connection reset")
}

func TestAStreamKeepsBytesNotBoundaries(t *testing.T) {
	split := 0
	for seed := range uint64(10) {
		var log []string
		a, b := talkers(0, &log)
		var heard []byte
		pieces := 0
		b.boot = func(env nodes.Env) error { return env.Listen(testPort, nodes.Framing{Stream: true}) }
		b.received = func(_ nodes.Env, _ nodes.Conn, p []byte) { heard = append(heard, p...); pieces++ }
		a.fire = func(env nodes.Env, _ nodes.Tag) {
			c := env.Dial(nodes.Addr{ID: "b", Port: testPort}, nodes.Framing{Stream: true})
			_ = env.Write(c, []byte("ruok, and how "))
			_ = env.Write(c, []byte("are you?"))
			env.Close(c)
		}
		pair(Config{Seed: seed, Net: lan}, a, b).Run(time.Second)
		require.Equal(t, "ruok, and how are you?", string(heard))
		require.Equal(t, "listener closed <nil>", log[len(log)-1])
		if pieces > 2 {
			split++
		}
	}
	require.Positive(t, split)
}
