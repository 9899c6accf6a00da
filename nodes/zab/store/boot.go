package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"orrery/nodes"
)

// Boot loads what the disk holds, and begins to make it sure.
//
// What a server finds may be in the page cache alone: written by a process that was killed, or whose sync failed.
// Boot cuts off a torn tail, writes the rest of the last log and the files of the epochs once more, and syncs
// them and the snapshot. Until an event Recovered has told that this has ended, the server must not tell anybody what it has found.
// Transactions can be appended before; they are written after.
//
// It refuses to start, with what to do, on ErrNoSnapshot, ErrEpoch (both wrapped), *CorruptError, and the errors
// of the database and of the disk.
func Boot(d nodes.Disk, o Options, db Database) (*Store, Found, error) {
	s := &Store{opt: o, plans: map[uint64]*plan{}}
	found, it, err := s.load(d, db)
	if err != nil {
		return nil, found, err
	}
	if s.accepted, s.current, err = readEpochs(d, found.Zxid); err != nil {
		return nil, found, err
	}
	s.logged = found.Zxid
	s.first = found.Empty && found.Snapshot < 0
	s.marker = exists(d, updatingFile)
	steps, err := s.recovery(d, it, found.Snapshot)
	if err != nil {
		return nil, found, err
	}
	s.blocked++
	steps = append(steps, step{do: doTell, event: Event{Kind: Recovered, Zxid: found.Zxid}})
	return s, found, s.start(d, &plan{kind: planBlock, steps: steps})
}

// recovery makes what was found durable, and ends or removes what was not finished.
func (s *Store) recovery(d nodes.Disk, it *Iterator, snapshot int64) (steps []step, err error) {
	for _, name := range it.void {
		steps = append(steps, step{do: doRemove, name: name})
	}
	names, err := d.List(Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range names {
		if strings.HasPrefix(name, savingPrefix) {
			steps = append(steps, step{do: doRemove, name: name})
		}
	}
	more, err := s.replaced(d)
	if err != nil {
		return nil, err
	}
	if end := it.end; end.off > fileHeaderSize {
		p := make([]byte, end.off)
		if _, err := d.ReadAt(end.file, p, 0); err != nil {
			return nil, fmt.Errorf("%s: %w", end.file, err)
		}
		steps = append(steps,
			step{do: doTruncate, name: end.file, off: end.off},
			step{do: doWrite, name: end.file, data: p})
	} else if end.file != "" {
		steps = append(steps, step{do: doRemove, name: end.file})
	}
	sync, err := syncSteps(d, it, snapshot)
	if err != nil {
		return nil, err
	}
	steps = slices.Concat(steps, sync, more)
	steps = append(steps, epochSteps(currentFile, s.current)...)
	steps = append(steps, epochSteps(acceptedFile, s.accepted)...)
	return append(steps, step{do: doSyncDir, name: Dir}, step{do: doSyncDir, name: ""}), nil
}

// syncSteps sync the snapshot and the logs that count: Apache does not sync its snapshots, and a directory may have been
// copied.
func syncSteps(d nodes.Disk, it *Iterator, snapshot int64) (steps []step, err error) {
	if snapshot >= 0 {
		steps = append(steps, step{do: doSync, name: snapName(snapshot)})
	}
	logs, err := list(d, logPrefix)
	if err != nil {
		return nil, err
	}
	for _, z := range logs {
		name := logName(z)
		if !slices.Contains(it.void, name) && (name != it.end.file || it.end.off > fileHeaderSize) {
			steps = append(steps, step{do: doSync, name: name})
		}
	}
	return steps, nil
}

// replaced goes on with a snapshot that replaces a history, where it has got its name; otherwise it is forgotten.
func (s *Store) replaced(d nodes.Disk) (steps []step, err error) {
	z, err := replacing(d)
	if err != nil {
		return nil, err
	}
	if z < 0 {
		return forgetWords(d)
	}
	return othersSteps(d, z)
}
