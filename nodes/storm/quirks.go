package storm

import "slices"

// Quirks are historical defects, and departures from the contract that users make. The zero value is correct.
type Quirks struct {
	// AckBeforeEmit has a basic bolt ack its input before it has emitted what it makes of it (Guaranteeing Message Processing).
	AckBeforeEmit bool
	// Unanchored has a basic bolt emit one tuple in so many of a million without its anchor (ibid.: "unanchored").
	Unanchored uint64
	// IDBits cuts ids down to so many bits; 0 means all 64 (ibid.: why ids of 64 bits are enough).
	IDBits uint
	// SharedSeed has all tasks draw their ids from one stream (MessageId.generateId takes the executor's own Random).
	SharedSeed bool
	// NoAckerTicks never rotates the pending map of an acker (STORM-2786; fixed in 1.0.5, 1.1.2, 1.2.0).
	NoAckerTicks bool
	// ResetBeforeInit has an acker die of a RESET_TIMEOUT for a root that it does not know (STORM-3300; fixed in 2.0.0).
	ResetBeforeInit bool
	// NoReelection has a nimbus that was elected without the code of all topologies leave the election for good (STORM-3354;
	// fixed in 2.0.0).
	NoReelection bool
	// DropsAtStart has a worker be open to others before it knows where to put what they send (STORM-3376; fixed in 2.0.0).
	DropsAtStart bool
	// NoDedupe takes every copy of a datagram for a transfer of its own: XOR is not idempotent.
	NoDedupe bool
	// CommitsEmitted has the spout of a source commit what it has emitted, and not what was acked.
	CommitsEmitted bool
}

// Bug is a defect that can be planted.
type Bug struct{ Name, Source, What string }

type plant struct {
	Bug
	set func(*Quirks)
}

func plants() []plant {
	guide := "Storm, Guaranteeing Message Processing"
	return []plant{
		{Bug{"ack-before-emit", guide, "a bolt acks its input before it emits what it makes of it: the tree is complete too early"},
			func(q *Quirks) { q.AckBeforeEmit = true }},
		{Bug{"unanchored-emits", guide, "one tuple in ten is emitted without its anchor: its loss goes unnoticed"},
			func(q *Quirks) { q.Unanchored = 100_000 }},
		{Bug{"ids-of-16-bits", guide, "ids have 16 bits: an XOR of lost edges is 0 by chance"}, func(q *Quirks) { q.IDBits = 16 }},
		{Bug{"ids-of-8-bits", guide, "ids have 8 bits: an XOR of lost edges is 0 by chance"}, func(q *Quirks) { q.IDBits = 8 }},
		{Bug{"shared-id-stream", "Storm, MessageId.generateId", "all tasks draw their ids from one seed, and edges cancel each other"},
			func(q *Quirks) { q.SharedSeed = true }},
		{Bug{"acker-without-ticks", "STORM-2786", "no tick tuples reach ackers: roots that are never completed stay for ever"},
			func(q *Quirks) { q.NoAckerTicks = true }},
		{Bug{"reset-before-init", "STORM-3300", "an acker dies of a reset of a time-out that overtook the init of its root"},
			func(q *Quirks) { q.ResetBeforeInit = true }},
		{Bug{"nimbus-leaves-election", "STORM-3354", "a nimbus elected without the code of a topology resigns, and is never a candidate again"},
			func(q *Quirks) { q.NoReelection = true }},
		{Bug{"drops-at-start", "STORM-3376", "a worker drops what arrives between the opening of its port and the registration of its callback"},
			func(q *Quirks) { q.DropsAtStart = true }},
		{Bug{"acker-counts-copies", "XOR is not idempotent; Storm leaves it to its connections", "a datagram that the network has doubled counts twice"},
			func(q *Quirks) { q.NoDedupe = true }},
		{Bug{"commits-emitted", "Storm, Guaranteeing Message Processing: a reliable source", "a spout commits offsets that it has emitted, and not those that were acked"},
			func(q *Quirks) { q.CommitsEmitted = true }},
	}
}

// Bugs are the defects that can be planted, each by its name.
func Bugs() []Bug {
	var list []Bug
	for _, p := range plants() {
		list = append(list, p.Bug)
	}
	return list
}

// Plant sets the quirk of a defect. It is false if there is none of that name.
func (q *Quirks) Plant(name string) bool {
	list := plants()
	i := slices.IndexFunc(list, func(p plant) bool { return p.Name == name })
	if i >= 0 {
		list[i].set(q)
	}
	return i >= 0
}
