package store

import (
	"orrery/nodes"
)

// Purge removes what a restart does not need: all but the newest keep valid snapshots, and the logs that end before the
// oldest of these. It returns the names of the files that go. keep is at least 1; ZooKeeper wants at least 3. The
// snapshots go first, and of the logs the oldest, so that no crash leaves a snapshot without the logs behind it, or a
// hole between two logs. The error is the disk's; purging again goes on where it stopped.
//
// It does nothing while a purge, a recovery or a TRUNC is under way, or a snapshot is being saved: what it would count on
// might not be durable yet, and a crash could leave neither the old nor the new.
func (s *Store) Purge(d nodes.Disk, keep int) (gone []string, err error) {
	if s.saving != nil || s.purging != nil || s.blocked > 0 {
		return nil, nil
	}
	snaps, err := list(d, snapPrefix)
	if err != nil {
		return nil, err
	}
	oldest, kept := int64(-1), 0
	for i := len(snaps) - 1; i >= 0 && kept < max(keep, 1); i-- {
		sealed, err := plausible(d, snapName(snaps[i]))
		if err != nil {
			return nil, err
		}
		if sealed {
			oldest, kept = snaps[i], kept+1
		}
	}
	if kept == 0 {
		return nil, nil // nothing to fall back on: remove nothing
	}
	p := &plan{kind: planPurge}
	for _, z := range snaps {
		if z < oldest {
			p.steps = append(p.steps, step{do: doRemove, name: snapName(z)})
			gone = append(gone, snapName(z))
		}
	}
	logs, err := s.purgeable(d, oldest)
	if err != nil {
		return nil, err
	}
	for _, name := range logs {
		p.steps = append(p.steps, step{do: doSyncDir, name: Dir}, step{do: doRemove, name: name})
	}
	s.purging = p
	return append(gone, logs...), s.start(d, p)
}

// purgeable lists the logs that end before the transaction behind a snapshot: those behind which another
// begins that does not begin later.
func (s *Store) purgeable(d nodes.Disk, snapshot int64) (names []string, err error) {
	logs, err := list(d, logPrefix)
	if err != nil {
		return nil, err
	}
	for i, z := range logs {
		ended := i+1 < len(logs) && logs[i+1] <= snapshot+1
		if s.opt.Quirks.PurgeOneTooMany {
			ended = z <= snapshot
		}
		if ended && logName(z) != s.file {
			names = append(names, logName(z))
		}
	}
	return names, nil
}
