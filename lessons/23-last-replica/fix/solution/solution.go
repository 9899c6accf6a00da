// Package solution is the reference solution of lesson 23.
package solution

import (
	"slices"

	"orrery/lessons/23-last-replica"
	"orrery/nodes"
)

// New makes what decides who serves.
func New() lastreplica.Policy { return policy{} }

type policy struct{}

// Accepts takes nothing that one machine alone would have: min.insync.replicas=2.
func (policy) Accepts(inSync int) bool { return inSync >= 2 }

// Elects waits for one who had everything: unclean.leader.election.enable=false.
func (policy) Elects(inSync, alive []nodes.ID) (leader nodes.ID, ok bool) {
	for _, id := range inSync {
		if slices.Contains(alive, id) {
			return id, true
		}
	}
	return "", false
}
