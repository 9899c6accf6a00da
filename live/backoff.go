package live

import (
	"math/rand/v2"
	"time"
)

// backoff is a pause that doubles. Its jitter keeps the many who lost one peer from
// coming back to it at one moment.
type backoff struct {
	min, max time.Duration
	next     time.Duration
}

// pause is how long to wait now: between a half and the whole of the present length.
func (b *backoff) pause() time.Duration {
	d := max(b.next, b.min)
	b.next = min(2*d, b.max)
	return d/2 + rand.N(d/2+1)
}

func (b *backoff) reset() { b.next = 0 }

// wait pauses. It returns false at once when stop is closed.
func (b *backoff) wait(stop <-chan struct{}) bool {
	t := time.NewTimer(b.pause())
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-stop:
		return false
	}
}
