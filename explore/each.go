package explore

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Ahead is how many universes a worker may be ahead of the slowest one, on average: it
// bounds the results that wait in memory for their turn. A universe may take so many times as
// long as the others before any core is idle.
const Ahead = 64

// Each runs run once for every seed, on so many workers (0 stands for
// GOMAXPROCS), and hands the results to got in the order of the seeds, one at a time, on the
// goroutine that called Each. run is called on many goroutines at once; got need not be
// safe for that.
//
// It ends, and returns nil, when all seeds are done or got returns false. When ctx ends, no
// further universe is begun; those under way are finished, all that was begun is handed
// to got, and the cause of ctx's end is returned. A panic of run does not end the program:
// when its seed's turn comes, Each ends with a *PanicError. Use [Guard] to make a result of it.
//
// When Each returns, run is running nowhere.
func Each[R any](ctx context.Context, seeds Seeds, workers int, run func(seed uint64) R, got func(seed uint64, r R) bool) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	c := newCampaign(ctx, seeds, workers, run)
	unwatch := context.AfterFunc(ctx, c.stop) // wakes whoever waits
	defer unwatch()
	var group sync.WaitGroup
	for range workers {
		group.Go(c.work)
	}
	defer group.Wait()
	defer c.stop() // runs before Wait: got said stop, or panicked
	for {
		slot, ok := c.next()
		if !ok {
			break
		}
		if slot.panicked != nil {
			return slot.panicked
		}
		if !got(slot.seed, slot.result) {
			return nil
		}
	}
	if c.due < c.len {
		return context.Cause(ctx)
	}
	return nil
}

// PanicError is the panic of a universe.
type PanicError struct {
	Seed  uint64
	Value any    // what was given to panic
	Stack string // of the goroutine that panicked
}

// Error is one line; the stack is not part of it.
func (p *PanicError) Error() string { return fmt.Sprintf("seed %d: panic: %v", p.Seed, p.Value) }

// Guard returns run with panics made into results, for campaigns that go on.
func Guard[R any](run func(seed uint64) R, panicked func(*PanicError) R) func(seed uint64) R {
	return func(seed uint64) R {
		r, p := guarded(run, seed)
		if p != nil {
			return panicked(p)
		}
		return r
	}
}

func guarded[R any](run func(seed uint64) R, seed uint64) (r R, p *PanicError) {
	defer func() {
		if v := recover(); v != nil {
			p = &PanicError{Seed: seed, Value: v, Stack: string(debug.Stack())}
		}
	}()
	return run(seed), nil
}

// campaign is a ring of results between workers, which fill it in any order, and one
// reader, who empties it in the order of the seeds. Positions count from 0.
type campaign[R any] struct {
	ctx   context.Context
	run   func(seed uint64) R
	first uint64
	len   uint64

	mu     sync.Mutex
	room   sync.Cond // for workers: a slot is free, or the campaign is over
	filled sync.Cond // for the reader: the slot that is due is filled, or there will be none
	ring   []slot[R]
	taken  uint64 // positions below are begun
	due    uint64 // positions below are read
	over   bool   // begin no more
}

// slot is the result of one universe, once it is done.
type slot[R any] struct {
	seed     uint64
	result   R
	panicked *PanicError
	done     bool
}

func newCampaign[R any](ctx context.Context, seeds Seeds, workers int, run func(seed uint64) R) *campaign[R] {
	n := seeds.Len()
	c := &campaign[R]{ctx: ctx, run: run, first: seeds.First, len: n, ring: make([]slot[R], min(n, uint64(workers)*Ahead))}
	c.room.L, c.filled.L = &c.mu, &c.mu
	return c
}

// stop ends the campaign: not one more universe is begun.
func (c *campaign[R]) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	c.room.Broadcast()
	c.filled.Signal()
}

// work runs universes until there are none left to begin.
func (c *campaign[R]) work() {
	for {
		at, ok := c.take()
		if !ok {
			return
		}
		c.one(at)
	}
}

// one runs the universe at a position. Its result is put even if run ends the goroutine, as
// a test's FailNow does: otherwise the reader would wait for it for ever.
func (c *campaign[R]) one(at uint64) {
	s := slot[R]{seed: c.first + at, done: true}
	s.panicked = &PanicError{Seed: s.seed, Value: "the universe ended its goroutine (runtime.Goexit)"}
	defer func() { c.put(at, s) }()
	s.result, s.panicked = guarded(c.run, s.seed)
}

// take begins the next position, once the ring has room for it.
func (c *campaign[R]) take() (at uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.over && c.taken < c.len && c.taken-c.due >= uint64(len(c.ring)) {
		c.room.Wait()
	}
	if c.over = c.over || c.ctx.Err() != nil; c.over || c.taken >= c.len {
		c.filled.Signal() // the reader may wait for what is never begun
		return 0, false
	}
	c.taken++
	return c.taken - 1, true
}

func (c *campaign[R]) put(at uint64, s slot[R]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring[at%uint64(len(c.ring))] = s
	if at == c.due {
		c.filled.Signal()
	}
}

// next waits for the result that is due. ok is false when there is none to come.
func (c *campaign[R]) next() (s slot[R], ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.due == c.len || c.over && c.due == c.taken {
			return slot[R]{}, false
		}
		at := c.due % uint64(len(c.ring))
		if c.ring[at].done {
			s, c.ring[at] = c.ring[at], slot[R]{}
			c.due++
			c.room.Signal()
			return s, true
		}
		c.filled.Wait()
	}
}
