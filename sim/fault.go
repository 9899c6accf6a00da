package sim

import (
	"slices"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/trace"
)

// Active is a fault that is in force, or was. Faults add up: delays are summed, losses
// are independent, cuts and pauses hold until the last of them has ended. Ending one
// never ends another.
type Active struct {
	u       *Universe
	name    string
	str     stream
	link    LinkFault
	disk    DiskFault
	clock   ClockFault
	undo    func()
	begun   time.Duration
	ended   bool
	endedAt time.Duration
	effects uint64
}

// registry holds every fault that was ever begun in a universe. It is the one place
// to heal from, so that nothing can be forgotten.
type registry struct {
	all    []*Active
	active int
}

// Faults are all faults that were begun, in the order of their beginning.
func (u *Universe) Faults() []*Active { return slices.Clone(u.faults.all) }

// ActiveFaults is how many faults are in force.
func (u *Universe) ActiveFaults() int { return u.faults.active }

// HealAll ends every fault that is in force. Processes that are down stay down: see
// Machine.Start.
func (u *Universe) HealAll() {
	for _, a := range u.faults.all {
		a.End()
	}
}

// Strike records a fault that is over as soon as it has happened, like a kill or a
// step of a clock; effects is what it did. name is the fault as it is written.
func (u *Universe) Strike(name string, effects uint64) *Active {
	a := u.newActive(name)
	a.effects = effects
	a.End()
	return a
}

// Begin begins a fault that its author carries out himself, step by step: with scripts,
// kills, or other faults. undo, unless it is nil, is called at its end, and must take
// back whatever of it is still in force; so such a fault is healed like all others.
func (u *Universe) Begin(name string, undo func()) *Active {
	a := u.newActive(name)
	a.undo = undo
	return a
}

// newActive makes the token of a fault, and records its beginning.
func (u *Universe) newActive(name string, whom ...nodes.ID) *Active {
	a := &Active{u: u, name: name, begun: u.Now(), str: newStream("fault/" + name)}
	u.faults.all = append(u.faults.all, a)
	u.faults.active++
	u.hash.Add(uint64(u.now), a.str.key, uint64(trace.FaultOn), 0)
	if u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.FaultOn, Name: name, Text: listOf(whom)})
	}
	return a
}

// listOf is the machines' names, with spaces between.
func listOf(ids []nodes.ID) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(id))
	}
	return b.String()
}

// End heals the fault. Ending it again does nothing.
func (a *Active) End() {
	if a.ended {
		return
	}
	u := a.u
	a.ended, a.endedAt = true, u.Now()
	u.faults.active--
	if a.undo != nil {
		a.undo()
	}
	u.hash.Add(uint64(u.now), a.str.key, uint64(trace.FaultOff), a.effects)
	if u.cfg.Recorder != nil {
		u.recordEffect(trace.Event{Kind: trace.FaultOff, Name: a.name, Len: int64(a.effects)})
	}
}

// Name is the fault as it is written.
func (a *Active) Name() string { return a.name }

// Begun is when the fault began, in virtual time.
func (a *Active) Begun() time.Duration { return a.begun }

// Ended is when the fault ended, or 0 while it is in force.
func (a *Active) Ended() time.Duration { return a.endedAt }

// InForce tells whether the fault has not ended.
func (a *Active) InForce() bool { return !a.ended }

// Effects counts what the fault has really done: datagrams lost or held, events that
// had to wait, syncs that failed, clocks that were read. A fault with none never bit.
func (a *Active) Effects() uint64 { return a.effects }

// Bite adds to the fault's effects. Universes do so by themselves; it is there for effects
// that only the fault's author can see.
func (a *Active) Bite(n uint64) { a.effects += n }

// LinkFault is what can be wrong with a direction of a link.
type LinkFault struct {
	Cut  bool // datagrams are lost when they arrive; connections stall
	Hold bool // datagrams and frames wait, and all arrive when the fault ends

	LossPPM          uint64 // of a million datagrams
	DuplicatePPM     uint64 // of a million datagrams
	CorruptPPM       uint64 // of a million datagrams; they are lost, for the checksum notices
	CorruptUnseenPPM uint64 // of a million datagrams; the codec gets to see them
	Delay            Dist   // is added to the link's own
	ResetPPM         uint64 // of a million frames, each of which breaks its connection
	RefuseDials      bool   // dials are refused
	HangDials        bool   // dials get no answer
}

// DisturbLinks begins a fault of links. Each pair is a direction: from, to.
func (u *Universe) DisturbLinks(name string, pairs [][2]nodes.ID, f LinkFault) *Active {
	a := u.newActive(name, whoIsCut(pairs)...)
	a.link = f
	var hit []*link
	for _, p := range pairs {
		from, to := u.lookup(p[0]), u.lookup(p[1])
		if from == nil || to == nil || from == to {
			continue
		}
		l := from.linkTo(to)
		l.faults = append(l.faults, a)
		hit = append(hit, l)
	}
	a.undo = func() {
		for _, l := range hit {
			l.faults = slices.DeleteFunc(l.faults, func(b *Active) bool { return b == a })
			if !l.isHeld() {
				u.releaseHeld(l)
			}
			u.resumeConns(l)
		}
	}
	return a
}

// whoIsCut is the machine that all pairs have in common, if one is, as an isolated one.
func whoIsCut(pairs [][2]nodes.ID) []nodes.ID {
	if len(pairs) < 2 {
		return nil
	}
	for _, id := range pairs[0] {
		if !slices.ContainsFunc(pairs, func(p [2]nodes.ID) bool { return p[0] != id && p[1] != id }) {
			return []nodes.ID{id}
		}
	}
	return nil
}

func (l *link) isHeld() bool {
	return slices.ContainsFunc(l.faults, func(a *Active) bool { return a.link.Hold })
}

// isStalled tells whether bytes of connections do not get through.
func (l *link) isStalled() bool {
	return slices.ContainsFunc(l.faults, func(a *Active) bool { return a.link.Hold || a.link.Cut })
}

// delay is what the fault adds to the way of the message id.
func (a *Active) delay(u *Universe, id uint64) int64 {
	if a.link.Delay == (Dist{}) {
		return 0
	}
	a.Bite(1)
	return a.link.Delay.at(u.draw(&a.str, about(id, siteDelay), distRange))
}

// strikes decides what the fault does to a datagram that arrives.
func (a *Active) strikes(u *Universe, e *event) DropReason {
	f := &a.link
	switch {
	case f.Cut:
		a.Bite(1)
		return DropCut
	case f.Hold:
		a.Bite(1)
		return dropHeld
	case f.LossPPM > 0 && u.chance(&a.str, about(e.id, siteLoss), f.LossPPM):
		a.Bite(1)
		return DropLost
	case f.CorruptPPM > 0 && u.chance(&a.str, about(e.id, siteCorrupt), f.CorruptPPM):
		a.Bite(1)
		return DropCorrupt
	case f.CorruptUnseenPPM > 0 && u.chance(&a.str, about(e.id, siteCorruptWhere), f.CorruptUnseenPPM):
		a.Bite(1)
		return dropFlipped
	}
	return DropNot
}
