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
			d := e.Open(t).Do(client.Create("/lesson", nil, nil, 0))
			fmt.Println(d.Err)
		})
	})
	w.U.Run(time.Second)
	_, led := e.Leader()
	fmt.Println(led)
	// Output:
	// OK
	// true
}
