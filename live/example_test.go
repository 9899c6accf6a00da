package live_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"orrery/live"
	"orrery/nodes"
	"orrery/nodes/nodestest"
	"orrery/nodes/task"
)

// A counter that keeps its count on disk, and a client that nobody told the counter about.
func ExampleStart() {
	dir, err := os.MkdirTemp("", "orrery")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	server, err := live.Start(live.Config{
		ID: "n1", Dir: filepath.Join(dir, "n1"), Listen: "127.0.0.1:0",
		Logger: slog.New(slog.DiscardHandler),
	}, &nodestest.Counter{})
	if err != nil {
		panic(err)
	}

	done := make(chan bool)
	client, err := live.Start(live.Config{
		ID: "c1", Dir: filepath.Join(dir, "c1"), Peers: map[nodes.ID]string{"n1": server.Addr()},
		Logger: slog.New(slog.DiscardHandler),
	}, task.New(nodestest.Codec(), func(t *task.T) {
		for n := range uint64(3) {
			if m, ok := t.Request("n1", nodestest.Add{N: n}, time.Minute, nil); ok {
				fmt.Println("the count is", m.(nodestest.Sum).Value)
			}
		}
		close(done)
	}))
	if err != nil {
		panic(err)
	}
	<-done
	fmt.Println(client.Stop(), server.Stop())
	// Output:
	// the count is 1
	// the count is 2
	// the count is 3
	// <nil> <nil>
}
