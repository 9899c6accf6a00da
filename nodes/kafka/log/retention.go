package log

import (
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
	if err := l.startFrom(d, offset); err != nil {
		return l.first, err
	}
	if err := l.m.save(d, logStarts); err != nil {
		return l.first, err
	}
	return l.first, l.retain(d, now)
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
	if err := l.startFrom(d, offset); err != nil {
		return err
	}
	if err := l.m.save(d, logStarts); err != nil {
		return err
	}
	return l.retain(d, now)
}

// Retain removes the segments that need not be kept, and returns how many there were. See [Manager.Tick], which does so too.
func (l *Log) Retain(d nodes.Disk, now time.Time) (removed int, err error) {
	n := len(l.segs)
	err = l.retain(d, now)
	return n - len(l.segs), err
}

// retain removes the segments before the log start, and where the policy is to delete, those that are too old or too much. None
// goes that is not wholly below the high watermark. The new start is durable before the first file is gone.
func (l *Log) retain(d nodes.Disk, now time.Time) error {
	if l.busy > 0 {
		return nil
	}
	n, err := l.expired(d, now)
	if n == 0 || err != nil {
		return err
	}
	if n == len(l.segs) {
		if err := l.roll(d, now, l.end); err != nil {
			return err
		}
	}
	gone := l.segs[:n]
	l.segs = l.segs[n:]
	l.gen++
	if start := l.segs[0].base; start > l.first {
		if err := l.startFrom(d, start); err != nil {
			return err
		}
	}
	steps := []step{{do: doCheckpoint, which: logStarts}}
	for _, s := range gone {
		for _, ext := range segmentExts {
			steps = append(steps, step{do: doRemove, name: s.file(ext)})
		}
	}
	if err := l.dropSnapshots(d, func(at int64) bool { return at < l.segs[0].base }); err != nil {
		return err
	}
	l.busy++
	return l.m.start(d, append(steps, step{do: doSyncDir, name: l.dir}, step{do: doRelease, log: l})...)
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
