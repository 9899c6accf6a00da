package log

import (
	"errors"
	"io"
	"slices"
	"time"

	"orrery/nodes"
)

// cutback is a truncation that waits for another change of the files.
type cutback struct {
	to    int64
	fully bool
	now   time.Time
}

// TruncateTo cuts the log so that it ends at the offset, or before the batch that the offset lies in. With it goes what the epochs,
// the indexes and the producers' states say of what is cut off. done is true if there is nothing to cut; else the log takes no
// appends until the event Truncated tells that the cut is durable. For a lost cut under kept appends would be a log
// that nobody ever had: batches of the old history below those of the new, which no epoch gives away. Where what is cut off had been
// flushed, the recovery point is durably lowered first.
func (l *Log) TruncateTo(d nodes.Disk, offset int64) (done bool, err error) {
	if offset < l.segs[0].base {
		return l.TruncateFullyAndStartAt(d, l.active().created, offset)
	}
	if l.busy > 0 {
		if l.pending == nil || !l.pending.fully && offset < l.pending.to {
			l.pending = &cutback{to: offset}
		}
		return false, nil
	}
	if offset >= l.end {
		if l.m.opt.Quirks.TruncateKeepsEpochs || !l.epochs.TruncateEnd(offset) {
			return true, nil
		}
		return true, l.saveEpochs(d)
	}
	l.busy++
	l.cut = true
	var steps []step
	if offset < l.recovery {
		c, err := l.cutAt(d, offset)
		if err != nil {
			l.busy--
			l.cut = false
			return false, err
		}
		l.recovery = c.tail
		steps = append(steps, step{do: doCheckpoint, which: recoveryPoints})
	}
	if l.m.settling {
		// The recovery point may have been lowered by a process that was killed before that was durable.
		steps = append(steps, step{do: doSyncDir})
	}
	// A process that is killed from here on leaves a page cache that is cut and a disk that is not. Only the next process can wait
	// for the disk then, and only if it knows.
	steps = append(steps, step{do: doWrite, name: l.dir + "/" + cutFile},
		step{do: doTruncate, log: l, off: offset})
	return false, l.m.start(d, append(steps, l.cutIsDurable(l.segs[l.at(offset)])...)...)
}

// cutIsDurable are the steps after which the cut in a segment that is the last one now will survive a loss of power.
func (l *Log) cutIsDurable(s *segment) []step {
	return []step{
		{do: doSync, name: s.file(logExt)},
		{do: doSync, name: l.dir + "/" + epochFile}, // compaction may have left no batch of some of them
		{do: doSyncDir, name: l.dir},
		{do: doRemove, name: l.dir + "/" + cutFile},
		{do: doRecut, log: l},
		{do: doRelease, log: l},
	}
}

// markCut notes that the page cache is cut and the disk may not be.
func (l *Log) markCut(d nodes.Disk) error { return write(d, l.dir+"/"+cutFile, nil) }

// finishCut makes a cut durable that the start has found or made: of a truncation during which the process before was killed, of a
// torn tail. The disk may still have what was taken away, and an append now would be in front of it.
func (l *Log) finishCut(d nodes.Disk) error {
	l.busy++
	l.cut = true
	return l.m.start(d, l.cutIsDurable(l.active())...)
}

// truncate cuts now.
func (l *Log) truncate(d nodes.Disk, offset int64) error {
	l.truncs++
	l.gen++
	for n := len(l.segs); n > 1 && l.segs[n-1].base > offset; n-- {
		if err := l.segs[n-1].remove(d); err != nil {
			return err
		}
		l.segs = l.segs[:n-1]
	}
	c, err := l.truncateActive(d, offset)
	if err != nil {
		return err
	}
	end := c.end
	l.end = end
	l.hw, l.recovery, l.cleaned, l.first = min(l.hw, end), min(l.recovery, c.tail), min(l.cleaned, end), min(l.first, end)
	if l.cutEpochs(end) {
		if err := l.saveEpochs(d); err != nil {
			return err
		}
	}
	if err := l.fillGap(d, c.tail, end); err != nil {
		return err
	}
	if err := l.dropSnapshots(d, func(at int64) bool { return at > end }); err != nil {
		return err
	}
	return l.loadProducers(d, end)
}

// place is where a log is cut.
type place struct {
	pos  int64 // in the segment's file; its size if there is nothing to cut
	end  int64 // offset that the log ends at then
	tail int64 // offset behind the last batch before, which is less where compaction has left a gap
}

// cutAt finds the place, in the segment that the offset belongs to.
func (l *Log) cutAt(d nodes.Disk, offset int64) (place, error) {
	s := l.segs[l.at(offset)]
	if err := s.load(d, l.cfg.indexInterval()); err != nil {
		return place{}, err
	}
	c := place{pos: s.size, end: offset, tail: s.base}
	w := s.walk(d, s.floor(offset-1))
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return c, nil // there is no batch at the offset or behind it
		}
		if err != nil {
			return c, s.corrupt(w, err)
		}
		if b.LastOffset() >= offset {
			c.pos, c.end = w.at, min(offset, b.BaseOffset())
			return c, nil
		}
		c.tail = b.NextOffset()
	}
}

// truncateActive cuts the last segment and returns the offset that the log ends at then.
func (l *Log) truncateActive(d nodes.Disk, offset int64) (place, error) {
	c, err := l.cutAt(d, offset)
	if err != nil {
		return c, err
	}
	s := l.active()
	if c.pos == s.size {
		return c, nil
	}
	if err := d.Truncate(s.file(logExt), c.pos); err != nil {
		return c, err
	}
	if err := s.cut(d, c.pos, c.end); err != nil {
		return c, err
	}
	return c, l.reindex(d, s, c.pos)
}

// fillGap writes what compaction would have left if it kept a trace of everything: a batch without records for each epoch between two
// offsets. Where a log ends is read from its last batch at the next start, and without these it would end where the last
// record is: offsets that were given out would be given out once more, and the epochs in the gap be forgotten.
func (l *Log) fillGap(d nodes.Disk, from, to int64) error {
	s := l.active()
	for b := range l.bare(from, to) {
		if err := d.WriteAt(s.file(logExt), b, s.size); err != nil {
			return err
		}
		if err := s.added(d, b, l.cfg.indexInterval()); err != nil {
			return err
		}
	}
	return nil
}

// reindex brings what is known of the end of a segment up to date after its file was cut to a size.
func (l *Log) reindex(d nodes.Disk, s *segment, size int64) error {
	s.size, s.since = size, 0
	s.maxTime, s.maxOffset = -1, s.base
	if n := len(s.times); n > 0 {
		s.maxTime, s.maxOffset = s.times[n-1].ms, s.base+int64(s.times[n-1].rel)
	}
	if size == 0 {
		s.firstTime = -1
	}
	from := int64(0)
	if n := len(s.index); n > 0 {
		from = int64(s.index[n-1].pos)
	}
	return s.replay(d, from, l.cfg.indexInterval())
}

// TruncateFullyAndStartAt throws the whole log away and begins it anew at an offset, as a follower does whose leader has
// nothing of what it would need next. done is always false, unless the log is like that already: the event Truncated tells.
func (l *Log) TruncateFullyAndStartAt(d nodes.Disk, now time.Time, offset int64) (done bool, err error) {
	if l.busy > 0 {
		l.pending = &cutback{to: offset, fully: true, now: now}
		return false, nil
	}
	if l.first == offset && l.end == offset && len(l.segs) == 1 && l.segs[0].base == offset {
		return true, nil
	}
	l.busy++
	l.cut = true
	// What is found after a crash is the old log while the start is the old one, and an empty log from then on. The recovery point
	// goes up last: it must never be above a log that is not flushed.
	l.recovery = min(l.recovery, offset)
	l.restarting = &offset
	return false, l.m.start(d,
		step{do: doCheckpoint, which: recoveryPoints},
		step{do: doCheckpoint, which: logStarts},
		step{do: doRestart, log: l, off: offset, now: now},
		step{do: doRelease, log: l})
}

// restart empties the log, the last segment first.
func (l *Log) restart(d nodes.Disk, st *step) error {
	l.truncs++
	l.gen++
	for _, s := range slices.Backward(l.segs) {
		if err := s.remove(d); err != nil {
			return err
		}
	}
	if err := l.dropSnapshots(d, func(int64) bool { return true }); err != nil {
		return err
	}
	l.cut, l.restarting = false, nil
	if err := l.startAt(d, st.now, st.off); err != nil {
		return err
	}
	l.m.tell(Event{Kind: Truncated, Partition: l.tp, Offset: l.end})
	return nil
}
