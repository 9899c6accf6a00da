package log

import (
	"errors"
	"io"
	"math"
	"time"

	"orrery/nodes"
	"orrery/nodes/kafka/record"
)

// segment is a file of batches and its indexes.
type segment struct {
	dir    string
	base   int64
	suffix string // of its files, while a compaction makes it
	size   int64
	since  int // bytes since the last index entry

	loaded bool // the indexes are in memory
	index  []indexEntry
	times  []timeEntry
	txns   []AbortedTxn

	maxTime   int64 // milliseconds
	maxOffset int64 // of a record of that time's batch
	firstTime int64 // of the first batch; record.NoTimestamp if there is none
	created   time.Time
}

func newSegment(dir string, base int64, now time.Time) *segment {
	return &segment{dir: dir, base: base, loaded: true, maxTime: record.NoTimestamp, maxOffset: base,
		firstTime: record.NoTimestamp, created: now}
}

func (s *segment) file(ext string) string { return offsetName(s.dir, s.base, ext) + s.suffix }

// fits tells whether an offset can be indexed relative to the base.
func (s *segment) fits(offset int64) bool { return offset-s.base <= math.MaxInt32 }

// create makes the file, empty.
func (s *segment) create(d nodes.Disk) error { return write(d, s.file(logExt), nil) }

// added takes note of a batch that has been written at the end. The position is where it begins.
func (s *segment) added(d nodes.Disk, b record.Batch, interval int) error {
	pos := s.size
	s.size += int64(len(b))
	if s.firstTime == record.NoTimestamp {
		s.firstTime = b.MaxTimestamp()
	}
	if b.MaxTimestamp() > s.maxTime {
		s.maxTime, s.maxOffset = b.MaxTimestamp(), b.LastOffset()
	}
	if s.since > interval {
		s.since = 0
		if err := s.addIndex(d, indexEntry{int32(b.LastOffset() - s.base), int32(pos)}); err != nil {
			return err
		}
		if err := s.addTime(d); err != nil {
			return err
		}
	}
	s.since += len(b)
	return nil
}

// remove removes the files of the segment.
func (s *segment) remove(d nodes.Disk) error {
	for _, ext := range segmentExts {
		if err := remove(d, s.file(ext)); err != nil {
			return err
		}
	}
	return nil
}

// walker goes through the batches of a file, reading it in large pieces.
type walker struct {
	d     nodes.Disk
	name  string
	pos   int64 // of the next batch
	end   int64 // of the file
	buf   []byte
	rest  []byte
	at    int64 // of the batch that was returned or refused last
	piece int64 // so many bytes are read at a time; 0 is pieceSize
}

const pieceSize = 64 << 10

func (s *segment) walk(d nodes.Disk, from int64) *walker {
	return &walker{d: d, name: s.file(logExt), pos: from, end: s.size}
}

// next returns the next batch, whole but not checked; it is valid until the next call. The error is io.EOF at the end, and
// wraps record.ErrShort or is a *record.Error where the bytes are no batch.
func (w *walker) next() (record.Batch, error) {
	if w.pos >= w.end {
		return nil, io.EOF
	}
	w.at = w.pos
	b, rest, err := record.Next(w.rest)
	if errors.Is(err, record.ErrShort) {
		if err := w.fill(max(w.piece, pieceSize)); err != nil {
			return nil, err
		}
		b, rest, err = record.Next(w.rest)
	}
	if errors.Is(err, record.ErrShort) {
		if size, e := record.SizeAt(w.rest); e == nil && int64(size) <= w.end-w.pos {
			if err := w.fill(int64(size)); err != nil {
				return nil, err
			}
			b, rest, err = record.Next(w.rest)
		}
	}
	if err != nil {
		return nil, err
	}
	w.pos += int64(len(b))
	w.rest = rest
	return b, nil
}

// peek is how long the next batch is at least, in bytes, as far as that is known without reading.
func (w *walker) peek() int {
	if size, err := record.SizeAt(w.rest); err == nil {
		return size
	}
	return record.HeaderSize
}

func (w *walker) fill(n int64) error {
	n = min(n, w.end-w.pos)
	if int64(cap(w.buf)) < n {
		w.buf = make([]byte, n)
	}
	p := w.buf[:n]
	if _, err := w.d.ReadAt(w.name, p, w.pos); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w.rest = p
	return nil
}
