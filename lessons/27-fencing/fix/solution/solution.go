// Package solution is the reference solution of lesson 27.
package solution

import "orrery/lessons/27-fencing"

// New makes what decides which writes the store takes.
func New() fencing.Gate { return &gate{} }

// gate remembers the highest number that it has seen. Once it has seen a later holder, the earlier one is fenced off.
type gate struct{ highest uint64 }

// Accept refuses whoever had the lock earlier.
func (g *gate) Accept(token uint64) bool {
	if token < g.highest {
		return false
	}
	g.highest = token
	return true
}
