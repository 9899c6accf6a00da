// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/27-fencing"

// New makes what decides which writes the store takes.
func New() fencing.Gate { return &gate{} }

type gate struct{}

// Accept is asked for each write.
func (g *gate) Accept(token uint64) bool {
	// Your lines here: whoever writes has the lock. Has he, when the write arrives?
	return true
}
