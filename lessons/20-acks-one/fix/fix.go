// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/20-acks-one"

// New makes what decides when a leader acknowledges.
func New() acksone.Acknowledger { return acknowledger{} }

type acknowledger struct{}

// Acknowledges tells whether the producer of the record at offset is told now that it is safe.
func (acknowledger) Acknowledges(offset, hw int64, inSync int) bool {
	// Your lines here: it is on this leader's disk. Where must it be to survive this leader?
	return true
}
