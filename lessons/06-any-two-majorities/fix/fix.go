// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import "orrery/lessons/06-any-two-majorities"

// New makes the rule by which a proposer knows that it has asked enough acceptors.
func New() majority.Rule { return rule{} }

type rule struct{}

// Enough tells whether so many answers are a quorum.
func (rule) Enough(answers, acceptors int) bool {
	// Your lines here: who else may have as many?
	return answers >= acceptors/2
}
