package storm

import "iter"

// strand is the thread of a task that waits for answers: a coroutine, which runs one item after another, and stands still in
// the middle of one while the rest of the machine goes on.
type strand struct {
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	items  []func()
	within bool // of an item
	gone   bool // the process has ended
}

// released unwinds an item whose task has ended.
type released struct{}

func newStrand() *strand {
	s := &strand{}
	s.next, s.stop = iter.Pull(func(yield func(struct{}) bool) {
		s.yield = yield
		defer func() {
			if s.gone {
				if r := recover(); r != nil && r != any(released{}) {
					panic(r)
				}
			}
		}()
		for {
			for len(s.items) > 0 {
				item := s.items[0]
				s.items = s.items[1:]
				s.within = true
				item()
				s.within = false
			}
			s.pause()
		}
	})
	return s
}

// do runs an item behind those that there are.
func (s *strand) do(item func()) {
	s.items = append(s.items, item)
	if !s.within {
		s.next()
	}
}

// wait stands still until resume.
func (s *strand) wait() { s.pause() }

// resume goes on in the middle of an item.
func (s *strand) resume() { s.next() }

func (s *strand) pause() {
	if !s.yield(struct{}{}) {
		panic(released{})
	}
}

// end lets the coroutine go.
func (s *strand) end() {
	s.gone = true
	s.stop()
}
