package ensemble_test

import (
	"fmt"
	"time"

	"orrery/lessons/ensemble"
	"orrery/lessons/stage"
	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/sim"
)

// Three servers elect a leader, and a client makes a node.
func Example() {
	w := &stage.World{U: sim.New(sim.Config{Seed: 1})}
	e := ensemble.New(w, 3, nil)
	w.AddClient("c1", func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := e.Open(t)
			fmt.Println(s.Connect(3 * time.Second))
			fmt.Println(s.Do(client.Create("/lesson", nil, nil, 0)).Err)
		})
	})
	w.U.Run(3 * time.Second)
	_, led := e.Leader()
	fmt.Println(led)
	// Output:
	// true
	// OK
	// true
}
