package config

import "slices"

// Tracker counts who agrees to something, a vote or a proposal, under one ensemble or, during a reconfiguration,
// under two. ZooKeeper calls it a SyncedLearnerTracker. The zero Tracker knows no ensemble, and never has a quorum.
type Tracker struct {
	quorums []*Quorum
	acks    []int64 // ascending: who has a vote in any of the ensembles and agrees
}

// NewTracker returns a tracker under the present ensemble, and under the next one too if that is not nil and newer.
func NewTracker(current, next *Quorum) *Tracker {
	t := &Tracker{quorums: []*Quorum{current}}
	if next != nil && next.Version() > current.Version() {
		t.quorums = append(t.quorums, next)
	}
	return t
}

// Add counts a server that agrees. It tells whether it has a vote in any of the ensembles; that it was counted before is no matter.
func (t *Tracker) Add(id int64) bool {
	if !slices.ContainsFunc(t.quorums, func(q *Quorum) bool { return q.IsVoter(id) }) {
		return false
	}
	if i, found := slices.BinarySearch(t.acks, id); !found {
		t.acks = slices.Insert(t.acks, i, id)
	}
	return true
}

// Remove takes back what a server has acknowledged, because it has it no longer.
func (t *Tracker) Remove(id int64) {
	if i, found := slices.BinarySearch(t.acks, id); found {
		t.acks = slices.Delete(t.acks, i, i+1)
	}
}

// Retire says that an ensemble is in force: those before it have no say any more.
func (t *Tracker) Retire(inForce *Quorum) {
	t.quorums = slices.DeleteFunc(t.quorums, func(q *Quorum) bool { return q.Version() < inForce.Version() })
}

// Has tells whether a server was counted.
func (t *Tracker) Has(id int64) bool {
	_, found := slices.BinarySearch(t.acks, id)
	return found
}

// Acks are those that were counted, ascending. The slice must not be changed.
func (t *Tracker) Acks() []int64 { return t.acks }

// HasAllQuorums tells whether those that agree are a quorum of every ensemble.
func (t *Tracker) HasAllQuorums() bool {
	for _, q := range t.quorums {
		if !q.ContainsQuorum(t.acks) {
			return false
		}
	}
	return len(t.quorums) > 0
}
