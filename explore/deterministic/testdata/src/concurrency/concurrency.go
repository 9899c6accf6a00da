package concurrency

import (
	"context"
	"sync"
	"sync/atomic"

	"orrery/nodes"
)

type node struct {
	nodes.Node
	mu   sync.Mutex    // want `sync.Mutex reaches outside the universe; use plain fields`
	n    atomic.Int64  // want `atomic.Int64`
	done chan struct{} // want `a channel joins goroutines`
	ctx  context.Context
}

func (n *node) bad() {
	go n.good()          // want `go starts a goroutine.*Env.Post`
	n.mu.Lock()          // its declaration is reported
	n.done <- struct{}{} // want `a channel send waits`
	<-n.done             // want `a channel receive waits`
	close(n.done)        // want `closing a channel`
	for range n.done {   // want `a range over a channel`
	}
	select { // want `select takes a random ready case`
	case <-n.done:
	case n.done <- struct{}{}:
		go n.good() // want `go starts a goroutine`
	}
	_, _ = context.WithTimeout(n.ctx, 1)    // want `context.WithTimeout reaches outside the universe; use Env.SetTimer`
	_ = context.AfterFunc(n.ctx, func() {}) // want `context.AfterFunc`
}

func closing(close func(int)) { close(1) }

func (n *node) good() {
	_ = context.WithValue(context.Background(), "a", "b")
	defer n.good()
	func() {}()
}
