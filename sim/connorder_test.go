package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
)

// What is written to a connection comes in order, whatever happens to the link meanwhile: a cut that ends must not
// let what was on its way at that moment overtake what has waited.
func TestAConnectionKeepsItsOrderThroughCutsAndClogs(t *testing.T) {
	for seed := range uint64(300) {
		var got []string
		sent := 0
		var conn nodes.Conn
		u := pair(Config{Seed: seed, Net: NetConfig{Delay: Dist{Min: time.Millisecond, Mean: 20 * time.Millisecond}}}, &script{
			boot: func(env nodes.Env) error {
				conn = env.Dial(nodes.Addr{ID: "b", Port: 1}, nodes.Framing{})
				env.SetTimer(tag("write"), 50*time.Millisecond)
				return nil
			},
			fire: func(env nodes.Env, t nodes.Tag) {
				if sent < 200 {
					_ = env.Write(conn, fmt.Append(nil, sent))
					sent++
					env.SetTimer(t, 2*time.Millisecond)
				}
			},
		}, &script{
			boot:     func(env nodes.Env) error { return env.Listen(1, nodes.Framing{}) },
			received: func(_ nodes.Env, _ nodes.Conn, p []byte) { got = append(got, string(p)) },
		})
		for i := range uint64(6) {
			at, length := u.Draw("test/at", i, 400), u.Draw("test/length", i, 60)
			hold := u.Draw("test/hold", i, 2) == 1
			u.After(time.Duration(at)*time.Millisecond, fmt.Sprint("fault ", i), func() {
				a := u.DisturbLinks("link", [][2]nodes.ID{{"a", "b"}}, LinkFault{Cut: !hold, Hold: hold})
				u.After(time.Duration(length)*time.Millisecond, fmt.Sprint("heal ", i), a.End)
			})
		}
		u.Run(10 * time.Second)
		require.NotEmpty(t, got, "seed %d", seed)
		for i, p := range got {
			require.Equal(t, fmt.Sprint(i), p, "seed %d", seed)
		}
		if len(got) < sent { // the connection was never made, or was broken
			require.NotZero(t, u.Stats().Resets, "seed %d: %d of %d", seed, len(got), sent)
		}
	}
}

// A connection that breaks ends a stream somewhere: what was written before it broke comes, or does not from some byte on. It
// must not come with a hole, as it would if what waits for the link were thrown away and what is on its way were not.
func TestAConnectionThatBreaksLeavesNoHole(t *testing.T) {
	broken := uint64(0)
	for seed := range uint64(300) {
		got := map[uint64][]string{} // by the connection of the receiver
		var conn nodes.Conn
		sent := 0
		u := pair(Config{Seed: seed, Net: NetConfig{Delay: Dist{Min: time.Millisecond, Mean: 20 * time.Millisecond}}}, &script{
			boot: func(env nodes.Env) error {
				env.SetTimer(tag("write"), 10*time.Millisecond)
				return nil
			},
			fire: func(env nodes.Env, t nodes.Tag) {
				if env.Write(conn, fmt.Append(nil, sent)) != nil {
					conn, sent = env.Dial(nodes.Addr{ID: "b", Port: 1}, nodes.Framing{}), -1
				}
				sent++
				env.SetTimer(t, 2*time.Millisecond)
			},
		}, &script{
			boot: func(env nodes.Env) error { return env.Listen(1, nodes.Framing{}) },
			received: func(env nodes.Env, c nodes.Conn, p []byte) {
				got[c.N] = append(got[c.N], string(p))
				_ = env.Write(c, p) // what the other side may be told with that the connection is broken
			},
		})
		for i := range uint64(8) {
			at, length := u.Draw("test/at", i, 800), u.Draw("test/length", i, 60)
			u.After(time.Duration(at)*time.Millisecond, fmt.Sprint("fault ", i), func() {
				a := u.DisturbLinks("link", [][2]nodes.ID{{"a", "b"}}, LinkFault{Hold: true})
				r := u.DisturbLinks("resets", [][2]nodes.ID{{"b", "a"}}, LinkFault{ResetPPM: 200_000})
				u.After(time.Duration(length)*time.Millisecond, fmt.Sprint("heal ", i), func() { a.End(); r.End() })
			})
		}
		u.Run(time.Second)
		for c, frames := range got {
			for i, p := range frames {
				require.Equal(t, fmt.Sprint(i), p, "seed %d, connection %d", seed, c)
			}
		}
		broken += u.Stats().Resets
	}
	require.Greater(t, broken, uint64(300))
}
