package task_test

import (
	"fmt"
	"time"

	"orrery/nodes"
	"orrery/nodes/task"
)

// A client that asks until it is answered.
func ExampleNew() {
	client := task.New(words{}, func(t *task.T) {
		for try := 1; ; try++ {
			answer, ok := t.Request("server", word("PING"), time.Second, func(m nodes.Message) bool {
				return m.Kind() == "PONG"
			})
			if ok {
				fmt.Printf("%s at try %d, after %v\n", answer.Kind(), try, t.Monotonic())
				return
			}
		}
	})

	machine := newBench(client) // a runtime: sim or live
	machine.boot()
	machine.pass(2500 * time.Millisecond)
	machine.say("server", "PONG")
	// Output: PONG at try 3, after 2.5s
}

// A server and what it does in the background share their variables.
func ExampleT_Go() {
	server := task.New(words{}, func(t *task.T) {
		served := 0
		t.Go("report", func(t *task.T) {
			t.Sleep(time.Minute)
			fmt.Println("served", served)
		})
		for {
			from, _, _ := t.Recv(task.Forever)
			t.Send(from, word("PONG"))
			served++
		}
	})

	machine := newBench(server)
	machine.boot()
	machine.say("c1", "PING")
	machine.say("c2", "PING")
	machine.pass(time.Minute)
	// Output: served 2
}
