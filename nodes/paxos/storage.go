package paxos

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"orrery/nodes"
	"orrery/nodes/internal/wal"
)

// What an acceptor must not forget, as records of its log. A checkpoint is the same
// records: a genesis, a promise, the snapshot's handle, the votes above it, the commit index.
const (
	recordGenesis  byte = iota + 1 // the first configuration
	recordPromise                  // ballot
	recordVote                     // slot, ballot, value: promises the ballot, too
	recordChosen                   // slot, value: learnt, not voted for
	recordCommit                   // slot: this log's values up to it are chosen
	recordSnapshot                 // slot, size, sum: the snapshot that replaces the slots up to it
)

// handle names a snapshot: the log says which one it goes with, so that log and
// snapshot cannot disagree ("Paxos Made Live", section 5.5). A file that no handle names is
// rubbish.
type handle struct {
	slot Slot
	size uint64
	sum  uint32
}

func snapshotFile(s Slot) string { return fmt.Sprintf("snapshot-%016x", uint64(s)) }

// IsCorrupt tells whether Boot has refused a disk because something that had been durable
// cannot be read.
func IsCorrupt(err error) bool {
	var c *wal.CorruptError
	return errors.As(err, &c) || errors.Is(err, ErrCorrupt)
}

func (r *Replica) logPromise() {
	r.record = appendBallot(r.record[:0], r.promised)
	r.promiseLSN = r.wal.Add(recordPromise, r.record)
}

func (r *Replica) logVote(s Slot, c *slotState) {
	r.record = appendBallot(appendSlot(r.record[:0], s), c.ballot)
	r.record = append(r.record, c.value...)
	c.lsn = r.wal.Add(recordVote, r.record)
}

func (r *Replica) logChosen(s Slot, c *slotState) {
	r.record = append(appendSlot(r.record[:0], s), c.value...)
	c.lsn = r.wal.Add(recordChosen, r.record)
}

// logCommit notes the commit index. It is a hint that spares a restart some work, and
// goes out with whatever is written next; but it must come before a recordChosen, so
// that a log never has a learnt slot above its commit index.
func (r *Replica) logCommit() {
	if r.commit > r.loggedCommit {
		r.loggedCommit = r.commit
		r.record = appendSlot(r.record[:0], r.commit)
		r.wal.Add(recordCommit, r.record)
	}
}

// flush writes what the handler has logged and begins its sync. A disk that does not take it
// ends the process: part of it may have been written.
func (r *Replica) flush(env nodes.Env) {
	if err := r.wal.Commit(env); err != nil {
		env.Halt(err)
	}
}

// sealIdleLog seals the log when nothing was written for a while: see wal.Log.Seal.
func (r *Replica) sealIdleLog(env nodes.Env) {
	if env.Monotonic()-r.durableAt < r.cfg.Heartbeat {
		return
	}
	if err := r.wal.Seal(env); err != nil {
		env.Halt(err)
	}
}

// roll begins a new generation of the log with all that counts.
func (r *Replica) roll(env nodes.Env) {
	err := r.wal.Roll(env, ownerOf(&r.cfg), func() {
		g := &r.genesis
		r.record = appendMembers(r.record[:0], g.members, g.q1, g.q2)
		r.wal.Add(recordGenesis, r.record)
		if r.base > 0 {
			r.record = binary.AppendUvarint(appendSlot(r.record[:0], r.snapshot.slot), r.snapshot.size)
			r.record = binary.AppendUvarint(r.record, uint64(r.snapshot.sum))
			r.wal.Add(recordSnapshot, r.record)
		}
		r.loggedCommit = 0
		r.logCommit()
		for s := r.base + 1; s <= r.log.last; s++ {
			c := r.log.at(s)
			switch {
			case c == nil:
			case c.ballot.IsZero():
				r.logChosen(s, c)
			default:
				r.logVote(s, c)
			}
		}
		r.logPromise() // last: a promise covers every vote that P1b reports with it
	})
	if err != nil {
		env.Halt(err)
	}
}

// recover rebuilds the acceptor from its disk. It changes nothing on it.
func (r *Replica) recover(env nodes.Env) error {
	d := env.Disk()
	initialised, err := readIdentity(d, &r.cfg)
	if err != nil {
		return err
	}
	log, found, err := wal.Open(d, wal.Options{TrustNothingAfterDamage: r.cfg.Quirks.CutsCorruptLog})
	if errors.Is(err, wal.ErrVersion) {
		return fmt.Errorf("%w: %w", ErrVersion, err)
	}
	if err != nil {
		return fmt.Errorf("paxos: %w", err)
	}
	r.wal, r.initialised = log, initialised
	if found.File == "" {
		switch {
		case r.cfg.Quirks.AcceptsWipedDisk || r.cfg.Quirks.CutsCorruptLog && initialised:
		case initialised:
			return fmt.Errorf("%w: there is an %s file and no log", ErrCorrupt, identityFile)
		case r.cfg.Rejoin:
			return ErrWiped
		}
		return nil
	}
	if err := checkOwner(found.Meta, &r.cfg); err != nil {
		return err
	}
	for _, rec := range found.Records {
		if err := r.replay(rec); err != nil {
			return fmt.Errorf("%w: %s, record %d: %w", ErrCorrupt, found.File, rec.LSN, err)
		}
	}
	if !initialised && !(r.promised.IsZero() && r.log.last == 0) {
		return fmt.Errorf("%w: there is a log with votes and no %s file", ErrCorrupt, identityFile)
	}
	nodes.Sometimes(env, found.Torn > 0, markTornTail)
	return r.loadSnapshot(d)
}

// replay takes one record into account.
func (r *Replica) replay(rec wal.Record) error {
	in := reader{p: rec.Data, names: &r.names}
	switch rec.Type {
	case recordGenesis:
		members, q1, q2 := readMembers(&in)
		var h memberships
		if in.bad || !h.add(1, members, q1, q2) {
			return errWire
		}
		r.genesis = h[0]
	case recordPromise:
		r.raise(in.ballot())
	case recordVote:
		s, b := in.slot(), in.ballot()
		if in.bad || s-r.log.base > maxAhead {
			return errWire
		}
		if !r.cfg.Quirks.VoteDoesNotPromise {
			r.raise(b)
		}
		if s > r.log.base {
			*r.log.reach(s) = slotState{ballot: b, value: in.p, lsn: rec.LSN}
		}
		return nil
	case recordChosen:
		s := in.slot()
		if in.bad || s-r.log.base > maxAhead {
			return errWire
		}
		if s > r.log.base {
			*r.log.reach(s) = slotState{value: in.p, lsn: rec.LSN, chosen: true}
		}
		// Slots are learnt in order, so all before it were chosen, too. That must outlast a vote for
		// the same slot, which may come later in the log.
		r.loggedCommit = max(r.loggedCommit, s)
		return nil
	case recordCommit:
		r.loggedCommit = max(r.loggedCommit, in.slot())
	case recordSnapshot:
		r.snapshot = handle{slot: in.slot(), size: in.uint(), sum: uint32(in.uint())}
		r.base = r.snapshot.slot
		r.log.trim(r.base)
	default:
		return fmt.Errorf("a record of the unknown type %d", rec.Type)
	}
	return in.done()
}

func (r *Replica) raise(b Ballot) {
	if r.promised.Less(b) {
		r.promised = b
	}
}

// loadSnapshot reads the snapshot that the log names.
func (r *Replica) loadSnapshot(d nodes.Disk) error {
	if r.base == 0 {
		return nil
	}
	name := snapshotFile(r.base)
	p, err := d.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: the log goes with %s: %w", ErrCorrupt, name, err)
	}
	if uint64(len(p)) != r.snapshot.size || crc32.Checksum(p, castagnoli) != r.snapshot.sum {
		return fmt.Errorf("%w: %s is not as the log describes it", ErrCorrupt, name)
	}
	m, err := r.machine.restore(p)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, name, err)
	}
	if m.applied != r.base {
		return fmt.Errorf("%w: %s holds slot %d", ErrCorrupt, name, m.applied)
	}
	r.machine, r.image = m, p
	return nil
}
