package paxos

import (
	"time"

	"orrery/nodes"
)

// What in-run checkers may ask of a replica at any time. Nothing here changes it.

// Promised is the highest ballot that this acceptor has promised.
func (r *Replica) Promised() Ballot { return r.promised }

// Vote is this acceptor's vote in a slot: its ballot, and the hash of its value (see
// [ValueHash]). ok is false if it has none there, or none any more: a slot up to
// CommitIndex may be in a snapshot, or have been learnt and not voted for.
func (r *Replica) Vote(s Slot) (b Ballot, value uint64, ok bool) {
	c := r.log.at(s)
	if c == nil || c.ballot.IsZero() {
		return Ballot{}, 0, false
	}
	return c.ballot, ValueHash(c.value), true
}

// LastSlot is the last slot of which this replica knows a value.
func (r *Replica) LastSlot() Slot { return r.log.last }

// CommitIndex is the slot up to which this replica knows all to be chosen.
func (r *Replica) CommitIndex() Slot { return r.commit }

// Applied is the last slot applied, and a hash of all values applied up to it: replicas that have
// applied the same slot have the same hash.
func (r *Replica) Applied() (s Slot, chain uint64) { return r.machine.applied, r.machine.chain }

// SnapshotBase is the slot up to which the log is truncated; 0 before the first snapshot.
func (r *Replica) SnapshotBase() Slot { return r.base }

// StateHash is a hash of what the applied commands have made: the store and the sessions. Replicas
// that have applied the same slot must have the same. It costs as much as a snapshot.
func (r *Replica) StateHash() uint64 {
	return ValueHash(r.machine.sessions.snapshot(r.machine.store.snapshot(nil)))
}

// IdentityFile is the file that says whose disk this is, and its length in bytes. Without it the next
// Boot refuses a log that has anything in it, so it must be durable before anything is told.
func (r *Replica) IdentityFile() (name string, size int64) {
	return identityFile, int64(len(identity(&r.cfg)))
}

// SnapshotFile is the file of the snapshot that the log names, and its length in bytes; ok is false
// if it names none. It must be durable before the log that names it is.
func (r *Replica) SnapshotFile() (name string, size int64, ok bool) {
	return snapshotFile(r.base), int64(r.snapshot.size), r.base > 0
}

// Leading is the ballot that this replica leads, if it does.
func (r *Replica) Leading() (Ballot, bool) {
	if r.role != Leader {
		return Ballot{}, false
	}
	return r.lead.ballot, true
}

// Members are the acceptors of the next slot, sorted. The slice must not be changed.
func (r *Replica) Members() []nodes.ID {
	return r.machine.configs.at(r.commit + 1).members
}

// Initialised tells whether this machine's disk has been initialised: from then on
// Config.Rejoin is true of it.
func (r *Replica) Initialised() bool { return r.initialised }

// Role is what the replica does at the moment.
func (r *Replica) Role() Role { return r.role }

// State is what Inspect shows.
type State struct {
	Role     Role          `json:"role"`
	Ballot   Ballot        `json:"ballot"`   // that it leads or campaigns for, else its leader's
	Promised Ballot        `json:"promised"` //
	Commit   Slot          `json:"commit"`
	Snapshot Slot          `json:"snapshot"`
	Last     Slot          `json:"last"`
	Chain    uint64        `json:"chain"`
	Open     []SlotState   `json:"open,omitempty"` // the slots above the commit index
	Members  []nodes.ID    `json:"members"`
	Pending  []nodes.ID    `json:"pending,omitempty"` // of a change that does not govern yet
	Next     Slot          `json:"next,omitempty"`    // of a leader
	Queued   int           `json:"queued,omitempty"`
	Reads    int           `json:"reads,omitempty"`
	Sessions int           `json:"sessions"`
	Keys     int           `json:"keys"`
	Durable  uint64        `json:"durable"` // records of the log
	Written  uint64        `json:"written"`
	Patience time.Duration `json:"patience"`
}

// SlotState is one open slot of a State.
type SlotState struct {
	Slot   Slot   `json:"slot"`
	Ballot Ballot `json:"ballot"`
	Value  uint64 `json:"value"` // its hash
	Chosen bool   `json:"chosen,omitempty"`
	Votes  int    `json:"votes,omitempty"` // as counted by the leader
}

// Inspect implements nodes.Inspector. The value is a State.
func (r *Replica) Inspect() any {
	if r.wal == nil || len(r.machine.configs) == 0 {
		return State{Role: r.role}
	}
	s := State{Role: r.role, Ballot: r.leader, Promised: r.promised, Commit: r.commit, Snapshot: r.base,
		Last: r.log.last, Chain: r.machine.chain, Members: r.Members(), Sessions: len(r.machine.sessions.list),
		Keys: len(r.machine.store.cells), Durable: r.wal.Durable(), Written: r.wal.Last(), Patience: r.patience}
	if h := r.machine.configs; h[len(h)-1].from > r.commit+1 {
		s.Pending = h[len(h)-1].members
	}
	if r.role == Leader || r.role == Candidate {
		s.Ballot = r.lead.ballot
	}
	if r.role == Leader {
		s.Next, s.Queued, s.Reads = r.lead.next, r.lead.queue.len(), len(r.lead.reads)
	}
	for slot := r.commit + 1; slot <= r.log.last && len(s.Open) < 100; slot++ {
		if c := r.log.at(slot); c != nil {
			o := SlotState{Slot: slot, Ballot: c.ballot, Value: ValueHash(c.value), Chosen: c.chosen}
			if r.role == Leader && slot < r.lead.next {
				o.Votes = r.proposal(slot).acks.size()
			}
			s.Open = append(s.Open, o)
		}
	}
	return s
}

// OwnVotes is the ballot that this replica leads, or was the last to lead, and the last slot in
// which it has counted its own vote: that is durable, and was told to nobody but itself.
func (r *Replica) OwnVotes() (b Ballot, last Slot, ok bool) {
	return r.lead.ballot, r.lead.counted, !r.lead.ballot.IsZero()
}
