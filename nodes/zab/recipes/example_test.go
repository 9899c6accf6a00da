package recipes_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/recipes"
	"orrery/sim"
)

// A program that does its work under a lock, and shows its token wherever it writes.
func ExampleLock() {
	u := sim.New(sim.Config{Seed: 1})
	u.Add("zk1", func() nodes.Node {
		c, err := config.Parse("zoo.cfg", []byte("tickTime=100\ndataDir=/data\nclientPort=2181\n"))
		if err != nil {
			panic(err)
		}
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	u.Add("worker", func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := client.OpenSession(t, client.Config{Servers: []nodes.Addr{{ID: "zk1", Port: 2181}}, Stream: true})
			lock := &recipes.Lock{Party: recipes.Party{T: t, S: s, Name: "worker"}, Path: "/locks"}
			for range 2 {
				h, err := lock.Acquire(recipes.Exclusive, time.Minute)
				if err != nil {
					return
				}
				fmt.Printf("holds it, with token %x\n", h.Token)
				lock.Release(h)
			}
		})
	}).Start(0)
	u.Run(time.Minute)
	// Output:
	// holds it, with token 3
	// holds it, with token 6
}
