package paxos

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// machine is the replicated state: everything that is a function of the applied slots, and
// nothing else. A snapshot holds it whole.
type machine struct {
	applied  Slot
	chain    uint64 // hash of all applied slots
	store    store
	sessions sessions
	configs  memberships

	alpha    Slot
	quirks   *Quirks
	names    names
	results  []byte    // answers of the slot that was applied last
	outcomes []outcome // of its commands, in order
}

// outcome is what has become of a command in a slot.
type outcome struct {
	session, seq uint64 // of a registration, the session is the new one
	registered   bool
	status       Status
	from, to     int  // its answer in results
	doubled      bool // it was executed before
	changed      bool // the membership
}

func newMachine(cfg *Config, genesis membership) machine {
	m := machine{store: newStore(), alpha: Slot(cfg.Alpha), quirks: &cfg.Quirks}
	if !m.configs.add(1, genesis.members, genesis.q1, genesis.q2) {
		panic("paxos: the first configuration is not valid")
	}
	return m
}

// apply executes a chosen value. Slots are applied in order, each once.
func (m *machine) apply(slot Slot, value []byte) {
	if slot != m.applied+1 && !m.quirks.SkipsGaps {
		panic(fmt.Sprintf("paxos: slot %d is applied after slot %d", slot, m.applied))
	}
	m.applied = slot
	m.chain = chainHash(m.chain, slot, value)
	m.results, m.outcomes = m.results[:0], m.outcomes[:0]
	r := reader{p: value, names: &m.names}
	switch r.byte() {
	case entryNoOp:
	case entryBatch:
		for range r.count(3) {
			session, seq, command := r.uint(), r.uint(), r.bytes()
			m.outcomes = append(m.outcomes, m.execute(slot, session, seq, command))
		}
	case entryExpire:
		for range r.count(2) {
			id, seq := r.uint(), r.uint()
			if s := m.sessions.find(id); s != nil && s.seq == seq {
				m.sessions.remove(id)
			}
		}
	default:
		r.fail()
	}
	if err := r.done(); err != nil {
		panic(fmt.Sprintf("paxos: the value chosen in slot %d cannot be read", slot))
	}
}

// execute runs one command of a batch, unless its session says that it was run before.
func (m *machine) execute(slot Slot, id, seq uint64, p []byte) outcome {
	o := outcome{session: id, seq: seq, from: len(m.results), to: len(m.results)}
	if id == 0 {
		s := m.sessions.register()
		o.session, o.registered = s.id, true
		return o
	}
	s := m.sessions.find(id)
	if s == nil && m.quirks.SessionsNotInSnapshot {
		s = m.sessions.insert(id)
	}
	switch {
	case s == nil:
		o.status = StatusExpired
		return o
	case m.quirks.ChecksSessionsEarly:
		// executed again, whatever the table says
	case seq == s.seq:
		o.status, o.doubled = s.status, true
		m.results = append(m.results, s.answer...)
		o.to = len(m.results)
		return o
	case seq < s.seq:
		o.status, o.doubled = StatusStale, true
		return o
	}
	c, err := readCommand(p, &m.names)
	switch {
	case err != nil:
		o.status = StatusBad
	case c.kind == OpReconfigure:
		from := slot + m.alpha
		if m.quirks.MembershipAtOnce {
			from = slot + 1
		}
		o.changed = m.configs.add(from, c.members, c.q1, c.q2)
		m.results = appendAnswer(m.results, o.changed, nil)
	default:
		m.results = m.store.execute(&c, m.results)
	}
	o.to = len(m.results)
	s.seq, s.status = max(s.seq, seq), o.status
	s.answer = append(s.answer[:0], m.results[o.from:o.to]...)
	return o
}

const machineVersion = 1

// snapshot appends the whole machine.
func (m *machine) snapshot(b []byte) []byte {
	b = appendSlot(append(b, machineVersion), m.applied)
	b = binary.AppendUvarint(b, m.chain)
	b = m.configs.snapshot(b)
	b = m.store.snapshot(b)
	if m.quirks.SessionsNotInSnapshot {
		return (&sessions{next: m.sessions.next}).snapshot(b)
	}
	return m.sessions.snapshot(b)
}

// restore returns the machine of a snapshot, or an error if p is not one.
func (m *machine) restore(p []byte) (machine, error) {
	r := reader{p: p, names: &m.names}
	if v := r.byte(); v != machineVersion {
		return machine{}, fmt.Errorf("paxos: snapshot of version %d, this program reads %d", v, machineVersion)
	}
	n := machine{alpha: m.alpha, quirks: m.quirks}
	n.applied = r.slot()
	n.chain = r.uint()
	n.configs = readMemberships(&r)
	n.store = readStore(&r)
	n.sessions = readSessions(&r)
	if err := r.done(); err != nil {
		return machine{}, fmt.Errorf("paxos: snapshot cannot be read: %w", err)
	}
	n.names = names{known: slices.Clone(m.names.known)}
	if m.quirks.SessionsNotInSnapshot {
		n.sessions.list = nil
	}
	return n, nil
}
