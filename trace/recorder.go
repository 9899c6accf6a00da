package trace

import "iter"

const (
	chunkEvents = 256      // events a chunk: 52 KiB, so that a chunk is cheap to begin and to reuse
	slabBytes   = 64 << 10 // bytes of payload that are allocated at once
	ownSlab     = 16 << 10 // a payload above this gets memory of its own: it would waste the rest of a slab
)

// Recorder keeps the events of one run in memory. It is made for the hot path of a
// simulator: events lie in chunks that never move, payloads are copied into slabs,
// so an event costs two copies and next to no allocation.
//
// The zero value keeps everything. A Recorder is for one goroutine.
type Recorder struct {
	// Limit is how many events to keep: the last so many. 0 keeps all. Set it before
	// the first Record. Memory is bounded by Limit plus one chunk of events.
	Limit int

	chunks []*chunk // oldest first
	free   []*chunk // what Reset and the limit gave back
	total  int      // events ever added
	gone   int      // events that were in chunks which are no longer kept
}

// chunk is a stretch of events. Its payloads lie in its slab; an unlimited recorder
// hands the rest of the slab on to the next chunk.
type chunk struct {
	n      int
	slab   []byte
	events [chunkEvents]Event
}

// Record keeps e. The event and its payload are copied, so the caller keeps both.
// Strings are shared: they cannot change.
func (r *Recorder) Record(e *Event) {
	var c *chunk
	if len(r.chunks) > 0 {
		c = r.chunks[len(r.chunks)-1]
	}
	if c == nil || c.n == chunkEvents {
		c = r.begin(c)
	}
	slot := &c.events[c.n]
	*slot = *e
	if len(e.Payload) > 0 {
		slot.Payload = c.keep(e.Payload)
	}
	c.n++
	r.total++
}

// begin starts a new chunk after last, and lets go of the oldest when the younger
// ones hold the limit.
func (r *Recorder) begin(last *chunk) *chunk {
	if r.Limit > 0 && r.total-r.gone-chunkEvents >= r.Limit {
		oldest := r.chunks[0]
		copy(r.chunks, r.chunks[1:])
		r.chunks = r.chunks[:len(r.chunks)-1]
		r.gone += oldest.n
		r.free = append(r.free, oldest)
	}
	var c *chunk
	if n := len(r.free); n > 0 {
		c = r.free[n-1]
		r.free = r.free[:n-1]
		c.n = 0
		c.slab = c.slab[:0]
	} else {
		c = new(chunk)
		if last != nil && r.Limit == 0 {
			c.slab = last.slab[len(last.slab):]
			last.slab = nil // so that Reset cannot write under the next chunk's payloads
		}
	}
	r.chunks = append(r.chunks, c)
	return c
}

// keep copies p into the chunk's slab, and begins a new slab when it is full: the
// events of the old one go on pointing into it.
func (c *chunk) keep(p []byte) []byte {
	if len(p) > ownSlab {
		return append([]byte(nil), p...)
	}
	if cap(c.slab)-len(c.slab) < len(p) {
		c.slab = make([]byte, 0, slabBytes)
	}
	at := len(c.slab)
	c.slab = append(c.slab, p...)
	return c.slab[at:len(c.slab):len(c.slab)]
}

// Len is how many events are kept.
func (r *Recorder) Len() int {
	if n := r.total - r.gone; r.Limit <= 0 || n < r.Limit {
		return n
	}
	return r.Limit
}

// LeftOut is how many events were added and are not kept, because of the limit.
func (r *Recorder) LeftOut() int { return r.total - r.Len() }

// At is the i-th of the events that are kept, from 0. With a limit it is valid until
// the next Record. It panics if i is out of range, as a slice does.
func (r *Recorder) At(i int) *Event {
	if i < 0 || i >= r.Len() {
		panic("trace: index out of the recorder's range")
	}
	i += r.LeftOut() - r.gone
	return &r.chunks[i/chunkEvents].events[i%chunkEvents]
}

// Events yields the events that are kept, oldest first. With a limit they are valid
// until the next Record.
func (r *Recorder) Events() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		for i, n := 0, r.Len(); i < n; i++ {
			if !yield(r.At(i)) {
				return
			}
		}
	}
}

// Collect is a copy of the events that are kept, as the renderers of this package
// want them. The payloads are still the recorder's.
func (r *Recorder) Collect() []Event {
	out := make([]Event, 0, r.Len())
	for e := range r.Events() {
		out = append(out, *e)
	}
	return out
}

// Reset forgets all events and keeps the memory for the next run. What At, Events
// and Collect gave before is no longer valid.
func (r *Recorder) Reset() {
	r.free = append(r.free, r.chunks...)
	clear(r.chunks)
	r.chunks = r.chunks[:0]
	r.total, r.gone = 0, 0
}
