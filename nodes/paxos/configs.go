package paxos

import "orrery/nodes"

// Configuration is a membership as checkers and operators see it.
type Configuration struct {
	From    Slot       // the first slot that it governs
	Members []nodes.ID // sorted; must not be changed
	Q1, Q2  int        // sizes of the quorums of phase 1 and phase 2
}

// Configurations are the memberships that govern the slots above the snapshot, oldest first, as
// far as this replica knows. The last may govern nothing yet.
func (r *Replica) Configurations() []Configuration {
	var list []Configuration
	for _, m := range r.machine.configs {
		list = append(list, Configuration{From: m.from, Members: m.members, Q1: m.q1, Q2: m.q2})
	}
	return list
}
