package log

import (
	"math"
	"slices"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// maybeRoll begins a new segment if the batch must not go into the active one.
func (l *Log) maybeRoll(d nodes.Disk, now time.Time, b record.Batch) error {
	s := l.active()
	if !s.fits(b.LastOffset()) {
		base := l.end
		if b.LastOffset()-base > math.MaxInt32 {
			base = b.BaseOffset()
		}
		return l.roll(d, now, base)
	}
	if s.size == 0 {
		return nil
	}
	// Until the first segment's name is durable there is none but it: a crash must not leave the second alone.
	if !l.created && s.size < 1<<30 {
		return nil
	}
	age := now.Sub(s.created)
	if s.firstTime != record.NoTimestamp {
		age = time.Duration(b.MaxTimestamp()-s.firstTime) * time.Millisecond
	}
	full := s.size+int64(len(b)) > l.cfg.segmentBytes() || len(s.index) >= l.cfg.indexEntries() || len(s.times) >= l.cfg.indexEntries()
	if !full && age <= l.cfg.segmentAge() {
		return nil
	}
	return l.roll(d, now, l.end)
}

// Roll begins a new segment, unless the active one is empty.
func (l *Log) Roll(d nodes.Disk, now time.Time) error {
	if l.Busy() || l.active().size == 0 || !l.created {
		return nil
	}
	return l.roll(d, now, l.end)
}

// roll ends the active segment, begins the next, and begins to flush what there is.
func (l *Log) roll(d nodes.Disk, now time.Time, base int64) error {
	if err := l.active().seal(d); err != nil {
		return err
	}
	if err := l.saveProducers(d); err != nil {
		return err
	}
	s := newSegment(l.dir, base, now)
	if err := s.create(d); err != nil {
		return err
	}
	l.segs = append(l.segs, s)
	last := slices.Max(l.snaps)
	err := l.dropSnapshots(d, func(at int64) bool {
		return at != last && !slices.ContainsFunc(l.segs, func(s *segment) bool { return s.base == at })
	})
	if err != nil {
		return err
	}
	return l.Flush(d)
}

// seal ends a segment's time index.
func (s *segment) seal(d nodes.Disk) error {
	if !s.loaded {
		return nil
	}
	return s.addTime(d)
}
