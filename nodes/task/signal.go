package task

import (
	"slices"
	"time"
)

// Signal is what some tasks of a machine wait for and others of them tell: that what they share has changed.
// It remembers nothing, so that a task looks before it waits, and again when it was woken. The zero value is ready.
type Signal struct{ waiting []*T }

// Wait blocks until the signal is raised, or timeout is over. raised tells which; other tasks may have run since.
func (s *Signal) Wait(t *T, timeout time.Duration) (raised bool) {
	t.env()
	if timeout <= 0 {
		return false
	}
	s.waiting = append(s.waiting, t)
	t.block("a signal", timeout)
	n := len(s.waiting)
	s.waiting = slices.DeleteFunc(s.waiting, func(o *T) bool { return o == t })
	return n == len(s.waiting)
}

// Raise wakes all who wait, in the order in which they began to. They run when t blocks.
func (s *Signal) Raise(t *T) {
	t.env()
	for _, o := range s.waiting {
		if o.waits != "" { // else its time is over already, and it is about to run
			t.m.wake(o)
		}
	}
	s.waiting = s.waiting[:0]
}
