package live

import "sync"

// limitBytes bounds an outbox that has a limit in bytes as well, but for one frame.
const limitBytes = 64 << 20

// outbox is what waits to be written to one connection. Putting never blocks.
type outbox struct {
	limit int // frames, the oldest of which is dropped; 0 for no limit

	mu      sync.Mutex
	frames  [][]byte
	unsent  int           // bytes put and not yet written, those that were taken too
	closed  bool          // nothing more is put
	aborted bool          // and nothing more is taken
	bell    chan struct{} // has room for one ring
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, bell: make(chan struct{}, 1)}
}

// put queues one frame with its header. It returns how many were dropped for it.
func (o *outbox) put(frame []byte) (dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 1
	}
	for o.limit > 0 && len(o.frames) > 0 && (len(o.frames) >= o.limit || o.unsent+len(frame) > limitBytes) {
		o.unsent -= len(o.frames[0])
		o.frames[0] = nil
		o.frames = o.frames[1:]
		dropped++
	}
	o.frames = append(o.frames, frame)
	o.unsent += len(frame)
	ring(o.bell)
	return dropped
}

// take waits for frames, and returns all there are, or false if no more will come or stop
// is closed.
func (o *outbox) take(stop <-chan struct{}) ([][]byte, bool) {
	for {
		o.mu.Lock()
		frames, closed, aborted := o.frames, o.closed, o.aborted
		if !aborted {
			o.frames = nil
		}
		o.mu.Unlock()
		switch {
		case aborted:
			return nil, false
		case len(frames) > 0:
			return frames, true
		case closed:
			return nil, false
		}
		select {
		case <-o.bell:
		case <-stop:
			return nil, false
		}
	}
}

// sent tells that n bytes of what was taken have been written, or lost.
func (o *outbox) sent(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.aborted {
		o.unsent -= n
	}
}

// waiting is how many bytes were put and not yet written.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.unsent
}

// close lets what was put be the last.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	ring(o.bell)
}

// abort throws away what was put.
func (o *outbox) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.aborted, o.frames, o.unsent = true, true, nil, 0
	ring(o.bell)
}
