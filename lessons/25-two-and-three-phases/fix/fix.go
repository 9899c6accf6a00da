// Package fix is where the learner begins. As it stands, it is wrong.
package fix

import (
	commit "orrery/lessons/25-two-and-three-phases"
	"orrery/nodes"
)

// New makes the rule by which a participant ends a transaction without its coordinator.
func New() commit.Rule { return rule{} }

type rule struct{}

// Decide is three-phase commit's rule: if one of us knows that all have voted yes, nobody can have aborted, and
// we commit; if none of us does, nobody can have committed, and we abort.
func (rule) Decide(mine commit.State, states map[nodes.ID]commit.State) commit.Decision {
	// Your lines here: who are "we"? And who may not be there, and decide as well?
	for _, s := range states {
		switch s {
		case commit.Committed:
			return commit.Commit
		case commit.Aborted:
			return commit.Abort
		}
	}
	for _, s := range states {
		if s == commit.PreCommitted {
			return commit.Commit
		}
	}
	if mine == commit.PreCommitted {
		return commit.Commit
	}
	return commit.Abort
}
