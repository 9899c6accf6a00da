// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import (
	"slices"

	"orrery/lessons/23-last-replica"
	"orrery/nodes"
)

// New makes what decides who serves.
func New() lastreplica.Policy { return policy{} }

type policy struct{}

// Accepts tells whether a leader takes a record.
func (policy) Accepts(inSync int) bool {
	return true // min.insync.replicas=1
}

// Elects says who leads next.
func (policy) Elects(inSync, alive []nodes.ID) (leader nodes.ID, ok bool) {
	for _, id := range inSync {
		if slices.Contains(alive, id) {
			return id, true
		}
	}
	// Your lines here, and in Accepts: nobody who had everything is there. May another one lead?
	if len(alive) > 0 {
		return alive[0], true // unclean.leader.election.enable=true
	}
	return "", false
}
