// Package solution is the reference solution of lesson 8.
package solution

import (
	"orrery/lessons/08-chosen-for-ever"
	"orrery/lessons/decree"
)

// New makes the rule by which proposers choose what to propose.
func New() chosen.Rule { return rule{} }

type rule struct{}

// Value is the value of the vote in the highest ballot. Any majority shares an acceptor with the one that may have
// chosen a value, and every ballot after that one has proposed the same value.
func (rule) Value(promises []decree.P1b, own string) string {
	highest := decree.Ballot{} // below every ballot
	for _, p := range promises {
		if highest.Less(p.Voted) {
			highest, own = p.Voted, p.Value
		}
	}
	return own
}
