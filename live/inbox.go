package live

import "sync"

// event is what another goroutine has for the loop to do.
type event func()

// inbox is the queue of them. Those who read from the network bound what they put in with
// a gauge; all else is one event for something that the node itself asked for.
type inbox struct {
	mu     sync.Mutex
	events []event
	closed bool
	bell   chan struct{} // has room for one ring

	batch []event // taken, not yet run; the loop's own
}

func newInbox() *inbox { return &inbox{bell: make(chan struct{}, 1)} }

// put hands e to the loop. It returns false if the loop has ended.
func (q *inbox) put(e event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.events = append(q.events, e)
	ring(q.bell)
	return true
}

// wake makes the loop look around.
func (q *inbox) wake() { ring(q.bell) }

// take returns the next event, or nil.
func (q *inbox) take() event {
	if len(q.batch) == 0 {
		q.mu.Lock()
		q.batch, q.events = q.events, nil
		q.mu.Unlock()
	}
	if len(q.batch) == 0 {
		return nil
	}
	e := q.batch[0]
	q.batch[0] = nil
	q.batch = q.batch[1:]
	return e
}

func (q *inbox) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.events = true, nil
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default: // it rings already
	}
}

// gauge bounds how much of what one reader has read waits for the loop.
type gauge struct {
	limit int // bytes; one frame may exceed it, if it is alone

	mu     sync.Mutex
	room   sync.Cond
	used   int
	paused bool // nothing more may wait
	closed bool
}

// readAhead is how many bytes of one connection may wait for the loop.
const readAhead = 1 << 20

func newGauge() *gauge {
	g := &gauge{limit: readAhead}
	g.room.L = &g.mu
	return g
}

// acquire waits until n more bytes may wait.
func (g *gauge) acquire(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for (g.paused || g.used > 0 && g.used+n > g.limit) && !g.closed {
		g.room.Wait()
	}
	g.used += n
}

func (g *gauge) release(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used -= n
	g.room.Broadcast()
}

// pause makes the reader wait, or go on.
func (g *gauge) pause(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = on
	g.room.Broadcast()
}

// close ends all waiting, now and later.
func (g *gauge) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.room.Broadcast()
}
