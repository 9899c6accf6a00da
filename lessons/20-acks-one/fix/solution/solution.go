// Package solution is the reference solution of lesson 20.
package solution

import "orrery/lessons/20-acks-one"

// New makes what decides when a leader acknowledges.
func New() acksone.Acknowledger { return acknowledger{} }

type acknowledger struct{}

// Acknowledges waits until all who may be elected have the record, and until these are more than the leader.
func (acknowledger) Acknowledges(offset, hw int64, inSync int) bool {
	return offset < hw && inSync >= 2
}
