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
