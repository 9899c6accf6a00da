package log

import (
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// DeleteRecords moves the log start offset up, as the API of that name does; -1 stands for the high watermark. Segments
// that end before it go. It returns the new start, or OFFSET_OUT_OF_RANGE for an offset above the high watermark.
func (l *Log) DeleteRecords(d nodes.Disk, now time.Time, offset int64) (int64, error) {
	if offset == -1 {
		offset = l.hw
	}
	if offset < 0 || offset > l.hw {
		return l.first, refuse(record.OffsetOutOfRange, "records up to %d cannot be deleted: the high watermark is %d", offset, l.hw)
	}
	if l.Busy() {
		return l.first, ErrBusy
	}
	if offset <= l.first {
		return l.first, nil
	}
	was := l.first
	if err := l.startFrom(d, offset); err != nil {
		return l.first, err
	}
	return l.first, l.retain(d, now, was)
}

// startFrom moves the log start offset in memory.
func (l *Log) startFrom(d nodes.Disk, offset int64) error {
	l.first = offset
	l.hw, l.cleaned = max(l.hw, offset), max(l.cleaned, offset)
	l.prod.startAt(offset)
	if !l.epochs.TruncateStart(offset) {
		return nil
	}
	return l.saveEpochs(d)
}

// FollowStart moves the log start offset up to a leader's, as far as there is a log.
func (l *Log) FollowStart(d nodes.Disk, now time.Time, offset int64) error {
	if offset = min(offset, l.end); offset <= l.first || l.Busy() {
		return nil
	}
	was := l.first
	if err := l.startFrom(d, offset); err != nil {
		return err
	}
	return l.retain(d, now, was)
}

// Retain removes the segments that need not be kept, and returns how many there were. See [Manager.Tick], which does so too.
func (l *Log) Retain(d nodes.Disk, now time.Time) (removed int, err error) {
	n := len(l.segs)
	err = l.retain(d, now, l.first)
	return n - len(l.segs), err
}

// retain removes the segments before the log start, and where the policy is to delete, those that are too old or too much. None
// goes that is not wholly below the high watermark. Where the log start was before is what the disk has until it is safe to have the new one.
func (l *Log) retain(d nodes.Disk, now time.Time, was int64) error {
	n := 0
	if l.busy == 0 {
		var err error
		if n, err = l.expired(d, now); err != nil {
			return err
		}
	}
	if n > 0 && n == len(l.segs) {
		if err := l.roll(d, now, l.end); err != nil {
			return err
		}
	}
	if n > 0 && l.segs[n].base > l.first {
		if err := l.startFrom(d, l.segs[n].base); err != nil {
			return err
		}
	}
	if n == 0 && l.first == was {
		return nil
	}
	return l.moveStart(d, was, n)
}

// moveStart makes the log start durable, and removes the first n segments then.
//
// What a log knows of a producer whose batches have been deleted is in the snapshots alone. So before the disk has the new start, it has a snapshot at
// the base of the segment that this is in, and a recovery point at or above it, without which the next start would not believe the
// snapshot. After a loss of power in between, the log begins where it did. Otherwise a batch that was acknowledged and deleted could be appended once more,
// when it came again. Kafka's log does not wait: up to 3.6 its snapshot is forced by the roll, since KAFKA-15046 in the background; but at
// a start it throws away a snapshot at the log start (ProducerStateManager.truncateAndReload), as it takes a producer that it does not know at its word.
func (l *Log) moveStart(d nodes.Disk, was int64, n int) error {
	base := l.segs[l.at(l.first)].base
	if base > l.segs[0].base {
		if err := l.saveProducersAt(d, base); err != nil {
			return err
		}
	}
	if l.held == 0 {
		l.kept = was
	}
	l.held++
	l.busy++
	// One that was made just now may lie below the recovery point, where syncs has nothing to do.
	steps := append([]step{{do: doSync, name: offsetName(l.dir, base, snapExt)}}, l.syncs()...)
	steps = append(steps,
		step{do: doDurable, log: l, off: l.end},
		step{do: doCheckpoint, which: recoveryPoints},
		step{do: doStarted, log: l, off: l.first},
		step{do: doCheckpoint, which: logStarts})
	if n > 0 {
		for _, s := range l.segs[:n] {
			for _, ext := range segmentExts {
				steps = append(steps, step{do: doRemove, name: s.file(ext)})
			}
		}
		l.segs = l.segs[n:]
		l.gen++
		old := func(at int64) bool { return at < l.segs[0].base }
		for _, at := range l.snaps {
			if old(at) {
				steps = append(steps, step{do: doRemove, name: offsetName(l.dir, at, snapExt)})
			}
		}
		l.snaps = slices.DeleteFunc(l.snaps, old)
		steps = append(steps, step{do: doSyncDir, name: l.dir})
	}
	return l.m.start(d, append(steps, step{do: doRelease, log: l})...)
}

// expired is how many of the oldest segments are to go.
func (l *Log) expired(d nodes.Disk, now time.Time) (n int, err error) {
	deletes := l.cfg.Delete || !l.cfg.Compact
	over := int64(-1 << 62)
	if deletes && l.cfg.RetentionBytes > 0 {
		over = l.Size() - l.cfg.RetentionBytes
	}
	for ; n < len(l.segs); n++ {
		s, end := l.segs[n], l.endOf(n)
		last := n == len(l.segs)-1
		if end > l.hw || s.size == 0 && last {
			break
		}
		old := false
		if life := l.cfg.retention(); deletes && life > 0 {
			if err := s.load(d, l.cfg.indexInterval()); err != nil {
				return 0, err
			}
			old = s.maxTime != record.NoTimestamp && since(now, s.maxTime) > life
		}
		if !old && over < s.size && (end > l.first || last) {
			break
		}
		if last && !old {
			break
		}
		over -= s.size
	}
	return n, nil
}
