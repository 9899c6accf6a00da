package checker

// Applied is the ghost of replicated state machines: the sequences of commands that nodes applied are all prefixes of one
// sequence, without gaps, also when a node restarts and applies again, and when a snapshot takes it ahead.
//
// Slots count from 1. Commands are hashes. The sequence is kept from a low-water mark on; below it a rolling hash stands
// for it, so that a node that starts from nothing can still be checked when it gets there. Calls cost O(1).
type Applied struct {
	nodes   Nodes
	at      []appliedGhost
	base    uint64 // slots up to base are folded
	folded  uint64 // rolling hash of slots 1, …, base
	command []commandGhost
	states  [stateRing]stateGhost
}

type appliedGhost struct {
	last   uint64 // the last slot that it applied
	rolled uint64 // rolling hash of slots 1, …, last
	known  bool   // whether rolled is known
}

type commandGhost struct {
	hash, rolled uint64
	by           int32 // who applied it first
}

// stateRing is how many of the latest state hashes are remembered.
const stateRing = 1024

type stateGhost struct {
	slot, hash uint64
	by         int32
}

// NewApplied returns a ghost for the given nodes, all of which start before slot 1.
func NewApplied(nodes Nodes) *Applied {
	a := &Applied{nodes: nodes, at: make([]appliedGhost, len(nodes))}
	for i := range a.at {
		a.at[i].known = true
	}
	return a
}

func roll(sum, hash uint64) uint64 {
	sum = (sum ^ hash) * 0x9e3779b97f4a7c15
	return sum ^ sum>>29
}

// Applied says that node applied the command with this hash as that of slot.
func (a *Applied) Applied(node int, slot, hash uint64) error {
	g := &a.at[node]
	if slot != g.last+1 {
		return broken(PropertyPrefix, "%s applies slot %d when slot %d is next", a.nodes.name(node), slot, g.last+1)
	}
	g.last = slot
	g.rolled = roll(g.rolled, hash)
	switch i := slot - a.base; {
	case slot < a.base:
		return nil
	case slot == a.base:
		if g.known && g.rolled != a.folded {
			return broken(PropertyPrefix, "%s applied other commands in slots 1 to %d than the others", a.nodes.name(node), slot)
		}
	case i <= uint64(len(a.command)):
		if c := &a.command[i-1]; c.hash != hash {
			return broken(PropertyPrefix, "%s applies %s in slot %d, where %s applied %s", a.nodes.name(node), hashText(hash), slot, a.nodes.name(int(c.by)), hashText(c.hash))
		}
		g.rolled, g.known = a.command[i-1].rolled, true
	default:
		a.command = append(a.command, commandGhost{hash: hash, rolled: roll(a.rolledAt(slot-1), hash), by: int32(node)})
	}
	return nil
}

// rolledAt is the rolling hash of the common sequence up to slot, which must be in memory or the base.
func (a *Applied) rolledAt(slot uint64) uint64 {
	if slot == a.base {
		return a.folded
	}
	return a.command[slot-a.base-1].rolled
}

// Installed says that node replaced its state by a snapshot that stands after slot upTo.
func (a *Applied) Installed(node int, upTo uint64) error {
	if end := a.base + uint64(len(a.command)); upTo > end {
		return broken(PropertyPrefix, "%s installs a snapshot up to slot %d, when nobody has applied more than %d", a.nodes.name(node), upTo, end)
	}
	a.moveTo(node, upTo)
	return nil
}

// Restarted says that node came up with a snapshot up to slot upTo (0 for none) and will apply from there on again.
func (a *Applied) Restarted(node int, upTo uint64) error { return a.Installed(node, upTo) }

func (a *Applied) moveTo(node int, upTo uint64) {
	g := &a.at[node]
	*g = appliedGhost{last: upTo, known: upTo == 0 || upTo >= a.base}
	if upTo > 0 && g.known {
		g.rolled = a.rolledAt(upTo)
	}
}

// StateAt says that the state of node, or of a snapshot, after slot has this hash: equal prefixes must have made equal
// states. Only the latest slots are remembered.
func (a *Applied) StateAt(node int, slot, hash uint64) error {
	s := &a.states[slot%stateRing]
	if s.slot != slot || slot == 0 {
		if s.slot < slot {
			*s = stateGhost{slot: slot, hash: hash, by: int32(node)}
		}
		return nil
	}
	if s.hash != hash {
		return broken(PropertyPrefix, "the state of %s after slot %d is %s, and that of %s is %s", a.nodes.name(node), slot, hashText(hash), a.nodes.name(int(s.by)), hashText(s.hash))
	}
	return nil
}

// Last returns the last slot that node applied.
func (a *Applied) Last(node int) uint64 { return a.at[node].last }

// Forget folds the slots up to and with upTo into the rolling hash.
func (a *Applied) Forget(upTo uint64) {
	n := min(upTo-min(upTo, a.base), uint64(len(a.command)))
	if n == 0 {
		return
	}
	a.folded = a.rolledAt(a.base + n)
	a.base += n
	a.command = append(a.command[:0], a.command[n:]...)
}
