// Package solution is the reference solution of lesson 10.
package solution

import "orrery/lessons/10-holes"

// New makes what decides which commands a replica executes, and when.
func New() holes.Executor { return &executor{waiting: map[uint64]string{}} }

// executor keeps what is chosen and cannot be executed yet.
type executor struct {
	done    uint64 // slots that were executed
	waiting map[uint64]string
}

// Chosen returns the slots from the first hole on that are not holes any more.
func (e *executor) Chosen(slot uint64, command string) (now []string) {
	if slot > e.done {
		e.waiting[slot] = command
	}
	for {
		next, known := e.waiting[e.done+1]
		if !known {
			return now
		}
		e.done++
		delete(e.waiting, e.done)
		now = append(now, next)
	}
}
