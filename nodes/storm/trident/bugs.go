package trident

import "slices"

// Bug is a defect that can be planted. Kind is the kind of topology that it shows in; Any if in either.
type Bug struct {
	Name, Source, What string
	Kind               Kind
	Any                bool
}

type plant struct {
	Bug
	set func(*Quirks)
}

func plants() []plant {
	const states, spouts = "Storm, Trident State", "Storm, Trident Spouts"
	return []plant{
		{Bug{"commits-in-any-order", states + ": updates are ordered among batches", "the batch that is processed last is committed first", Opaque, true},
			func(q *Quirks) { q.AnyOrder = true }},
		{Bug{"transactional-state-on-opaque", states + ": which spout goes with which state", "a batch that has changed is taken for the one before, and skipped", Opaque, false},
			func(q *Quirks) { q.TransactionalState = true }},
		{Bug{"state-not-atomic", states + ": the txid is stored with the value, atomically", "values are written first, and their txids after them", Opaque, true},
			func(q *Quirks) { q.NotAtomic = true }},
		{Bug{"txids-reused", spouts + ": the coordinator's state in ZooKeeper", "after a restart txids begin at 1 again, as if ZooKeeper had lost them", Opaque, true},
			func(q *Quirks) { q.ReusesTxids = true }},
		{Bug{"two-coordinators", "Storm, MasterBatchCoordinator: a worker that was replaced runs on", "a coordinator writes its state whatever another has written since", Opaque, true},
			func(q *Quirks) { q.TwoCoordinators = true }},
		{Bug{"leftovers-of-attempts", "Storm, OpaqueMap: only the keys of the present batch are looked at",
			"what a failed attempt has written to keys that the next does not touch stays, and is counted again", Opaque, false},
			func(q *Quirks) { q.KeepsLeftovers = true }},
		{Bug{"emits-unrecorded", spouts + ": a transactional spout writes a batch's metadata before it emits it",
			"a batch is emitted before it is written down what is in it, and is another after a restart", Transactional, false},
			func(q *Quirks) { q.EmitsUnrecorded = true }},
	}
}

// Bugs are the defects that can be planted.
func Bugs() []Bug {
	var list []Bug
	for _, p := range plants() {
		list = append(list, p.Bug)
	}
	return list
}

// Plant sets the quirk of a defect, and returns the defect. ok is false if there is none of that name.
func (q *Quirks) Plant(name string) (b Bug, ok bool) {
	list := plants()
	i := slices.IndexFunc(list, func(p plant) bool { return p.Name == name })
	if i < 0 {
		return b, false
	}
	list[i].set(q)
	return list[i].Bug, true
}
