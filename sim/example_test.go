package sim_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/sim"
)

type ping struct{ N int }

func (ping) Kind() string { return "ping" }

// player returns every ball with one more on the count.
type player struct {
	other  nodes.ID
	serves bool
}

func (p *player) Codec() nodes.Codec { return nodes.JSONCodec(ping{}) }

func (p *player) Boot(env nodes.Env) error {
	if p.serves {
		env.Send(p.other, ping{1})
	}
	return nil
}

func (p *player) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	env.Send(from, ping{m.(ping).N + 1})
}

func (p *player) Fire(nodes.Env, nodes.Tag)          {}
func (p *player) Synced(nodes.Env, nodes.Tag, error) {}

// Two machines play ping-pong over a network that loses nothing, until one of them
// crashes.
func Example() {
	u := sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: 10 * time.Millisecond}}})
	u.Add("a", func() nodes.Node { return &player{other: "b", serves: true} }).Start(0)
	u.Add("b", func() nodes.Node { return &player{other: "a"} }).Start(0)
	u.After(95*time.Millisecond, "crash", func() { u.Machine("b").Kill(0) })

	fmt.Println(u.Run(time.Minute), "with", u.Stats().Delivered, "balls;", u.Stats().Dropped[sim.DropDown], "flew past")
	// Output: quiet with 10 balls; 1 flew past
}
