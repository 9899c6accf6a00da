// Package solution is the reference solution of lesson 6.
package solution

import "orrery/lessons/06-any-two-majorities"

// New makes the rule by which a proposer knows that it has asked enough acceptors.
func New() majority.Rule { return rule{} }

type rule struct{}

// Enough wants so many that two who have enough share an acceptor.
func (rule) Enough(answers, acceptors int) bool { return 2*answers > acceptors }
