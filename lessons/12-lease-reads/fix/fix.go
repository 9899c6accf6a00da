// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import (
	"time"

	"orrery/lessons/12-lease-reads"
)

// New makes the rule by which a leader knows whether it may answer a read alone.
func New() leases.Rule { return rule{} }

type rule struct{}

// MayAnswer is asked for each read.
func (rule) MayAnswer(now, confirmed time.Duration) bool {
	// Your lines here: it leads, as far as it knows. How far is that?
	return true
}
