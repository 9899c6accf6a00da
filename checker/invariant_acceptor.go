package checker

import (
	"maps"
	"slices"
)

// Acceptors is the ghost of what acceptors have told: every promise and every vote that left a node. An acceptor may
// never act as if it had not said that: not later, not after a crash, not with another disk image.
//
// Feed it at the moment when an answer leaves the node, and at every restart with what the node found on its disk. With
// WatchDurability it also wants to know what is durable, and objects to an answer that a crash could still undo. Slots
// that a snapshot covers are forgotten. Calls cost O(1), except Restarted: O(votes above the snapshot).
type Acceptors struct {
	nodes     Nodes
	durable   bool
	acceptors []acceptorGhost
}

type acceptorGhost struct {
	promised Ballot
	safe     Ballot // the highest promise known to be durable
	base     uint64 // slots below are covered by a snapshot
	votes    map[uint64]voteGhost
}

type voteGhost struct {
	told, safe Ballot // what it said last, and the last that was durable
	value      uint64 // of told
	safeValue  uint64
}

// NewAcceptors returns a ghost for the given acceptors.
func NewAcceptors(nodes Nodes) *Acceptors {
	a := &Acceptors{nodes: nodes, acceptors: make([]acceptorGhost, len(nodes))}
	for i := range a.acceptors {
		a.acceptors[i].votes = map[uint64]voteGhost{}
	}
	return a
}

// WatchDurability makes Promised and Accepted ask that DurablePromise and DurableVote have covered what is told.
func (a *Acceptors) WatchDurability() { a.durable = true }

// Promised says that node told a proposer that it will take no part in ballots below ballot.
func (a *Acceptors) Promised(node int, ballot Ballot) error {
	g := &a.acceptors[node]
	if ballot.Less(g.promised) {
		return broken(PropertyNeverForgets, "%s promises ballot %s after it had promised %s", a.nodes.name(node), ballot, g.promised)
	}
	if a.durable && g.safe.Less(ballot) {
		return broken(PropertyDurableFirst, "%s promises ballot %s, but its disk holds only %s for sure", a.nodes.name(node), ballot, g.safe)
	}
	g.promised = ballot
	return nil
}

// Accepted says that node told anyone that it voted for value in slot at ballot. A vote promises its ballot, too.
func (a *Acceptors) Accepted(node int, ballot Ballot, slot, value uint64) error {
	g := &a.acceptors[node]
	if ballot.Less(g.promised) {
		return broken(PropertyNeverForgets, "%s votes at ballot %s in slot %d after it had promised %s", a.nodes.name(node), ballot, slot, g.promised)
	}
	g.promised = ballot
	if slot < g.base {
		return nil
	}
	v := g.votes[slot]
	if v.told == ballot && v.value != value {
		return broken(PropertyOneValue, "%s votes for %s in slot %d at ballot %s, at which it had voted for %s", a.nodes.name(node), hashText(value), slot, ballot, hashText(v.value))
	}
	if a.durable && (v.safe.Less(ballot) || v.safe == ballot && v.safeValue != value) {
		return broken(PropertyDurableFirst, "%s votes at ballot %s in slot %d, but its disk holds only its vote at %s for sure", a.nodes.name(node), ballot, slot, v.safe)
	}
	v.told, v.value = ballot, value
	g.votes[slot] = v
	return nil
}

// DurablePromise says that a promise survives every crash of node from now on.
func (a *Acceptors) DurablePromise(node int, ballot Ballot) {
	g := &a.acceptors[node]
	if g.safe.Less(ballot) {
		g.safe = ballot
	}
}

// DurableVote says that a vote survives every crash of node from now on.
func (a *Acceptors) DurableVote(node int, ballot Ballot, slot, value uint64) {
	a.DurablePromise(node, ballot)
	g := &a.acceptors[node]
	if v := g.votes[slot]; slot >= g.base && !ballot.Less(v.safe) {
		v.safe, v.safeValue = ballot, value
		g.votes[slot] = v
	}
}

// SnapshotCovers says that node needs no votes up to slot upTo, itself included: a durable snapshot has their outcome.
func (a *Acceptors) SnapshotCovers(node int, upTo uint64) {
	g := &a.acceptors[node]
	if upTo < g.base {
		return
	}
	forgetUpTo(g.votes, g.base, upTo)
	g.base = upTo + 1
}

// Restarted says that node came up and found on its disk the promise promised, a snapshot up to slot covered (0 for
// none), and votes as vote returns them. Whatever it had told must be there.
func (a *Acceptors) Restarted(node int, promised Ballot, covered uint64, vote func(slot uint64) (Ballot, uint64, bool)) error {
	g := &a.acceptors[node]
	name := a.nodes.name(node)
	if promised.Less(g.promised) {
		return broken(PropertyNeverForgets, "%s restarts with the promise %s, after it had promised %s", name, promised, g.promised)
	}
	if covered > 0 {
		a.SnapshotCovers(node, covered)
	}
	for _, slot := range slices.Sorted(maps.Keys(g.votes)) {
		told := g.votes[slot]
		if told.told == (Ballot{}) {
			continue
		}
		ballot, value, ok := vote(slot)
		switch {
		case !ok:
			return broken(PropertyNeverForgets, "%s restarts without its vote in slot %d, told at ballot %s", name, slot, told.told)
		case ballot.Less(told.told):
			return broken(PropertyNeverForgets, "%s restarts with a vote at ballot %s in slot %d, after it had told one at %s", name, ballot, slot, told.told)
		case ballot == told.told && value != told.value:
			return broken(PropertyNeverForgets, "%s restarts with a vote for %s in slot %d at ballot %s, where it had told %s", name, hashText(value), slot, ballot, hashText(told.value))
		}
	}
	return nil
}

// Wiped says that node lost its disk and comes back as one that never was: the protocol must treat it as new.
func (a *Acceptors) Wiped(node int) {
	a.acceptors[node] = acceptorGhost{votes: map[uint64]voteGhost{}}
}

// forgetUpTo deletes the slots from, …, upTo of m, in as few steps as it takes.
func forgetUpTo[V any](m map[uint64]V, from, upTo uint64) {
	if upTo-from >= uint64(len(m)) {
		maps.DeleteFunc(m, func(slot uint64, _ V) bool { return slot <= upTo })
		return
	}
	for slot := from; slot <= upTo; slot++ {
		delete(m, slot)
	}
}
