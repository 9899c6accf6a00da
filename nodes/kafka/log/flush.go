package log

import (
	"time"

	"orrery/nodes"
)

// Flush begins to make the log durable up to its present end; the event Flushed tells when it is. Segments, indexes, snapshot and
// epochs are synced before the recovery point moves.
func (l *Log) Flush(d nodes.Disk) error {
	if l.flushing {
		l.flushMore = true
		return nil
	}
	if l.recovery >= l.end {
		l.m.tell(Event{Kind: Flushed, Partition: l.tp, Offset: l.end})
		return nil
	}
	l.flushing, l.flushMore, l.unflushed = true, false, 0
	return l.m.start(d, append(l.syncs(), step{do: doFlushed, log: l, off: l.end, gen: l.truncs})...)
}

// syncs are the steps after which the log is durable up to its present end, for which the recovery point may move then.
func (l *Log) syncs() (steps []step) {
	sync := func(name string) { steps = append(steps, step{do: doSync, name: name}) }
	for i, s := range l.segs {
		if l.endOf(i) < l.recovery {
			continue
		}
		for _, ext := range segmentExts {
			sync(s.file(ext))
		}
	}
	for _, at := range l.snaps {
		if at >= l.recovery {
			sync(offsetName(l.dir, at, snapExt))
		}
	}
	sync(l.dir + "/" + epochFile)
	return append(steps, step{do: doSyncDir, name: l.dir})
}

func (l *Log) flushed(d nodes.Disk, off int64, truncs uint64) error {
	l.flushing = false
	if truncs == l.truncs && off <= l.end && !l.cut {
		l.recovery = max(l.recovery, off)
		l.m.tell(Event{Kind: Flushed, Partition: l.tp, Offset: off})
	} else {
		l.flushMore = l.flushMore || l.m.stopping
	}
	if l.flushMore {
		if err := l.Flush(d); err != nil {
			return err
		}
	}
	return l.m.stop(d)
}

// tick does what time asks of a log.
func (l *Log) tick(d nodes.Disk, now time.Time) error {
	if l.Busy() || l.failed != nil || l.m.stopping {
		return nil
	}
	l.prod.expire(now, l.cfg.producerLife())
	if every := l.cfg.FlushInterval; every > 0 && now.Sub(l.lastFlush) >= every {
		l.lastFlush = now
		if l.recovery < l.end {
			if err := l.Flush(d); err != nil {
				return err
			}
		}
	}
	return l.retain(d, now, l.first)
}

// since is how old a time in milliseconds is.
func since(now time.Time, ms int64) time.Duration { return now.Sub(time.UnixMilli(ms)) }
