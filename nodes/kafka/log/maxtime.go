package log

import (
	"errors"
	"io"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// MaxTimestamp finds the first record with the largest timestamp, among those that a read with the isolation may see: what ListOffsets
// answers to the timestamp -3 (KIP-734). ok is false if there is none. Only a segment that the isolation or the log start
// cuts through is gone through beyond its indexes.
func (l *Log) MaxTimestamp(d nodes.Disk, iso Isolation) (f Found, ok bool, err error) {
	bound := l.bound(iso)
	best := record.NoTimestamp
	var in *segment
	for i, s := range l.segs {
		if s.base >= bound {
			break
		}
		if err := s.load(d, l.cfg.indexInterval()); err != nil {
			return f, false, err
		}
		ms := s.maxTime
		if s.base < l.first || l.endOf(i) > bound {
			if ms, err = l.maxTimeOfPart(d, s, bound); err != nil {
				return f, false, err
			}
		}
		if ms > best {
			best, in = ms, s
		}
	}
	if in == nil {
		return f, false, nil
	}
	return l.findTime(d, in, best)
}

// maxTimeOfPart is the largest timestamp between the log start and an offset in a segment.
func (l *Log) maxTimeOfPart(d nodes.Disk, s *segment, bound int64) (ms int64, err error) {
	ms = record.NoTimestamp
	from := max(s.base, l.first)
	if l.first <= s.base {
		for _, e := range s.times {
			if s.base+int64(e.rel) >= bound {
				break
			}
			ms, from = e.ms, s.base+int64(e.rel) // the largest up to there
		}
	}
	w := s.walk(d, s.floor(from))
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) || err == nil && b.LastOffset() >= bound {
			return ms, nil
		}
		if err == nil && b.LastOffset() < from {
			continue
		}
		if err == nil {
			var of int64
			of, err = l.maxTimeOf(b)
			ms = max(ms, of)
		}
		if err != nil {
			return ms, s.corrupt(w, err)
		}
	}
}

// maxTimeOf is the largest timestamp of a batch's records that are not below the log start.
func (l *Log) maxTimeOf(b record.Batch) (int64, error) {
	if b.BaseOffset() >= l.first {
		return b.MaxTimestamp(), nil
	}
	r := l.reader()
	if err := r.Reset(b); err != nil {
		return 0, err
	}
	ms := record.NoTimestamp
	var rec record.Record
	for r.Next(&rec) {
		if rec.Offset >= l.first {
			ms = max(ms, rec.Timestamp)
		}
	}
	return ms, r.Err()
}
