// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/10-holes"

// New makes what decides which commands a replica executes, and when.
func New() holes.Executor { return &executor{} }

type executor struct{}

// Chosen is called when the replica hears that command is chosen in slot.
func (e *executor) Chosen(slot uint64, command string) []string {
	// Your lines here: what if the slot before is not yet known?
	return []string{command}
}
