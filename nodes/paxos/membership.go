package paxos

import (
	"math/bits"
	"slices"

	"orrery/nodes"
)

// membership is a configuration: who the acceptors are, from a slot on.
type membership struct {
	from    Slot
	members []nodes.ID // sorted
	q1, q2  int        // sizes of the quorums; never 0
	mask    set        // the members, as this replica numbers them; see Replica.knowPeers
}

// memberships is the history of configurations, oldest first. The one that
// governs a slot is the last that begins at or before it.
//
// A change that is chosen in slot s governs from slot s+Alpha on, and slot s+Alpha is not
// proposed before slot s is applied: so whoever proposes in a slot knows who decides
// it (Lamport, "Paxos Made Simple", section 3, and "Reconfiguring a State Machine").
type memberships []membership

// at is the configuration that governs slot s.
func (h memberships) at(s Slot) *membership {
	for i := len(h) - 1; i > 0; i-- {
		if h[i].from <= s {
			return &h[i]
		}
	}
	return &h[0]
}

// add appends a configuration, and tells whether it is a valid one.
func (h *memberships) add(from Slot, members []nodes.ID, q1, q2 int) bool {
	members = slices.Clone(members)
	slices.Sort(members)
	if len(members) == 0 || len(members) > MaxMembers || members[0] == "" ||
		len(slices.Compact(slices.Clone(members))) < len(members) || checkQuorums(len(members), q1, q2) != nil {
		return false
	}
	q1, q2 = quorumSizes(len(members), q1, q2)
	if n := len(*h); n > 0 && (*h)[n-1].from == from {
		*h = (*h)[:n-1] // two changes in one slot: the later one stands
	}
	*h = append(*h, membership{from: from, members: members, q1: q1, q2: q2})
	return true
}

// trim forgets the configurations that govern no slot above base.
func (h *memberships) trim(base Slot) {
	for len(*h) > 1 && (*h)[1].from <= base+1 {
		*h = (*h)[1:]
	}
}

func (m *membership) has(id nodes.ID) bool {
	_, ok := slices.BinarySearch(m.members, id)
	return ok
}

func (h memberships) snapshot(b []byte) []byte {
	b = appendSlot(b, Slot(len(h)))
	for i := range h {
		b = appendSlot(b, h[i].from)
		b = appendMembers(b, h[i].members, h[i].q1, h[i].q2)
	}
	return b
}

func readMemberships(r *reader) (h memberships) {
	for range r.count(4) {
		from := r.slot()
		members, q1, q2 := readMembers(r)
		if n := len(h); n > 0 && h[n-1].from >= from || !h.add(from, members, q1, q2) {
			r.fail()
		}
	}
	if len(h) == 0 {
		r.fail()
	}
	return h
}

// peers numbers all replicas that this one has heard of in a configuration, so that a set
// of them is one word.
type peers struct{ ids []nodes.ID }

// set is a set of replicas, by their numbers in peers.
type set uint64

func (p *peers) index(id nodes.ID) int { return slices.Index(p.ids, id) }

func (p *peers) learn(members []nodes.ID) {
	for _, id := range members {
		if p.index(id) < 0 && len(p.ids) < MaxMembers {
			p.ids = append(p.ids, id)
		}
	}
}

func (p *peers) set(members []nodes.ID) (s set) {
	for _, id := range members {
		if i := p.index(id); i >= 0 {
			s |= 1 << i
		}
	}
	return s
}

func (s set) has(i int) bool { return i >= 0 && s&(1<<i) != 0 }
func (s set) with(i int) set { return s | 1<<i }
func (s set) size() int      { return bits.OnesCount64(uint64(s)) }
