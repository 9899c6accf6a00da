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
	for i := range r.machine.configs {
		list = append(list, r.machine.configs[i].shown())
	}
	return list
}

// NewestConfiguration is the last of Configurations.
func (r *Replica) NewestConfiguration() Configuration {
	return r.machine.configs[len(r.machine.configs)-1].shown()
}

func (m *membership) shown() Configuration {
	return Configuration{From: m.from, Members: m.members, Q1: m.q1, Q2: m.q2}
}

// Value is the hash (see [ValueHash]) of what this replica holds in a slot, voted for or learnt. ok
// is false if that is nothing, or is in the snapshot.
func (r *Replica) Value(s Slot) (value uint64, ok bool) {
	c := r.log.at(s)
	if c == nil || c.value == nil {
		return 0, false
	}
	return ValueHash(c.value), true
}

// VoteIsDurable tells whether this acceptor's vote in a slot, or whatever else it holds there, would
// survive a crash now.
func (r *Replica) VoteIsDurable(s Slot) bool {
	c := r.log.at(s)
	return c != nil && c.lsn <= r.wal.Durable()
}

// NoticesRot tells whether the next Boot would notice that the byte at off of a file is not what
// was written. Of the log it would not for the last batch, which looks as if a crash had torn it.
func (r *Replica) NoticesRot(file string, off int64) bool {
	return file != r.wal.File() || r.wal.Attested(off)
}
