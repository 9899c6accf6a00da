// Package fix is where the learner begins. As it stands, it wakes everybody.
package fix

import "orrery/lessons/17-herd-effect"

// New makes what decides whom a client waits for.
func New() herd.Waiter { return waiter{} }

type waiter struct{}

// Watch returns the node whose end is waited for, or "" to wait for any change of the line.
func (waiter) Watch(line []string, own string) string {
	// Your lines here: which change in the line makes it this client's turn?
	return ""
}
