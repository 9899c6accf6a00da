package lockstep

import (
	"fmt"
	"slices"

	"orrery/nodes"
)

// Report is what a search has seen.
type Report struct {
	Executions     int
	Exhausted      bool // everything within the bounds was tried
	Counterexample *Counterexample
}

// String is the report in a line.
func (r *Report) String() string {
	switch {
	case r.Counterexample != nil:
		return fmt.Sprintf("counterexample after %d executions: %s", r.Executions, r.Counterexample)
	case r.Exhausted:
		return fmt.Sprintf("none in all %d executions", r.Executions)
	}
	return fmt.Sprintf("none in %d executions, and there are more", r.Executions)
}

// search is one search under way.
type search struct {
	w   *World
	b   Bounds
	max int
	r   Report
}

// Search tries every choice of machines that stop and of messages that are lost, until something does not hold, or nothing
// is left, or after so many executions. It begins with what breaks protocols most easily: partitions.
func (w *World) Search(b Bounds, most int) *Report {
	s := &search{w: w, b: b, max: most}
	stops := s.stops()
	for _, crashes := range stops {
		if s.partitions(crashes) {
			return &s.r
		}
	}
	s.r.Exhausted = true
	for _, crashes := range stops {
		if s.losses(crashes, nil, 0) || !s.r.Exhausted {
			return &s.r
		}
	}
	return &s.r
}

// stops are all choices of who stops when, of fewest machines first.
func (s *search) stops() [][]Crash {
	all := [][]Crash{nil}
	for from := 0; len(all[len(all)-1]) < s.b.Crashes; {
		end := len(all)
		for _, c := range all[from:end] {
			first := 0
			if len(c) > 0 {
				first = 1 + slices.IndexFunc(s.w.Machines, func(m Machine) bool { return m.ID == c[len(c)-1].ID })
			}
			for _, m := range s.w.Machines[first:] {
				for round := 1; round <= s.b.EOT; round++ {
					all = append(all, append(slices.Clone(c), Crash{m.ID, round}))
				}
			}
		}
		if from = end; len(all) == end {
			break
		}
	}
	return all
}

// partitions tries every cut in two, from some round on, as far as messages can be lost.
func (s *search) partitions(crashes []Crash) bool {
	n := len(s.w.Machines)
	for from := 1; from < s.b.EFF; from++ {
		for sides := 1; sides < 1<<(n-1); sides++ {
			side := func(l Loss) bool { return s.side(sides, l.From) != s.side(sides, l.To) && l.Round >= from }
			if s.try(crashes, nil, side) {
				return true
			}
		}
	}
	return false
}

func (s *search) side(sides int, id nodes.ID) bool {
	i := slices.IndexFunc(s.w.Machines, func(m Machine) bool { return m.ID == id })
	return sides>>i&1 == 1
}

// losses tries what is lost so far, and then each larger set: those that lose one message more, which was sent later than
// the last. Each set of the messages that are really sent is tried once.
func (s *search) losses(crashes []Crash, lost []Loss, next int) bool {
	if s.r.Executions >= s.max {
		s.r.Exhausted = false
		return false
	}
	r, why := s.w.execute(s.b, crashes, lost, nil)
	s.r.Executions++
	if why != "" {
		s.found(crashes, lost, why)
		return true
	}
	for i := next; i < len(r.losable); i++ {
		if s.losses(crashes, append(slices.Clone(lost), r.losable[i]), i+1) || !s.r.Exhausted {
			return s.r.Counterexample != nil
		}
	}
	return false
}

// try runs one execution.
func (s *search) try(crashes []Crash, lost []Loss, cut func(Loss) bool) bool {
	r, why := s.w.execute(s.b, crashes, lost, cut)
	s.r.Executions++
	if why == "" {
		return false
	}
	for _, i := range r.lost {
		lost = append(lost, r.losable[i])
	}
	s.found(crashes, lost, why)
	return true
}

// found keeps a counterexample, without whatever is not needed for it.
func (s *search) found(crashes []Crash, lost []Loss, why string) {
	best := &Counterexample{crashes, lost, why}
	for again := true; again; {
		again = false
		for i := range best.Crashes {
			less := slices.Delete(slices.Clone(best.Crashes), i, i+1)
			if _, why := s.w.execute(s.b, less, best.Losses, nil); why != "" {
				best, again = &Counterexample{less, best.Losses, why}, true
				break
			}
		}
		for i := len(best.Losses) - 1; i >= 0 && !again; i-- {
			less := slices.Delete(slices.Clone(best.Losses), i, i+1)
			if _, why := s.w.execute(s.b, best.Crashes, less, nil); why != "" {
				best, again = &Counterexample{best.Crashes, less, why}, true
			}
		}
	}
	s.r.Counterexample = best
}
