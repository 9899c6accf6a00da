package trial_test

import (
	"errors"
	"fmt"
	"time"

	"orrery/explore/trial"
	"orrery/nemesis"
	"orrery/nodes"
)

// light is a lamp that its machine switches on at every start, and whose state is forgotten at
// every crash.
type light struct{ starts *int }

func (l light) Codec() nodes.Codec                             { return nodes.JSONCodec() }
func (l light) Boot(nodes.Env) error                           { *l.starts++; return nil }
func (l light) Deliver(nodes.Env, nodes.ID, nodes.Message)     {}
func (l light) Fire(nodes.Env, nodes.Tag)                      {}
func (l light) Synced(env nodes.Env, tag nodes.Tag, err error) {}

// A world with an invariant that a crash breaks.
func ExampleRun() {
	plan, err := nemesis.ParsePlan("", []byte("1s crash(all) until 1100ms"))
	if err != nil {
		panic(err)
	}
	r, err := trial.Run(trial.Options{Seed: 1, Plan: &plan}, func(w *trial.World) error {
		starts := 0
		w.Horizon = 5 * time.Second
		w.AddServer("lamp", func() nodes.Node { return light{&starts} })
		w.Always("started once", func() error {
			if starts > 1 {
				return errors.New("the lamp was switched on twice")
			}
			return nil
		})
		return nil
	})
	fmt.Println(r.Verdict, r.Property, time.Duration(r.VirtualNS), err)
	// Output: violated started once 1.1s <nil>
}
