package log

import (
	"errors"
	"io"
	"slices"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// loadProducers makes the state of the producers from the latest sound snapshot and the batches behind it. The aborted
// transactions that end at the given offset or later go into the index.
func (l *Log) loadProducers(d nodes.Disk, indexed int64) error {
	slices.Sort(l.snaps)
	l.prod = newProducers()
	from := l.segs[0].base
	for _, at := range slices.Backward(slices.Clone(l.snaps)) {
		s, ok, err := l.readProducers(d, at)
		if err != nil {
			return err
		}
		if ok && at <= l.end && at >= from {
			l.prod, from = s, at
			break
		}
		if err := l.dropSnapshots(d, func(x int64) bool { return x == at }); err != nil {
			return err
		}
	}
	// What lies below the log start says who has written, but not which transactions are open (see [producers.startAt]).
	if err := l.replay(d, from, l.first, indexed); err != nil {
		return err
	}
	l.prod.startAt(l.first)
	if err := l.replay(d, max(from, l.first), l.end, indexed); err != nil {
		return err
	}
	l.prod.end = l.end
	l.prod.replicated(l.hw)
	return nil
}

// readProducers reads the snapshot at an offset; ok is false if it is damaged.
func (l *Log) readProducers(d nodes.Disk, at int64) (s *producers, ok bool, err error) {
	p, err := d.ReadFile(offsetName(l.dir, at, snapExt))
	if err != nil {
		return nil, false, err
	}
	s, ok = decodeProducers(p)
	return s, ok, nil
}

// replay adds to the state of the producers what the batches say that begin between two offsets. Nothing is indexed of a transaction that ended
// before the offset indexed.
func (l *Log) replay(d nodes.Disk, from, to, indexed int64) error {
	if from >= to {
		return nil
	}
	err := l.scan(d, from, func(_ *segment, b record.Batch) error {
		switch {
		case b.BaseOffset() >= to:
			return errEnough
		case b.BaseOffset() < from || b.ProducerID() == record.NoProducerID:
			return nil
		}
		one := preparation{l: l}
		if err := one.add(b); err != nil {
			return err
		}
		one.apply()
		if one.ended == nil {
			return nil
		}
		if one.ended.last >= indexed {
			return one.index(d)
		}
		l.prod.complete(*one.ended)
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// saveProducersAt writes a snapshot of the producers as they were at an offset, if there is none: one that was not durable a crash may
// have taken, or the start that did not believe it.
func (l *Log) saveProducersAt(d nodes.Disk, at int64) error {
	if slices.Contains(l.snaps, at) {
		return nil
	}
	now := l.prod
	defer func() { l.prod = now }()
	l.prod = newProducers()
	from := l.segs[0].base
	for _, x := range l.snaps {
		if x < from || x > at {
			continue
		}
		s, ok, err := l.readProducers(d, x)
		if err != nil {
			return err
		}
		if ok {
			l.prod, from = s, x
		}
	}
	if err := l.replay(d, from, at, l.end); err != nil {
		return err
	}
	if err := replace(d, offsetName(l.dir, at, snapExt), l.prod.encode()); err != nil {
		return err
	}
	l.snaps = append(l.snaps, at)
	return nil
}

// below is how many segments are to go, because the start has found them below the log start. One that leads to the log start stays if there is no
// snapshot behind it: the roll that began the next was not durable when the power was lost, and what the segment says of its producers is
// nowhere else.
func (l *Log) below(d nodes.Disk, p points) (int, error) {
	n := 0
	for n+1 < len(l.segs) && l.segs[n+1].base <= p.start {
		n++
	}
	for ; n > 0 && l.segs[n].base <= p.recovery; n-- {
		for _, at := range l.snaps {
			if at < l.segs[n].base || at > min(p.start, p.recovery) {
				continue
			}
			if _, ok, err := l.readProducers(d, at); ok || err != nil {
				return n, err
			}
		}
		if whole, err := l.segs[n-1].reaches(d, l.segs[n].base); !whole || err != nil {
			return n, err
		}
	}
	return n, nil
}

// reaches tells whether a segment is sound and ends at an offset.
func (s *segment) reaches(d nodes.Disk, end int64) (bool, error) {
	next := s.base
	for w := s.walk(d, 0); ; {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return next == end, nil
		}
		if err == nil {
			err = b.Check()
		}
		if err != nil && !isDamage(err) {
			return false, err
		}
		if err != nil || b.BaseOffset() < next {
			return false, nil
		}
		next = b.NextOffset()
	}
}
