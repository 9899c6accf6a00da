package store

import (
	"fmt"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// Truncate forgets everything behind the zxid, as a TRUNC asks: the end of its log, later logs, and snapshots that
// are newer (ZOOKEEPER-4837). An event Truncated tells of its end; then the tree must be loaded again. What has
// been appended and is not yet durable is forgotten as well, if it is behind the zxid. It must not be called before
// the recovery has ended.
//
// The error is ErrCannotTruncate, wrapped, if this server does not have the zxid or no snapshot below it, and then nothing
// has changed; or else the disk's, and then the caller must halt.
func (s *Store) Truncate(d nodes.Disk, zxid int64) error {
	kept := s.queue[:0]
	for _, e := range s.queue {
		if e.zxid <= zxid {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 && !s.writing {
		if _, err := s.checkCut(d, zxid); err != nil {
			return err
		}
	}
	s.queue = kept
	s.trunc = &zxid
	return s.next(d)
}

// cut is what has to go so that the log ends at a zxid.
type cut struct {
	logs  []string // whole logs, newest first
	snaps []string // newest first
	file  string   // the log to be cut; "" if none
	off   int64    // at this byte
	last  int64    // the last transaction that stays; 0 if none
}

// findCut finds what is behind the zxid.
func (s *Store) findCut(d nodes.Disk, zxid int64) (c cut, err error) {
	snaps, err := list(d, snapPrefix)
	if err != nil {
		return c, err
	}
	for i := len(snaps) - 1; i >= 0 && snaps[i] > zxid; i-- {
		c.snaps = append(c.snaps, snapName(snaps[i]))
	}
	logs, err := list(d, logPrefix)
	if err != nil {
		return c, err
	}
	i := len(logs) - 1
	for ; i >= 0 && logs[i] > zxid; i-- {
		c.logs = append(c.logs, logName(logs[i]))
	}
	if i < 0 {
		return c, nil
	}
	c.file = logName(logs[i])
	return c, s.findOffset(d, &c, zxid)
}

// findOffset finds the byte at which the log must be cut.
func (s *Store) findOffset(d nodes.Disk, c *cut, zxid int64) error {
	f, err := openLog(d, c.file)
	if err != nil {
		return err
	}
	if whole, err := f.begin(true); err != nil || !whole {
		return err
	}
	c.off = f.off
	for {
		p, t, err := f.next()
		if err != nil {
			return err
		}
		if t != tailNone || entryZxid(p) > zxid {
			return nil
		}
		if s.opt.Quirks.TruncOffByOne && entryZxid(p) == zxid {
			return nil
		}
		c.off, c.last = f.off, entryZxid(p)
	}
}

// checkCut finds the cut, and refuses if what would stay does not end at the zxid.
func (s *Store) checkCut(d nodes.Disk, zxid int64) (cut, error) {
	c, err := s.findCut(d, zxid)
	if err != nil {
		return c, err
	}
	snaps, err := list(d, snapPrefix)
	if err != nil {
		return c, err
	}
	base, ok := int64(0), false
	for _, z := range snaps {
		if z > zxid {
			break
		}
		sealed, err := plausible(d, snapName(z))
		if err != nil {
			return c, err
		}
		if sealed {
			base, ok = z, true
		}
	}
	if !ok {
		return c, fmt.Errorf("%w: no snapshot is as old as %s", ErrCannotTruncate, proto.ZxidString(zxid))
	}
	last, err := s.connected(d, base, zxid)
	if err != nil {
		return c, fmt.Errorf("%w: from snapshot %s on: %w", ErrCannotTruncate, proto.ZxidString(base), err)
	}
	if last != zxid && proto.Counter(zxid) != 0 {
		return c, fmt.Errorf("%w: %s is not in the log, which ends at %s below it", ErrCannotTruncate,
			proto.ZxidString(zxid), proto.ZxidString(last))
	}
	return c, nil
}

// connected is the last transaction up to a zxid that a load would find from the snapshot on. What a purge has left of older
// times need not connect.
func (s *Store) connected(d nodes.Disk, snapshot, zxid int64) (last int64, err error) {
	it := s.iterate(d, snapshot+1, snapshot)
	last = snapshot
	for it.Next() && it.Zxid() <= zxid {
		last = it.Zxid()
	}
	if last < zxid {
		err = it.Err()
	}
	return last, err
}

// beginTruncation cuts, now that the log is idle.
func (s *Store) beginTruncation(d nodes.Disk) error {
	zxid := *s.trunc
	s.trunc = nil
	s.AbortSnapshot(d) // the tree that it is of goes
	c, err := s.checkCut(d, zxid)
	if err != nil {
		return err
	}
	if s.opt.Quirks.TruncKeepsNewerSnapshot {
		c.snaps = nil
	}
	if !s.opt.Quirks.TruncNoReopen {
		s.file = ""
	}
	s.logged = zxid
	s.blocked++
	steps := append(c.steps(), step{do: doTell, event: Event{Kind: Truncated, Zxid: zxid}})
	return s.start(d, &plan{kind: planTruncate, steps: steps})
}

// steps are in an order in which every crash leaves a beginning of the history: the newest goes first,
// and nothing goes before what is newer is gone for good.
func (c *cut) steps() (steps []step) {
	for _, name := range c.logs {
		steps = append(steps, step{do: doRemove, name: name}, step{do: doSyncDir, name: Dir})
	}
	switch {
	case c.file == "":
	case c.off <= fileHeaderSize:
		steps = append(steps, step{do: doRemove, name: c.file}, step{do: doSyncDir, name: Dir})
	default:
		steps = append(steps, step{do: doTruncate, name: c.file, off: c.off}, step{do: doSync, name: c.file})
	}
	for _, name := range c.snaps {
		steps = append(steps, step{do: doRemove, name: name}, step{do: doSyncDir, name: Dir})
	}
	return steps
}
