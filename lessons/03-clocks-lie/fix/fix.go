// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import clocks "orrery/lessons/03-clocks-lie"

// New makes the rule by which replicas know how new a value is.
func New() clocks.Rule { return rule{} }

type rule struct{}

// Stamp is how new a value is that is written now.
func (rule) Stamp(now, seen int64) int64 {
	// Your lines here: the writer has seen a value of that stamp, and writes a newer one.
	return now
}
