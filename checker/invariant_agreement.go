package checker

import (
	"fmt"
	"maps"
	"math/bits"
)

// Agreement is the ghost of consensus: it sees every proposal, every vote that left an acceptor, and every value that
// anyone learnt, and says at once when a chosen value is in danger. It is fed from outside the protocol and knows
// nothing of how ballots are led. (Lamport, Paxos Made Simple: P2b, and its reasons.)
//
// Values are hashes of what was proposed, equal for equal values. A method returns nil, or an *InvariantError at the first
// event that breaks a property; after that the ghost's state means nothing. Calls cost O(1), and allocate only when the
// number of slots in memory, or of ballots in one slot, reaches a new high.
type Agreement struct {
	nodes   Nodes
	quorum  func(slot uint64, acceptors uint64) bool
	leaders map[Ballot]int32
	index   map[uint64]int32 // slot → record
	records []slotRecord
	free    []int32
	low     uint64 // slots below are forgotten
}

type slotRecord struct {
	proposals []proposal
	chosen    bool
	value     uint64 // chosen
	at        Ballot // the lowest ballot known to have chosen it
}

type proposal struct {
	ballot    Ballot
	value     uint64
	acceptors uint64 // bit i: node i voted for it
}

// NewAgreement returns a ghost for the given nodes. quorum says whether the acceptors in the set (bit i: node i) are
// enough to choose a value in the slot: it may depend on the slot, as memberships do.
func NewAgreement(nodes Nodes, quorum func(slot, acceptors uint64) bool) *Agreement {
	return &Agreement{nodes: nodes, quorum: quorum, leaders: map[Ballot]int32{}, index: map[uint64]int32{}}
}

// Majority returns the quorum of more than half of n acceptors.
func Majority(n int) func(slot, acceptors uint64) bool { return AtLeast(n/2 + 1) }

// AtLeast returns the quorum of any k acceptors: what flexible quorums ask of the second phase.
func AtLeast(k int) func(slot, acceptors uint64) bool {
	return func(_, acceptors uint64) bool { return bits.OnesCount64(acceptors) >= k }
}

// Leads says that node acts as the leader of ballot: it has sent a proposal, or would.
func (a *Agreement) Leads(node int, ballot Ballot) error {
	first, led := a.leaders[ballot]
	if !led {
		a.leaders[ballot] = int32(node)
		return nil
	}
	if int(first) != node {
		return broken(PropertyOneLeader, "%s leads ballot %s, which %s leads already", a.nodes.name(node), ballot, a.nodes.name(int(first)))
	}
	return nil
}

// Proposed says that someone asked acceptors to accept value in slot at ballot.
func (a *Agreement) Proposed(ballot Ballot, slot, value uint64) error {
	if slot < a.low {
		return nil
	}
	r := a.record(slot)
	_, err := a.propose(r, ballot, slot, value)
	return err
}

func (a *Agreement) propose(r *slotRecord, ballot Ballot, slot, value uint64) (*proposal, error) {
	for i := range r.proposals {
		p := &r.proposals[i]
		if p.ballot == ballot {
			if p.value != value {
				return nil, broken(PropertyOneValue, "ballot %s has two values for slot %d: %s and %s", ballot, slot, hashText(p.value), hashText(value))
			}
			return p, nil
		}
	}
	if r.chosen && r.at.Less(ballot) && r.value != value {
		return nil, broken(PropertyChosen, "ballot %s proposes %s for slot %d, although ballot %s chose %s", ballot, hashText(value), slot, r.at, hashText(r.value))
	}
	r.proposals = append(r.proposals, proposal{ballot: ballot, value: value})
	return &r.proposals[len(r.proposals)-1], nil
}

// Accepted says that node told anyone, itself as a learner included, that it voted for value in slot at ballot.
func (a *Agreement) Accepted(node int, ballot Ballot, slot, value uint64) error {
	if slot < a.low {
		return nil
	}
	r := a.record(slot)
	p, err := a.propose(r, ballot, slot, value)
	if err != nil {
		return err
	}
	p.acceptors |= 1 << (uint(node) % NodesMax)
	if (!r.chosen || ballot.Less(r.at)) && a.quorum(slot, p.acceptors) {
		return a.choose(r, *p, slot)
	}
	return nil
}

// choose notes that p was chosen, and that nothing else can be from now on, nor could before.
func (a *Agreement) choose(r *slotRecord, p proposal, slot uint64) error {
	if r.chosen && r.value != p.value {
		return broken(PropertyChosen, "slot %d: ballot %s chose %s and ballot %s chose %s", slot, p.ballot, hashText(p.value), r.at, hashText(r.value))
	}
	r.chosen, r.value, r.at = true, p.value, p.ballot
	for i := range r.proposals {
		if q := &r.proposals[i]; p.ballot.Less(q.ballot) && q.value != p.value {
			return broken(PropertyChosen, "slot %d: ballot %s chose %s, although the higher ballot %s had proposed %s", slot, p.ballot, hashText(p.value), q.ballot, hashText(q.value))
		}
	}
	return nil
}

// Learned says that node holds value to be chosen in slot.
func (a *Agreement) Learned(node int, slot, value uint64) error {
	if slot < a.low {
		return nil
	}
	r := a.record(slot)
	switch {
	case !r.chosen:
		return broken(PropertyChosen, "%s learnt %s in slot %d, where no quorum had accepted anything at one ballot", a.nodes.name(node), hashText(value), slot)
	case r.value != value:
		return broken(PropertyChosen, "%s learnt %s in slot %d, where ballot %s chose %s", a.nodes.name(node), hashText(value), slot, r.at, hashText(r.value))
	}
	return nil
}

// Chosen returns what was chosen in slot, if anything was and the slot is not forgotten.
func (a *Agreement) Chosen(slot uint64) (value uint64, ok bool) {
	i, known := a.index[slot]
	if !known {
		return 0, false
	}
	return a.records[i].value, a.records[i].chosen
}

// Proposal returns what ballot has proposed for slot, if it has and the slot is not forgotten.
func (a *Agreement) Proposal(ballot Ballot, slot uint64) (value uint64, ok bool) {
	i, known := a.index[slot]
	if !known {
		return 0, false
	}
	for _, p := range a.records[i].proposals {
		if p.ballot == ballot {
			return p.value, true
		}
	}
	return 0, false
}

// Forget drops the slots below low, at a cost of O(slots in memory): call it when every node has them in a snapshot.
// What is said of them later is taken as it is.
func (a *Agreement) Forget(low uint64) {
	if low <= a.low {
		return
	}
	maps.DeleteFunc(a.index, func(slot uint64, i int32) bool {
		if slot < low {
			a.free = append(a.free, i)
		}
		return slot < low
	})
	a.low = low
}

func (a *Agreement) record(slot uint64) *slotRecord {
	i, ok := a.index[slot]
	if !ok {
		if n := len(a.free); n > 0 {
			i, a.free = a.free[n-1], a.free[:n-1]
			r := &a.records[i]
			*r = slotRecord{proposals: r.proposals[:0]}
		} else {
			i = int32(len(a.records))
			a.records = append(a.records, slotRecord{proposals: make([]proposal, 0, 2)})
		}
		a.index[slot] = i
	}
	return &a.records[i]
}

// hashText prints the hash of a value.
func hashText(v uint64) string { return fmt.Sprintf("#%016x", v) }
