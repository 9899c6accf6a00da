package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// AcceptedEpoch is the last epoch that a leader has proposed to this server, as far as that is durable.
func (s *Store) AcceptedEpoch() int64 { return s.accepted }

// CurrentEpoch is the last epoch whose history this server has taken over, as far as that is durable.
func (s *Store) CurrentEpoch() int64 { return s.current }

// SetAcceptedEpoch writes the epoch. AcceptedEpoch is the old one until an event of its name tells otherwise: file first,
// memory second (ZOOKEEPER-2307).
func (s *Store) SetAcceptedEpoch(d nodes.Disk, epoch int64) error {
	return s.setEpoch(d, epochSteps(acceptedFile, epoch), Event{Kind: AcceptedEpoch, Epoch: epoch})
}

// SetCurrentEpoch writes the epoch, likewise. The history of the epoch must be durable before
// (ZOOKEEPER-4643).
func (s *Store) SetCurrentEpoch(d nodes.Disk, epoch int64) error {
	return s.setEpoch(d, epochSteps(currentFile, epoch), Event{Kind: CurrentEpoch, Epoch: epoch})
}

// setEpoch writes a file and then tells. Changes of the two files follow each other.
func (s *Store) setEpoch(d nodes.Disk, steps []step, e Event) error {
	if s.opt.Quirks.EpochMemBeforeDisk {
		s.take(e)
		s.events = append(s.events, e)
	} else {
		steps = append(steps, step{do: doTell, event: e})
	}
	if e.Kind == CurrentEpoch {
		steps = append(steps, step{do: doRemove, name: updatingFile})
	}
	if s.epochs != nil {
		s.epochs.steps = append(s.epochs.steps, steps...)
		return nil
	}
	s.epochs = &plan{kind: planEpoch, steps: steps}
	return s.start(d, s.epochs)
}

// epochSteps replaces a file that holds a number: after a crash it holds the old one or the new one.
func epochSteps(name string, epoch int64) []step {
	return []step{
		{do: doRemove, name: name + tmp},
		{do: doWrite, name: name + tmp, data: strconv.AppendInt(nil, epoch, 10)},
		{do: doSync, name: name + tmp},
		{do: doRename, name: name + tmp, to: name},
		{do: doSyncDir, name: Dir},
	}
}

// needsMarker tells whether the transaction is of an epoch whose history this server has not taken over.
func (s *Store) needsMarker(zxid int64) bool {
	return proto.Epoch(zxid) > s.current && !s.marker && !s.opt.Quirks.EpochNoMarker
}

// mark makes durable that the server is about to take over a history. If it crashes before SetCurrentEpoch has
// ended, what it finds is a beginning of that history, and the epoch of its last transaction is one that it may
// claim to have: that transaction was proposed by a leader whose initial history came before it.
func (s *Store) mark(d nodes.Disk) error {
	s.blocked++
	return s.start(d, &plan{kind: planBlock, steps: markSteps(s.current)})
}

func markSteps(current int64) []step {
	return []step{
		{do: doWrite, name: updatingFile, data: strconv.AppendInt(nil, current, 10)},
		{do: doSync, name: updatingFile},
		{do: doSyncDir, name: Dir},
		{do: doMarked},
	}
}

// readEpochs finds the epochs that a server whose last transaction is zxid starts with. Besides
// ErrEpoch, wrapped, it returns the disk's errors.
func readEpochs(d nodes.Disk, zxid int64) (accepted, current int64, err error) {
	last := proto.Epoch(max(zxid, 0))
	if current, err = readEpoch(d, currentFile, last); err != nil {
		return 0, 0, err
	}
	if last > current {
		if current, err = adoptEpoch(d, zxid, current); err != nil {
			return 0, 0, err
		}
	}
	if accepted, err = readEpoch(d, acceptedFile, last); err != nil {
		return 0, 0, err
	}
	if accepted < current {
		return 0, 0, fmt.Errorf("%w: %s is %d and %s is %d, which must not be more: restore the files from a backup of this server",
			ErrEpoch, acceptedFile, accepted, currentFile, current)
	}
	return accepted, current, nil
}

// readEpoch reads an epoch; there is none in directories that are older than these files, or new.
func readEpoch(d nodes.Disk, name string, otherwise int64) (int64, error) {
	n, err := readNumber(d, name)
	if errors.Is(err, fs.ErrNotExist) {
		return otherwise, nil
	}
	return n, err
}

// adoptEpoch finds the epoch of a server that crashed between taking over a history and renaming the file
// that says so.
func adoptEpoch(d nodes.Disk, zxid, current int64) (int64, error) {
	last := proto.Epoch(zxid)
	if n, err := readNumber(d, currentFile+tmp); err == nil && n >= last {
		return n, nil // it was written after the history was durable
	}
	if exists(d, updatingFile) {
		return last, nil // see mark
	}
	return 0, fmt.Errorf("%w: %s is %d, older than the last transaction %s: restore the file from a backup of this server",
		ErrEpoch, currentFile, current, proto.ZxidString(zxid))
}
