package paxos

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"orrery/nodes"
)

// A snapshot replaces the slots up to its own. It is written to a file of its own, the
// file and its name are synced, and only then does a new generation of the log name it
// and leave out those slots. The older snapshot goes when that generation is
// durable. Whatever a crash leaves, the log that counts names a snapshot that is there.

// saving is a snapshot on its way to disk.
type saving struct {
	slot    Slot // 0 if there is none
	waiting int  // syncs that must still end
	image   []byte
	state   *machine // what it holds, if it came from another replica
	from    nodes.ID // which one
}

// replaced is the file of a snapshot that a later one has replaced. It is still needed until the log that names the
// later one is durable; several wait at once where the disk is slow.
type replaced struct {
	file string
	at   uint64 // the record that must be durable before the file goes
}

// maybeSnapshot takes a snapshot if enough was applied since the last.
func (r *Replica) maybeSnapshot(env nodes.Env) {
	if r.role == Booting || r.saving.slot > 0 || r.commit-r.base < Slot(r.cfg.SnapshotEvery) {
		return
	}
	r.saveSnapshot(env, r.machine.snapshot(nil), saving{slot: r.commit})
}

// saveSnapshot begins to write an image.
func (r *Replica) saveSnapshot(env nodes.Env, image []byte, s saving) {
	if r.saving.slot > 0 { // overtaken: no log will ever name it
		removeSnapshot(env, snapshotFile(r.saving.slot))
	}
	s.image, s.waiting = image, 2
	r.saving = s
	d, name := env.Disk(), snapshotFile(s.slot)
	err := d.Remove(name) // a leftover of another life
	if errors.Is(err, nodes.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = d.Append(name, image)
	}
	if err != nil {
		env.Halt(fmt.Errorf("paxos: %s: %w", name, err))
	}
	d.Sync(name, nodes.Tag{Name: tagSnapshot, N: uint64(s.slot)})
	d.SyncDir("", nodes.Tag{Name: tagSnapshotDir, N: uint64(s.slot)})
}

// snapshotSynced goes on when the snapshot and its name are durable.
func (r *Replica) snapshotSynced(env nodes.Env, slot Slot, err error) {
	if err != nil {
		env.Halt(fmt.Errorf("paxos: %s: sync: %w", snapshotFile(slot), err))
	}
	if slot != r.saving.slot {
		return // it was overtaken by another
	}
	if r.saving.waiting--; r.saving.waiting > 0 {
		return
	}
	s := &r.saving
	if s.state != nil && s.slot > r.commit {
		r.install(env, s)
	}
	r.truncate(env, s)
}

// install makes the state of another replica this one's own. The promise, and the votes above the
// snapshot, stay: they were told.
func (r *Replica) install(env nodes.Env, s *saving) {
	nodes.Reachable(env, markInstalled)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("installs the snapshot up to slot %d", s.slot))
	}
	if r.role == Leader {
		r.stepDown(env) // others have chosen what it did not propose
	}
	r.machine = *s.state
	now := env.Monotonic()
	for _, session := range r.machine.sessions.list {
		session.seen = now
	}
	r.commit = s.slot
	r.knowPeers()
	r.log.trim(s.slot)
	if r.cfg.Quirks.InstallForgetsVotes {
		r.log = slots{base: s.slot, last: s.slot}
		r.promised = Ballot{}
	}
}

// truncate replaces the slots up to the snapshot by it, in the log file and, but for
// some that those who are a little behind may ask for, in memory.
func (r *Replica) truncate(env nodes.Env, s *saving) {
	if s.slot <= r.base {
		panic(fmt.Sprintf("paxos: snapshot of slot %d after that of slot %d", s.slot, r.base))
	}
	before := r.base
	r.base, r.image = s.slot, s.image
	r.snapshot = handle{slot: s.slot, size: uint64(len(s.image)), sum: crc32.Checksum(s.image, castagnoli)}
	r.machine.configs.trim(r.base)
	if keep := Slot(r.cfg.KeepSlots); r.base > keep {
		r.log.trim(r.base - keep)
	}
	r.roll(env)
	if before > 0 {
		r.replaced = append(r.replaced, replaced{snapshotFile(before), r.wal.Last()})
	}
	installed := s.state != nil
	from := s.from
	r.saving = saving{}
	nodes.Reachable(env, markTruncated)
	if installed {
		r.applyChosen(env)
		r.afterApply(env)
		r.sendCatchUp(env, from)
	}
}

// removeReplacedSnapshots removes the snapshots before the present one, each once the log that names its
// successor is durable.
func (r *Replica) removeReplacedSnapshots(env nodes.Env) {
	for len(r.replaced) > 0 && r.wal.Durable() >= r.replaced[0].at {
		removeSnapshot(env, r.replaced[0].file)
		r.replaced = r.replaced[1:]
	}
}

func removeSnapshot(env nodes.Env, file string) {
	if err := env.Disk().Remove(file); err != nil && !errors.Is(err, nodes.ErrNotExist) {
		env.Halt(fmt.Errorf("paxos: %s: %w", file, err))
	}
}

// removeStaleSnapshots removes, at Boot, the snapshots that the log does not name.
func (r *Replica) removeStaleSnapshots(env nodes.Env) {
	d := env.Disk()
	names, err := d.List("")
	for _, name := range names {
		if err == nil && strings.HasPrefix(name, "snapshot-") && (r.base == 0 || name != snapshotFile(r.base)) {
			err = d.Remove(name)
		}
	}
	if err != nil {
		env.Halt(fmt.Errorf("paxos: snapshots: %w", err))
	}
}
