package stage_test

import (
	"fmt"
	"time"

	"orrery/lessons/stage"
	"orrery/nodes"
)

// light is switched on at each start of its process, and forgets everything in between.
type light struct{}

func (light) Codec() nodes.Codec                         { return nodes.JSONCodec() }
func (light) Boot(env nodes.Env) error                   { nodes.Note(env, "is on"); return nil }
func (light) Deliver(nodes.Env, nodes.ID, nodes.Message) {}
func (light) Fire(nodes.Env, nodes.Tag)                  {}
func (light) Synced(nodes.Env, nodes.Tag, error)         {}

// A lamp is crashed and started by hand.
func ExamplePlay() {
	lamp := stage.Variant{Name: "lamp", Build: func(w *stage.World) { w.AddServer("lamp", func() nodes.Node { return light{} }) }}
	scene := &stage.Scene{Variants: []stage.Variant{lamp}}
	s, err := stage.Play(scene, &lamp, 1, []string{"until 3s", "crash lamp", "start lamp"})
	if err != nil {
		panic(err)
	}
	v := s.View()
	fmt.Println(v.Machines[0].Life, v.Verdict, time.Duration(v.Now))
	fmt.Println(s.Do("start lamp"))
	// Output:
	// 2 ok so far 3s
	// this step is not possible here: lamp is up
}
