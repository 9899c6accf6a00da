package store

import (
	"fmt"

	"orrery/nodes"
)

// Purge removes what a restart does not need: all but the newest keep valid snapshots, and the logs that end before the
// oldest of these. It returns the names of the files that it removed. keep is at least 1; ZooKeeper wants at
// least 3. The error is the disk's; purging again goes on where it stopped.
func (s *Store) Purge(d nodes.Disk, keep int) (removed []string, err error) {
	snaps, err := list(d, snapPrefix)
	if err != nil {
		return nil, err
	}
	oldest, kept := int64(-1), 0
	for i := len(snaps) - 1; i >= 0 && kept < max(keep, 1); i-- {
		if plausible(d, snapName(snaps[i])) {
			oldest, kept = snaps[i], kept+1
		}
	}
	if kept == 0 {
		return nil, nil // nothing to fall back on: remove nothing
	}
	var names []string
	for _, z := range snaps {
		if z < oldest {
			names = append(names, snapName(z))
		}
	}
	logs, err := s.purgeable(d, oldest)
	if err != nil {
		return nil, err
	}
	names = append(names, logs...)
	for _, name := range names {
		if err := change(d, &step{do: doRemove, name: name}); err != nil {
			return removed, fmt.Errorf("store: %s: %w", name, err)
		}
		removed = append(removed, name)
	}
	return removed, nil
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
