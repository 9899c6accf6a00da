package log

import (
	"errors"
	"io"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// Isolation says how far a read may go.
type Isolation uint8

// The isolations: of a follower, of a consumer, and of one that wants no open or aborted transactions.
const (
	LogEnd Isolation = iota
	ReadUncommitted
	ReadCommitted
)

// Fetched is what a read returns.
type Fetched struct {
	Records       []byte // whole batches; the first may begin before the offset that was asked for
	Start         int64  // log start offset
	HighWatermark int64
	LastStable    int64
	End           int64        // log end offset
	Aborted       []AbortedTxn // that the batches may be part of; for ReadCommitted alone
}

// bound is the offset that a read with the isolation stops at.
func (l *Log) bound(iso Isolation) int64 {
	switch iso {
	case LogEnd:
		return l.end
	case ReadUncommitted:
		return l.hw
	}
	return l.LastStableOffset()
}

// Read appends to dst the batches from an offset on, at most maxBytes of them, but if minOne then at least one. It returns
// OFFSET_OUT_OF_RANGE for an offset before the start of the log or behind its end, and nothing from an offset that the
// isolation does not let one see. Every batch is held against its checksum: damage is a *CorruptError, never served.
//
// A follower (LogEnd) gets batches without records, see bare, where compaction has left nothing from the offset to the end of the log, and where it
// has taken away the batch that an epoch began with. Consumers get neither, as from Kafka.
func (l *Log) Read(d nodes.Disk, dst []byte, offset int64, maxBytes int, minOne bool, iso Isolation) (Fetched, error) {
	out := Fetched{Records: dst, Start: l.first, HighWatermark: l.hw, LastStable: l.LastStableOffset(), End: l.end}
	if offset < l.first || offset > l.end {
		return out, refuse(record.OffsetOutOfRange, "offset %d is not between %d and %d", offset, l.first, l.end)
	}
	bound := l.bound(iso)
	if offset >= bound {
		return out, nil
	}
	q := l.m.opt.Quirks
	if q.ReadAboveLSO && iso == ReadCommitted {
		bound = l.hw
	}
	r := reading{l: l, dst: dst, start: len(dst), next: offset, bound: bound, max: maxBytes, minOne: minOne, follower: iso == LogEnd}
	for i := l.at(offset); i < len(l.segs) && !r.some() && !r.full; i++ {
		if q.ReadAboveHWAtRoll && iso == ReadUncommitted && i < len(l.segs)-1 {
			r.bound = max(r.bound, l.endOf(i))
		}
		if err := r.segment(d, l.segs[i]); err != nil {
			return out, err
		}
	}
	if r.follower && !r.some() && !r.full {
		r.bare(offset, l.end)
	}
	out.Records = r.dst
	var err error
	if iso == ReadCommitted && len(out.Records) > len(dst) {
		out.Aborted, err = l.aborted(d, offset, r.next)
	}
	return out, err
}

// reading is a read on its way.
type reading struct {
	l        *Log
	dst      []byte
	start    int   // of what it has taken, in dst
	next     int64 // offset behind the last batch that it has taken; before, the one that was asked for
	bound    int64
	max      int // bytes
	minOne   bool
	follower bool
	full     bool // what comes next is beyond the bound, or too large. It must not be passed over: nobody would ask for it again
}

func (r *reading) some() bool { return len(r.dst) > r.start }

func (r *reading) fits(n int) bool {
	return len(r.dst)-r.start+n <= r.max || r.minOne && !r.some()
}

// take appends a batch, if it fits.
func (r *reading) take(b record.Batch) bool {
	if r.full = !r.fits(len(b)); r.full {
		return false
	}
	r.dst = append(r.dst, b...)
	r.next = b.NextOffset()
	return true
}

// segment takes batches of one segment.
func (r *reading) segment(d nodes.Disk, s *segment) error {
	l := r.l
	if err := s.load(d, l.cfg.indexInterval()); err != nil {
		return err
	}
	w := s.walk(d, s.floor(r.next))
	w.buf, w.piece = l.m.buf, int64(min(r.max, 1<<20))
	defer func() { l.m.buf = w.buf }()
	for {
		// What would not fit any more is not worth reading.
		if r.some() && !r.fits(w.peek()) {
			return nil
		}
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			if b.LastOffset() < r.next {
				continue
			}
			beyond := b.LastOffset() >= r.bound
			if l.m.opt.Quirks.UncommittedExposed {
				beyond = b.BaseOffset() > r.bound
			}
			if r.full = beyond || !r.fits(len(b)); r.full {
				return nil
			}
			err = b.Check()
		}
		if err != nil {
			if r.some() {
				return nil // the next read will say so
			}
			return s.corrupt(w, err)
		}
		if r.follower && !r.epochsBefore(b) || !r.take(b) {
			return nil
		}
	}
}

// corrupt makes of what is wrong with a batch an error that says where; an error of the disk it leaves alone.
func (s *segment) corrupt(w *walker, err error) error {
	if !isDamage(err) {
		return err
	}
	return &CorruptError{File: w.name, Offset: w.at, Why: err.Error()}
}

// Aborted are all aborted transactions that the log knows of, for whoever looks from outside; known is false if it has not read all of
// its index yet.
func (l *Log) Aborted() (all []AbortedTxn, known bool) {
	for _, s := range l.segs {
		if !s.loaded {
			return nil, false
		}
		all = append(all, s.txns...)
	}
	return all, true
}

// aborted lists the aborted transactions that batches between two offsets may be part of.
func (l *Log) aborted(d nodes.Disk, from, to int64) (out []AbortedTxn, err error) {
	for i := l.at(from); i < len(l.segs); i++ {
		s := l.segs[i]
		if err := s.load(d, l.cfg.indexInterval()); err != nil {
			return nil, err
		}
		for _, t := range s.txns {
			if t.LastOffset >= from && t.FirstOffset < to {
				out = append(out, t)
			}
			if t.Stable >= to {
				return out, nil
			}
		}
	}
	return out, nil
}

// Found is a record that a search by time has found.
type Found struct {
	Offset int64
	Time   int64 // milliseconds
	Epoch  int32 // of the leader that appended it
}

// OffsetForTime finds the first record that is not older than a time in milliseconds, among those that a read with the
// isolation may see. ok is false if there is none.
func (l *Log) OffsetForTime(d nodes.Disk, ms int64, iso Isolation) (f Found, ok bool, err error) {
	bound := l.bound(iso)
	for _, s := range l.segs {
		if s.base >= bound {
			return f, false, nil
		}
		if err := s.load(d, l.cfg.indexInterval()); err != nil {
			return f, false, err
		}
		if s.maxTime < ms {
			continue
		}
		if f, ok, err = l.findTime(d, s, ms); ok || err != nil {
			return f, ok && f.Offset < bound, err
		}
	}
	return f, false, nil
}

// findTime looks in one segment.
func (l *Log) findTime(d nodes.Disk, s *segment, ms int64) (f Found, ok bool, err error) {
	from := s.base
	for _, e := range s.times {
		if e.ms >= ms {
			break
		}
		from = s.base + int64(e.rel) // up to here all are older
	}
	w := s.walk(d, s.floor(from))
	for {
		b, err := w.next()
		if errors.Is(err, io.EOF) {
			return f, false, nil
		}
		if err == nil {
			if b.MaxTimestamp() < ms || b.LastOffset() < l.first {
				continue
			}
			err = b.Check()
		}
		if err == nil {
			f, ok, err = l.findRecord(b, ms)
		}
		if err != nil {
			return f, false, s.corrupt(w, err)
		}
		if ok {
			return f, true, nil
		}
	}
}

// findRecord looks in one batch.
func (l *Log) findRecord(b record.Batch, ms int64) (f Found, ok bool, err error) {
	r := l.reader()
	if err := r.Reset(b); err != nil {
		return f, false, err
	}
	var rec record.Record
	for r.Next(&rec) {
		if rec.Timestamp >= ms && rec.Offset >= l.first {
			return Found{rec.Offset, rec.Timestamp, b.LeaderEpoch()}, true, nil
		}
	}
	return f, false, r.Err()
}
